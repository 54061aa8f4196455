"""From a carrier's URL to the carrier."""

from flashsms.carriers.contract import Carrier, Take
from flashsms.carriers.options import HIDDEN, KEYED, CarrierOptions, options, redact
from flashsms.carriers.smpp.carrier import SmppCarrier

__all__ = ["HIDDEN", "KEYED", "CarrierOptions", "create", "options", "redact"]


def create(url: str, take: Take) -> Carrier:
    """The carrier that a URL describes, not opened yet; `take` gets its receipts.

    Raises a permanent CarrierError for a URL that describes none. The simulator is reached over
    real SMPP, so that the way of development is the way of production.
    """
    return SmppCarrier(options(url), take)
