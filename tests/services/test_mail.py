"""Mail: by a real SMTP server, encrypted, else into the log."""

import contextlib
import datetime
import email.policy
import smtplib
import socketserver
import ssl
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask

from config import Config, SettingError
from flashsms.jobs import mail as job
from flashsms.models import Role
from flashsms.services import mail, people
from tests.services.people.conftest import PASSWORD


class Conversation(socketserver.StreamRequestHandler):
    """One client of the server below: it says what it wants, and the server writes it down."""

    server: "MailServer"

    def handle(self) -> None:
        self._say("220 mail.test")
        with contextlib.suppress(OSError):  # a client that trusts nobody hangs up
            while words := self.rfile.readline().decode().strip():
                self.server.heard.append(words)
                getattr(self, f"_{words.split()[0].lower()}", self._agree)(words)

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def _ehlo(self, _: str) -> None:
        offers = ["STARTTLS"] if self.server.tls else []
        lines = ["mail.test", *offers, "AUTH PLAIN"]
        for line in lines[:-1]:
            self._say(f"250-{line}")
        self._say(f"250 {lines[-1]}")

    def _starttls(self, _: str) -> None:
        assert self.server.tls is not None
        self._say("220 go on")
        self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        self.setup()

    def _auth(self, _: str) -> None:
        self._say("235 welcome")

    def _data(self, _: str) -> None:
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        parsed = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        self.server.letters.append(parsed)
        self._agree("")

    def _rcpt(self, words: str) -> None:
        self._say("550 unknown here" if "refused@" in words else "250 ok")

    def _quit(self, _: str) -> None:
        self._say("221 bye")

    def _agree(self, _: str) -> None:
        self._say("250 ok")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    """A small SMTP server: `heard` are the commands, `letters` what was sent."""

    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.tls = tls
        self.heard: list[str] = []
        self.letters: list[EmailMessage] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 with its key, signed by nobody but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    present = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(present - datetime.timedelta(days=1))
        .not_valid_after(present + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "mail.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def server(app: Flask, certificate: Path) -> Iterator[MailServer]:
    """A mail server that the application sends by, with a user and a password."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    with MailServer(tls) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        app.config["SMTP_URL"] = f"smtp://sms%40shop:se%2Fcret@127.0.0.1:{server.port}"
        app.config["MAIL_FROM"] = "Ama's shop <sms@example.com>"
        yield server
        server.shutdown()


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the server's certificate, as one that the system trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


@pytest.mark.usefixtures("trusted")
def test_a_letter_goes_encrypted_to_one_person(server: MailServer) -> None:
    mail.send("kofi@example.com", "Akwaaba ɛ", "Hello,\n\nhere is a link.\n")
    [letter] = server.letters
    assert (letter["From"], letter["To"]) == ("Ama's shop <sms@example.com>", "kofi@example.com")
    assert letter["Subject"] == "Akwaaba ɛ"
    assert letter.get_content().replace("\r\n", "\n") == "Hello,\n\nhere is a link.\n"
    assert letter["Message-ID"].endswith("@example.com>")
    assert letter["Date"].datetime.tzinfo is not None
    commands = [words.split()[0].upper() for words in server.heard]
    assert commands[:4] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]
    assert "AHNtc0BzaG9wAHNlL2NyZXQ=" in server.heard[3]  # the user and password, decoded


def test_a_server_that_nobody_vouches_for_gets_nothing(server: MailServer) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        mail.send("kofi@example.com", "Hello", "Text")
    assert [words.split()[0].upper() for words in server.heard] == ["EHLO", "STARTTLS"]


def test_a_password_is_never_sent_in_the_clear(server: MailServer) -> None:
    server.tls = None
    with pytest.raises(smtplib.SMTPNotSupportedError, match="no encryption"):
        mail.send("kofi@example.com", "Hello", "Text")
    assert len(server.heard) == 1


def test_a_relay_without_a_password_may_do_without_encryption(
    app: Flask, server: MailServer
) -> None:
    server.tls = None
    app.config["SMTP_URL"] = f"smtp://127.0.0.1:{server.port}"
    mail.send("kofi@example.com", "Hello", "Text")
    assert len(server.letters) == 1


@pytest.mark.usefixtures("trusted")
def test_a_refusal_of_the_server_is_not_swallowed(server: MailServer) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused, match="unknown here"):
        mail.send("refused@example.com", "Hello", "Text")


def test_without_a_server_the_log_has_the_letter_once(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    mail.send("kofi@example.com", "Hello", "Here is the text.")
    [record] = caplog.records
    assert record.levelname == "WARNING"
    assert "kofi@example.com: Hello\nHere is the text." in record.getMessage()


@pytest.mark.usefixtures("trusted")
def test_the_job_mails_what_still_holds(app: Flask, server: MailServer) -> None:
    app.config["PUBLIC_URL"] = "https://sms.example.com"
    abena = people.sign_up(
        "Abena's shop", "0201234567", "abena@example.com", PASSWORD, "197.251.1.2"
    )
    job.send("reset", abena.email)
    job.send("reset", "nobody@example.com")
    kept = people.invite(abena.account_id, "yaw@example.com", Role.MEMBER, abena)
    revoked = people.invite(abena.account_id, "esi@example.com", Role.MEMBER, abena)
    people.revoke(abena.account_id, revoked.public_id, abena)
    for invitation in (kept, revoked):
        job.send("invitation", invitation.public_id)
    assert [letter["To"] for letter in server.letters] == ["abena@example.com", "yaw@example.com"]
    links = [letter.get_content().split("https://")[1].split()[0] for letter in server.letters]
    assert links[0].startswith(f"sms.example.com{people.RESET_PATH}")
    token = links[1].removeprefix(f"sms.example.com{people.INVITATION_PATH}")
    assert people.accept(token, PASSWORD).email == "yaw@example.com"


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"SMTP_URL": "mail.example.com", "MAIL_FROM": "sms@example.com"}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://", "MAIL_FROM": "sms@example.com"}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://mail:none", "MAIL_FROM": "sms@example.com"}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://mail.example.com"}, "MAIL_FROM"),
        ({"MAIL_FROM": "somebody"}, "MAIL_FROM"),
        ({"MAIL_FROM": "sms@example.com\nBcc: all@example.com"}, "MAIL_FROM"),
        ({"PUBLIC_URL": "sms.example.com"}, "PUBLIC_URL"),
        ({"SIGNUP_CREDITS": "-1"}, "SIGNUP_CREDITS"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    tmp_path: Path, settings: dict[str, str], name: str
) -> None:
    with pytest.raises(SettingError, match=name):
        Config({"FLASHSMS_HOME": str(tmp_path), **settings})


@pytest.mark.parametrize(
    ("settings", "public_url"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"HOST": "0.0.0.0", "PORT": "80"}, "http://localhost:80"),
        ({"HOST": "::1"}, "http://[::1]:8000"),
        ({"PUBLIC_URL": "https://sms.example.com/"}, "https://sms.example.com"),
    ],
)
def test_links_begin_with_what_people_reach(
    tmp_path: Path, settings: dict[str, str], public_url: str
) -> None:
    config = Config({"FLASHSMS_HOME": str(tmp_path), **settings})
    assert public_url == config.PUBLIC_URL
