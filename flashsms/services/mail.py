"""Mail, one short plain letter at a time: by the installation's mail server, else into the log."""

import logging
import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from urllib.parse import SplitResult, unquote, urlsplit

from flask import current_app

from flashsms.models import now

TIMEOUT = 10.0  # seconds that each step of the conversation may take; the worker waits meanwhile

log = logging.getLogger(__name__)


def is_set() -> bool:
    """Return whether there is a mail server; without one the log takes the letters at once."""
    return bool(current_app.config["SMTP_URL"])


def link(path: str) -> str:
    """Return the address of a page, given its `path` (`/login`), for people outside."""
    return f"{current_app.config['PUBLIC_URL']}{path}"


def send(to: str, subject: str, text: str) -> None:
    """Mail a plain text to one address, now; without a mail server write it to the log.

    Talks to the server, so only a job calls this where there is one. Raises
    smtplib.SMTPException or OSError when the server does not take it.
    """
    if not is_set():
        log.warning("SMTP_URL is not set. Mail for %s: %s\n%s", to, subject, text)
        return
    server = urlsplit(current_app.config["SMTP_URL"])
    with _connect(server) as connection:
        if server.username:
            connection.login(unquote(server.username), unquote(server.password or ""))
        connection.send_message(_letter(to, subject, text))


def _letter(to: str, subject: str, text: str) -> EmailMessage:
    sender = current_app.config["MAIL_FROM"]
    letter = EmailMessage()
    letter["From"] = sender
    letter["To"] = Address(addr_spec=to)
    letter["Subject"] = subject
    letter["Date"] = format_datetime(now())
    letter["Message-ID"] = make_msgid(domain=parseaddr(sender)[1].rpartition("@")[2])
    letter["Auto-Submitted"] = "auto-generated"  # no absence notices in answer
    letter.set_content(text)
    return letter


def _connect(server: SplitResult) -> smtplib.SMTP:
    """Open a connection, encrypted whenever it can be, and always before a password is sent."""
    host, trusted = server.hostname or "", ssl.create_default_context()
    if server.scheme == "smtps":
        return smtplib.SMTP_SSL(host, server.port or 465, timeout=TIMEOUT, context=trusted)
    connection = smtplib.SMTP(host, server.port or 587, timeout=TIMEOUT)
    try:
        connection.ehlo()
        if connection.has_extn("starttls"):
            connection.starttls(context=trusted)
        elif server.username:
            raise smtplib.SMTPNotSupportedError(
                f"SMTP_URL: {host} offers no encryption, so the password was not sent."
            )
    except BaseException:
        connection.close()
        raise
    return connection
