"""Why a carrier cannot be used, in words that say what to look at."""

from flashsms.carriers import connecting
from flashsms.carriers.contract import CarrierError
from flashsms.carriers.smpp.pdu import ProtocolError

MEND = "Mend its settings, then resume it."  # ends the reason of a pause that nobody asked for


def words(error: Exception, host: str, port: int) -> str:
    """Say what an error of a connection to `port` of `host`, or of a sign-in there, means."""
    if isinstance(error, CarrierError):
        return error.reason
    if isinstance(error, ProtocolError):
        return f"What answers there does not speak SMPP: {error.reason}."
    return connecting.words(error, host, port)
