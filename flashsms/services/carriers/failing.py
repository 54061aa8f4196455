"""Why a carrier cannot be used, in words that say what to look at."""

import socket
import ssl

from flashsms.carriers.contract import CarrierError
from flashsms.carriers.options import CarrierOptions
from flashsms.carriers.smpp import tls
from flashsms.carriers.smpp.pdu import ProtocolError


def words(error: Exception, read: CarrierOptions) -> str:
    """Say what an error of a connection or a sign-in means; `read` is the carrier's URL."""
    if isinstance(error, CarrierError):
        return error.reason
    if isinstance(error, ProtocolError):
        return f"What answers there does not speak SMPP: {error.reason}."
    if isinstance(error, UnicodeError):  # what a host name such as a..b makes of the resolver
        return f"{read.host!r} is no host name."
    if isinstance(error, ssl.SSLCertVerificationError):
        return tls.distrust(error, read.host)
    if isinstance(error, ssl.SSLError):
        return f"{tls.words(error)[:1].upper()}{tls.words(error)[1:]}."
    return _of_connection(error, read)


def _of_connection(error: Exception, read: CarrierOptions) -> str:
    if isinstance(error, socket.gaierror):
        return f"No host {read.host} is known: check its name."
    if isinstance(error, ConnectionRefusedError):
        return f"Nothing listens on port {read.port} of {read.host}: check host and port."
    if isinstance(error, ConnectionError):
        return "The carrier hung up: it may know neither this account nor this machine's address."
    if isinstance(error, TimeoutError):
        return (
            "There was no answer in time: a firewall may be in between, or the carrier must let "
            "this machine's address in."
        )
    what = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"It failed: {what.rstrip('.')}."
