"""Where an account stands with the operator: suspended or not, at which price and rate limit."""

from typing import Any

from sqlalchemy import ColumnElement, select, update

from flashsms.extensions import db, transaction
from flashsms.models import Account, now
from flashsms.models.rows import change
from flashsms.services import audit
from flashsms.services.audit import Action
from flashsms.services.contacts.drafts import line
from flashsms.services.errors import DomainError, NotFound

LONGEST_REASON = 200
DEAREST = 100  # credits a part
MOST_REQUESTS = 1_000_000  # a minute


class Suspended(DomainError):
    """Something that a suspended account may not do."""

    status = 403

    def __init__(self, reason: str | None) -> None:
        why = f": {reason.rstrip('.')}" if reason else ""
        super().__init__(
            "account_suspended",
            f"This account is suspended{why}. Ask the operator of this installation.",
        )


def rate_of(account_id: int, *, even_suspended: bool = False) -> int:
    """Return what the account pays, in credits a part (or a message, with BILLING=message).

    Raises Suspended for an account that may not send, unless it is only to be looked at.
    """
    account = db.session.get_one(Account, account_id)  # mostly there: it came with the key
    if account.suspended_at and not even_suspended:
        raise Suspended(account.suspended_for)
    return account.price


def suspend(public_id: str, reason: str) -> Account:
    """Let nothing of the account leave, and refuse its keys, for a reason that it will read.

    What was accepted before waits. Raises DomainError without a reason or when it is suspended
    already, NotFound when there is no such account.
    """
    why = line("reason", reason, LONGEST_REASON)
    if why is None:
        raise DomainError("bad_reason", "reason must say why the account is suspended.")
    active = Account.suspended_at.is_(None)
    otherwise = DomainError("suspended_already", "This account is suspended already.")
    with transaction():
        account = _change(public_id, active, otherwise, suspended_at=now(), suspended_for=why)
        audit.record(Action.ACCOUNT_SUSPENDED, account.name, account.id, after={"reason": why})
    return account


def reactivate(public_id: str) -> Account:
    """Let a suspended account send again; what waited goes on as far as it is still in time."""
    otherwise = DomainError("not_suspended", "This account is not suspended.")
    with transaction():
        was = find(public_id).suspended_for
        suspended = Account.suspended_at.is_not(None)
        account = _change(public_id, suspended, otherwise, suspended_at=None, suspended_for=None)
        before = {"reason": was}
        audit.record(Action.ACCOUNT_REACTIVATED, account.name, account.id, before=before)
    return account


def set_terms(public_id: str, *, rate_limit: int | None, price: int) -> Account:
    """Set how many requests a minute a key may make (0: any number, None: as configured), and the
    price in credits a part. Raises DomainError naming the field that is wrong.
    """
    if rate_limit is not None and not 0 <= rate_limit <= MOST_REQUESTS:
        raise DomainError("bad_rate_limit", f"rate limit must be from 0 to {MOST_REQUESTS:,}.")
    if not 1 <= price <= DEAREST:
        raise DomainError("bad_price", f"price must be from 1 to {DEAREST} credits a part.")
    after = {"rate limit": rate_limit, "price": price}
    with transaction():
        account = find(public_id, for_update=True)
        before = {"rate limit": account.rate_limit, "price": account.price}
        if before == after:  # nothing happens, so nothing is noted: the form was sent twice
            return account
        account = _change(public_id, None, None, rate_limit=rate_limit, price=price)
        audit.record(Action.TERMS_CHANGED, account.name, account.id, before=before, after=after)
    return account


def find(public_id: str, *, for_update: bool = False) -> Account:
    """Return an account by its id, or raise NotFound: for operators, who see them all."""
    known = public_id if public_id.isprintable() else ""
    query = select(Account).where(Account.public_id == known)
    if for_update:
        query = query.with_for_update()
    account = db.session.scalar(query, execution_options={"populate_existing": True})
    if account is None:
        raise NotFound("account_unknown", f"There is no account {public_id[:40]!r}.")
    return account


def _change(
    public_id: str,
    came_from: ColumnElement[bool] | None,
    otherwise: DomainError | None,
    **values: Any,
) -> Account:
    account = find(public_id)
    changing = update(Account).where(Account.id == account.id).values(values)
    if came_from is not None:
        changing = changing.where(came_from)
    if change(changing).rowcount == 0 and otherwise is not None:
        raise otherwise
    return find(public_id)
