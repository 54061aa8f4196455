"""A balance that falls below what its owners want to know of, seen by the booking that does it.

That booking holds the account's row, so of many at once exactly one crosses. It writes down what
endpoints are told, and that the owners are still to be told (`low_balances`).
"""

from datetime import timedelta

from sqlalchemy import or_, update

from flashsms.models import Account, EventType, TransactionType, now
from flashsms.models.rows import change
from flashsms.services import webhooks

PAUSE = timedelta(hours=1)  # a campaign's refunds may carry a balance to and fro


def note(account_id: int, type: TransactionType, before: int, after: int, threshold: int) -> None:
    """Note what a booking did to a balance as to its threshold; in the caller's transaction.

    Of falls within an hour one is told, unless somebody bought or gave credits between them.
    """
    if after < threshold <= before:
        _fall(account_id, after, threshold)
    elif before < threshold <= after and type is not TransactionType.REFUND:
        begun = {"balance_fell_at": None, "balance_told_at": None}
        change(update(Account).where(Account.id == account_id).values(begun))


def _fall(account_id: int, balance: int, threshold: int) -> None:
    moment = now()
    told = Account.balance_told_at
    falling = (
        update(Account)
        .where(Account.id == account_id, or_(told.is_(None), told <= moment - PAUSE))
        .values(balance_fell_at=moment, balance_told_at=moment)
    )
    if change(falling).rowcount:
        data = {"balance": balance, "threshold": threshold}
        webhooks.emit(account_id, EventType.BALANCE_LOW, [data])
