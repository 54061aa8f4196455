"""The audit log: written with what it tells of, read page by page, never changed."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import insert, select

from flashsms.extensions import db
from flashsms.models import AuditEntry
from flashsms.services.errors import NotFound


class Action(StrEnum):
    """What is written down."""

    SIGNED_IN = "signed in"
    SIGN_IN_FAILED = "sign-in failed"
    PASSWORD_CHANGED = "password changed"  # noqa: S105  (not one)
    SECOND_FACTOR_ON = "two-factor sign-in switched on"
    SECOND_FACTOR_OFF = "two-factor sign-in switched off"
    KEY_CREATED = "API key created"
    KEY_REVOKED = "API key revoked"
    MEMBER_INVITED = "member invited"
    MEMBER_JOINED = "member joined"
    MEMBER_REMOVED = "member removed"
    ROLE_CHANGED = "role changed"
    OPERATOR_APPOINTED = "operator appointed"
    OPERATOR_DISMISSED = "operator dismissed"
    SENDER_APPROVED = "sender ID approved"
    SENDER_REJECTED = "sender ID rejected"
    NAME_PROTECTED = "name protected"
    NAME_RELEASED = "name no longer protected"
    CREDITS_GRANTED = "credits granted"
    CREDITS_TAKEN = "credits taken away"
    LEDGERS_EXPORTED = "ledgers exported"
    ACCOUNT_OPENED = "account opened"
    ACCOUNT_VIEWED = "account looked at"
    ACCOUNT_SUSPENDED = "account suspended"
    ACCOUNT_REACTIVATED = "account reactivated"
    TERMS_CHANGED = "rate limit or price changed"
    CARRIER_ADDED = "carrier added"
    CARRIER_CHANGED = "carrier changed"
    CARRIER_PAUSED = "carrier paused"
    CARRIER_RESUMED = "carrier resumed"
    CARRIER_OFF = "carrier switched off"
    CARRIER_ON = "carrier switched on"
    BREAKER_CLOSED = "carrier tried again before its time"
    CARRIER_TESTED = "carrier tested"
    NUMBER_ADDED = "number added"
    NUMBER_CHANGED = "number changed"
    NUMBER_REMOVED = "number removed"
    WORDS_CHANGED = "words and answers changed"
    ALERTS_CHANGED = "alerts changed"
    JOB_RETRIED = "failed job retried"
    JOB_DISCARDED = "failed job discarded"
    TEMPLATE_CREATED = "system template created"
    TEMPLATE_CHANGED = "system template changed"
    TEMPLATE_PUBLISHED = "system template published"
    TEMPLATE_WITHDRAWN = "system template withdrawn"
    TEMPLATE_DELETED = "system template deleted"
    LEDGER_CHECKED = "balance check asked for"
    WEBHOOK_ADDED = "webhook added"
    WEBHOOK_CHANGED = "webhook changed"
    WEBHOOK_DELETED = "webhook deleted"
    WEBHOOK_PAUSED = "webhook paused"
    WEBHOOK_RESUMED = "webhook resumed"
    WEBHOOK_SECRET_REPLACED = "webhook secret replaced"  # noqa: S105  (not one)
    HISTORY_EXPORTED = "history exported"
    LOG_EXPORTED = "audit log exported"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an e-mail or what acts, and from which IP address."""

    name: str
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """What was done: to which thing of which account, if any, and what changed about it."""

    action: Action
    subject: str
    account_id: int | None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """Some entries, newest first, and whether there are older ones."""

    items: list[AuditEntry]
    older: bool


_SYSTEM = Actor("FlashSMS")
_actor: ContextVar[Actor] = ContextVar("actor", default=_SYSTEM)


def act_as(actor: Actor) -> None:
    """Say who acts from here on in this request or command."""
    _actor.set(actor)


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Say who acts in this block."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


def record(
    action: Action,
    subject: str,
    account_id: int | None,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write down what is being done; in the transaction that does it, so that both or none stay."""
    db.session.add(AuditEntry(**_row(Act(action, subject, account_id, before, after))))


def record_many(acts: Iterable[Act]) -> None:
    """Write down several acts, one entry each and as one statement, as `record` does one."""
    if rows := [_row(act) for act in acts]:
        db.session.execute(insert(AuditEntry), rows)


def _row(act: Act) -> dict[str, Any]:
    actor = _actor.get()
    return {
        "account_id": act.account_id,
        "actor": actor.name[:254],
        "address": actor.address,
        "action": act.action,
        "subject": act.subject[:200],
        "before": dict(act.before) if act.before is not None else None,
        "after": dict(act.after) if act.after is not None else None,
    }


def page(account_id: int, limit: int, before: str | None = None) -> Listed:
    """Return up to `limit` entries about an account, newest first, older than that of an id.

    Raises NotFound when the account has no such entry.
    """
    query = select(AuditEntry).where(AuditEntry.account_id == account_id)
    if before is not None:
        query = query.where(AuditEntry.id < _id_of(account_id, before))
    found = list(db.session.scalars(query.order_by(AuditEntry.id.desc()).limit(limit + 1)))
    return Listed(found[:limit], older=len(found) > limit)


def _id_of(account_id: int, public_id: str) -> int:
    found = db.session.scalar(
        select(AuditEntry.id).where(
            AuditEntry.account_id == account_id,
            AuditEntry.public_id == (public_id if public_id.isprintable() else ""),
        )
    )
    if found is None:
        raise NotFound("entry_unknown", "This part of the log is not there. Start anew.")
    return found
