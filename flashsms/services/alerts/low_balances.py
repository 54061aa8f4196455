"""Telling owners that credits run low: by letters, and by a text if they want one.

The booking that made the balance fall only marks the account, so that it waits for nothing; the
tick finds the mark and takes it away in the transaction that tells. While a refund has carried the
balance back the mark stays: of the next fall nobody may be told for an hour.
"""

import logging

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from flashsms.extensions import db, transaction
from flashsms.models import Account
from flashsms.models.rows import change
from flashsms.services import sending
from flashsms.services.errors import DomainError
from flashsms.services.people import letters
from flashsms.services.sending import Order

PER_TICK = 100
CAMPAIGN = "Low balance alert"
LABEL = "Automatic SMS"

_IS_LOW = (Account.balance_fell_at.is_not(None), Account.balance < Account.low_balance)

log = logging.getLogger(__name__)


def wake_due() -> None:
    """Tell the owners of the accounts whose balance fell. One transaction per account."""
    for account_id in _fallen():
        try:
            _tell(account_id)
        except SQLAlchemyError:  # one that cannot be told must not keep the others from it
            log.exception("Account %d was not told that credits run low.", account_id)


def text(balance: int, threshold: int) -> str:
    """Return what the text to the account's phone says: one part, with nothing to fill in."""
    left = f"{balance:,} credit is" if balance == 1 else f"{balance:,} credits are"
    return (
        f"FlashSMS: {left} left, fewer than the {threshold:,} that you want to know of. "
        "What costs more is refused, so buy credits in time."
    )


def _fallen() -> list[int]:
    fallen = select(Account.id).where(*_IS_LOW)
    found = db.session.scalars(fallen.order_by(Account.balance_fell_at).limit(PER_TICK)).all()
    db.session.commit()
    return list(found)


def _tell(account_id: int) -> None:
    """Tell what still holds; of two ticks at once the first takes the mark away."""
    marked = update(Account).where(Account.id == account_id, *_IS_LOW)
    with transaction():
        if change(marked.values(balance_fell_at=None)).rowcount == 0:
            return
        account = db.session.get_one(Account, account_id, populate_existing=True)
        letters.tell_owners(account_id, letters.LOW_BALANCE)
        if account.low_balance_sms:
            _text(account)


def _text(account: Account) -> None:
    """Send a text as a message of the account; one that it cannot pay is not sent.

    The account's row is held and its balance is below the threshold: paying crosses nothing.
    """
    order = Order(
        text=text(account.balance, account.low_balance or 0),
        recipients=[account.phone],
        campaign_name=CAMPAIGN,
        label=LABEL,
    )
    try:
        with db.session.begin_nested():
            sending.accept(account.id, order)
    except DomainError as error:
        log.warning("Account %d got no text about its balance: %s", account.id, error.sentence)
