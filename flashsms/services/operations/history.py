"""The messages of all accounts, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.orm import aliased

from flashsms.extensions import db
from flashsms.models import Account, Message, MessageStatus, Recipient
from flashsms.models.recipient import IS_FAILED
from flashsms.services.operations import places, windows
from flashsms.services.operations.windows import Scope

LOOKED = 5000  # messages that are looked through at most for a page
MOST_REASONS = 100


@dataclass(frozen=True, slots=True)
class Wanted(Scope):
    """Which messages are wanted."""

    status: MessageStatus | None = None


@dataclass(frozen=True, slots=True)
class Owned:
    """A message and whose it is."""

    message: Message
    account: Account


@dataclass(frozen=True, slots=True)
class Listed:
    """Some messages; `next` is where older ones begin, None when there are none.

    `looked_to` says how far back was looked when that, and not a full page, ended the search.
    """

    items: Sequence[Owned]
    next: str | None = None
    looked_to: datetime | None = None


def page(wanted: Wanted, limit: int, before: str | None = None) -> Listed:
    """Return up to `limit` messages, newest first, older than that of an id.

    At most LOOKED messages are looked through. Raises NotFound for an id that there is not.
    """
    edge = places.of_messages(before) if before is not None else None
    walk = windows.messages(wanted, edge)
    if wanted.account_id is not None and wanted.status is not None:
        walk = walk.where(Message.status == wanted.status)  # which an index of its own has
    size = LOOKED if wanted.status is not None or windows.left_out(wanted) else limit + 1
    seen = aliased(Message, walk.limit(size).subquery("seen"))
    query = select(seen).where(*windows.left_out(wanted, seen))
    if wanted.status is not None:
        query = query.where(seen.status == wanted.status)
    latest = query.order_by(seen.created_at.desc(), seen.id.desc()).limit(limit + 1)
    found = list(db.session.scalars(latest))
    items = _owned(found[:limit])
    if len(found) > limit:
        return Listed(items, found[limit - 1].public_id)
    end = windows.last(walk.with_only_columns(Message.public_id, Message.created_at), size)
    return Listed(items, end.public_id, end.created_at) if end else Listed(items)


def find(public_id: str) -> Owned:
    """Return a message of whatever account, or raise NotFound."""
    message = places.message(public_id)
    return Owned(message, db.session.get_one(Account, message.account_id))


def reasons() -> list[str]:
    """Return the reasons that recipients failed for: MOST_REASONS of them at most.

    Each is a step through an index, whatever the number of recipients.
    """
    walk = select(_reason_after().label("reason")).cte("walk", recursive=True)
    further = select(_reason_after(walk.c.reason)).where(walk.c.reason.is_not(None))
    walk = walk.union_all(further)
    found = db.session.scalars(select(walk.c.reason).limit(MOST_REASONS))
    return [reason for reason in found if reason]


def _reason_after(previous: ColumnElement[str] | None = None) -> ScalarSelect[str]:
    first = select(func.min(Recipient.reason)).where(IS_FAILED)
    if previous is not None:
        first = first.where(Recipient.reason > previous)
    return first.scalar_subquery()


def _owned(messages: Sequence[Message]) -> list[Owned]:
    accounts = windows.accounts({message.account_id for message in messages})
    return [Owned(message, accounts[message.account_id]) for message in messages]
