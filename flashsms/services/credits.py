"""Credits: an append-only ledger whose sum is the balance, decided by the database alone."""

from datetime import date

from sqlalchemy import bindparam, select, update

from flashsms.extensions import db, transaction
from flashsms.models import Account, CreditDay, Message, Transaction, TransactionType, now
from flashsms.models.rows import change, insert
from flashsms.services import audit
from flashsms.services.alerts import crossing
from flashsms.services.audit import Action
from flashsms.services.errors import DomainError, InsufficientCredits

GRANTS = (TransactionType.PURCHASE, TransactionType.BONUS, TransactionType.ADJUSTMENT)


def charge(account_id: int, amount: int, *, description: str, reference: str) -> int:
    """Take `amount` credits for a message and return the balance left.

    Runs inside the caller's transaction. Raises InsufficientCredits; then nothing has changed.
    """
    return _book(account_id, TransactionType.USAGE, -amount, description, reference)


def refund(account_id: int, amount: int, *, description: str, reference: str) -> int:
    """Give back credits of a message and return the balance; in the caller's transaction."""
    return _book(account_id, TransactionType.REFUND, amount, description, reference)


def refund_message(message: Message, amount: int, why: str) -> None:
    """Book one REFUND of `amount` credits for a message, if any; in the caller's transaction."""
    if amount:
        name = message.campaign_name or "message"
        refund(
            message.account_id,
            amount,
            description=f"Refund of {name}: {why}",
            reference=message.public_id,
        )


def grant(account_id: int, amount: int, *, type: TransactionType, reason: str) -> int:
    """Add credits (or, as an ADJUSTMENT, take them back) and return the balance."""
    if type not in GRANTS:
        raise DomainError("bad_type", f"Credits cannot be granted as {type}.")
    if amount == 0:
        raise DomainError("bad_amount", "amount must not be 0.")
    if amount < 0 and type is not TransactionType.ADJUSTMENT:
        raise DomainError("bad_amount", "amount must be above 0; only an ADJUSTMENT takes away.")
    if abs(amount) > 1_000_000_000:
        raise DomainError("bad_amount", "amount must be at most 1,000,000,000 credits.")
    if not reason.strip():
        raise DomainError("reason_missing", "reason must say why the balance changes.")
    with transaction():
        balance = _book(account_id, type, amount, reason.strip()[:200], None)
        audit.record(
            Action.CREDITS_GRANTED if amount > 0 else Action.CREDITS_TAKEN,
            f"{amount:+,} credits",
            account_id,
            before={"balance": balance - amount},
            after={"balance": balance, "type": type, "reason": reason.strip()[:200]},
        )
    return balance


def _book(
    account_id: int, type: TransactionType, amount: int, description: str, reference: str | None
) -> int:
    moved = change(_MOVE, {"account": account_id, "amount": amount}).one_or_none()
    if moved is None:
        raise InsufficientCredits(-amount, balance_of(account_id))
    balance, moment = int(moved.balance), now()
    db.session.add(
        Transaction(
            account_id=account_id,
            type=type,
            amount=amount,
            balance=balance,
            description=description[:200],
            reference=reference,
            created_at=moment,
        )
    )
    _count(account_id, type, amount, moment.date())
    if moved.low_balance is not None:
        crossing.note(account_id, type, balance - amount, balance, moved.low_balance)
    return balance


def _count(account_id: int, type: TransactionType, amount: int, day: date) -> None:
    """Add a row to its day; the account's row is locked, so nobody else adds to it meanwhile."""
    new = insert(CreditDay).values(day=day, account_id=account_id, type=type, rows=1, amount=amount)
    added = {"rows": CreditDay.rows + 1, "amount": CreditDay.amount + new.excluded.amount}
    key = [CreditDay.day, CreditDay.account_id, CreditDay.type]
    change(new.on_conflict_do_update(index_elements=key, set_=added))


_MOVE = (
    update(Account)
    .where(Account.id == bindparam("account"), Account.balance + bindparam("amount") >= 0)
    .values(balance=Account.balance + bindparam("amount"))
    .returning(Account.balance, Account.low_balance)
)


def balance_of(account_id: int) -> int:
    """Return the credits that the account has now."""
    return db.session.scalar(select(Account.balance).where(Account.id == account_id)) or 0
