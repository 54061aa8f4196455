"""Receipts: what carriers say later about what they took, applied in batches, never backwards.

A receipt may come before the answer to its submission was stored, twice, late, out of order, with
its id in hexadecimal where the answer was decimal, or for something unknown. What matches nothing
is parked and tried again, never dropped at once.
"""

from collections import defaultdict
from collections.abc import Sequence

from flashsms.carriers.contract import Receipt
from flashsms.extensions import transaction
from flashsms.services.carriers import watching
from flashsms.services.progress import Delta
from flashsms.services.receipts.heard import final, ref_key
from flashsms.services.receipts.matching import Progress, conclude, match
from flashsms.services.receipts.parking import match_parked, park, retry_parked

__all__ = ["apply", "match_parked", "ref_key", "retry_parked"]


def apply(carrier_id: int, receipts: Sequence[Receipt]) -> None:
    """Record what a carrier reported; once this returns, the receipts may be acknowledged."""
    heard = final(receipts)
    if not heard:
        return
    with transaction():
        progress: Progress = defaultdict(Delta)
        left = match(carrier_id, heard, progress)
        park(carrier_id, left)
        conclude(progress)
    match_parked(carrier_id, left)
    watching.count_receipts(carrier_id, len(receipts))
