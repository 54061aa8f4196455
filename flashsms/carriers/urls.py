"""From a carrier's URL to the carrier."""

from flashsms.carriers import rehearsal
from flashsms.carriers.contract import Carrier, CarrierError, Take
from flashsms.carriers.http.kinds import KINDS
from flashsms.carriers.http.provider import Provider
from flashsms.carriers.options import HIDDEN, KEYED, CarrierOptions, options, redact
from flashsms.carriers.smpp.carrier import SmppCarrier

__all__ = ["HIDDEN", "KEYED", "CarrierOptions", "create", "options", "provider", "redact"]


def create(url: str, take: Take) -> Carrier:
    """The carrier that a URL describes, not opened yet; `take` gets its receipts.

    Raises a permanent CarrierError for a URL that describes none. The simulator is reached over
    real SMPP, so that the way of development is the way of production.
    """
    if url == rehearsal.URL:
        return rehearsal.Rehearsal(take)
    read = options(url)
    if read.scheme not in KINDS:
        return SmppCarrier(read, take)
    from flashsms.carriers.http.carrier import HttpCarrier  # aiohttp, which SMPP alone never loads

    return HttpCarrier(read, KINDS[read.scheme](read), take)


def provider(url: str) -> Provider:
    """The provider behind a carrier over HTTP: it reads the callbacks.

    Raises a permanent CarrierError for a URL that describes none, or a carrier that has none.
    """
    read = options(url)
    if read.scheme not in KINDS:
        raise CarrierError(
            f"A carrier of the kind {read.scheme}:// has no callbacks.", permanent=True
        )
    return KINDS[read.scheme](read)
