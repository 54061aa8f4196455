"""Taking receipts, however they came."""

from collections import defaultdict
from collections.abc import Sequence

from flashsms.carriers import rehearsal
from flashsms.carriers.contract import Receipt
from flashsms.extensions import transaction
from flashsms.services.carriers import watching
from flashsms.services.progress import Delta
from flashsms.services.receipts.heard import final
from flashsms.services.receipts.matching import Progress, conclude, match
from flashsms.services.receipts.parking import match_parked, park


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
    match_parked(carrier_id, [one.ref for one in left])
    if carrier_id != rehearsal.ID:
        watching.count_receipts(carrier_id, len(receipts))
