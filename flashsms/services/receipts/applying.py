"""Taking receipts, however they came."""

from collections import defaultdict
from collections.abc import Sequence

from flashsms.carriers import rehearsal
from flashsms.carriers.contract import Receipt
from flashsms.extensions import transaction
from flashsms.services.carriers import watching
from flashsms.services.progress import Delta
from flashsms.services.receipts.heard import final, speaks_of_another
from flashsms.services.receipts.matching import Progress, conclude, match
from flashsms.services.receipts.parking import match_parked, park


def apply(carrier_id: int, receipts: Sequence[Receipt]) -> None:
    """Record what a carrier reported; once this returns, the receipts may be acknowledged.

    Of those that share an id each number has its turn: a carrier may give an id anew, and what it
    tells of both may come together.
    """
    heard = final(receipts)
    if not heard:
        return
    others: list[Receipt] = []
    if len(heard) < len(receipts):
        others = [one for one in receipts if speaks_of_another(one, heard)]
    with transaction():
        progress: Progress = defaultdict(Delta)
        left = match(carrier_id, heard, progress)
        park(carrier_id, left)
        conclude(progress)
    match_parked(carrier_id, left)
    if carrier_id != rehearsal.ID:
        watching.count_receipts(carrier_id, len(receipts) - len(others))
    if others:
        apply(carrier_id, others)
