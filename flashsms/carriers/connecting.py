"""Why a connection did not come about, in words that say what to look at."""

import errno
import os
import re
import socket
import ssl

from flashsms.carriers.smpp import tls

_ERRNO = re.compile(r"\[Errno (\d+)\]")


def words(error: Exception, host: str, port: int) -> str:
    """Say what an error of a connection to `port` of `host` means, as a sentence.

    What the error itself says is left out: it may quote a URL with its secret.
    """
    if isinstance(error, UnicodeError):  # what a host name such as a..b makes of the resolver
        return f"{host!r} is no host name."
    if isinstance(error, ssl.SSLCertVerificationError):
        return tls.distrust(error, host)
    if isinstance(error, ssl.SSLError):
        said = tls.words(error)
        return f"{said[:1].upper()}{said[1:]}."
    if isinstance(error, socket.gaierror):
        return f"No host {host} is known: check its name."
    return _of_system(error, host, port)


def trouble(error: Exception, host: str, port: int) -> str:
    """Say the same of a carrier that is in use, whose name may be all that stands beside it."""
    return f"Cannot connect to {host}:{port}. {words(error, host, port)}"


def _of_system(error: Exception, host: str, port: int) -> str:
    number = _number(error)
    if number == errno.ECONNREFUSED:
        return f"Nothing listens on port {port} of {host}: check host and port."
    if isinstance(error, TimeoutError):
        return (
            "There was no answer in time: a firewall may be in between, or the carrier must let "
            "this machine's address in."
        )
    if isinstance(error, ConnectionError) or not isinstance(error, OSError):
        return "The carrier hung up: it may know neither this account nor this machine's address."
    return f"It failed: {os.strerror(number)}." if number else "It failed without saying why."


def _number(error: Exception) -> int:
    """Return the system's number of an error, 0 for none.

    A host with several addresses fails with the errors of all of them in one text.
    """
    if isinstance(error, OSError) and error.errno:
        return error.errno
    found = {int(one) for one in _ERRNO.findall(str(error))}
    return errno.ECONNREFUSED if errno.ECONNREFUSED in found else max(found, default=0)
