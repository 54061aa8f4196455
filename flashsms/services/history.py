"""What an account sent and what its credits were used for, page by page."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.selectable import GenerativeSelect

from flashsms.extensions import db
from flashsms.models import (
    Message,
    MessageStatus,
    Recipient,
    RecipientStatus,
    Transaction,
    TransactionType,
)
from flashsms.services.errors import NotFound

Item = TypeVar("Item")
Query = TypeVar("Query", bound=GenerativeSelect)
RecipientRow = Row[str, RecipientStatus, datetime | None, str | None, str | None]


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part of a history is wanted: `page` counts from 1, `until` itself is left out."""

    page: int
    limit: int
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page of a list of `total` items; beyond the last page there are none."""

    items: list[Item]
    page: int
    limit: int
    total: int

    @property
    def total_pages(self) -> int:
        """How many pages there are; an empty list has none."""
        return -(-self.total // self.limit)

    @property
    def has_more(self) -> bool:
        """Whether there is a page after this one."""
        return self.page < self.total_pages


def messages(
    account_id: int,
    wanted: Slice,
    statuses: Collection[MessageStatus] = (),
    *,
    is_test: bool | None = None,
) -> Page[Message]:
    """Return a page of the account's messages in one of `statuses` (none: all), newest first.

    With `is_test` only tests, or none of them.
    """
    query = select(Message).where(Message.account_id == account_id)
    if is_test is not None:
        query = query.where(of_kind(is_test, by_status=bool(statuses)))
    if statuses:
        query = query.where(Message.status.in_(statuses))
    query = query.where(*_within(Message.created_at, wanted))
    items = db.session.scalars(
        _cut(query.order_by(Message.created_at.desc(), Message.id.desc()), wanted)
    )
    return Page(list(items), wanted.page, wanted.limit, _count(query))


def of_kind(is_test: bool, *, by_status: bool) -> ColumnElement[bool]:
    """Say whether messages are tests; of the others that stand somehow by the index of that.

    SQLite would walk all that is no test, which is nearly everything.
    """
    if by_status and not is_test:
        return Message.is_test.is_not(True)
    return Message.is_test.is_(is_test)


def message(account_id: int, public_id: str) -> Message:
    """Return a message of the account, or raise NotFound."""
    found = None
    if public_id.isalnum():  # ids are; PostgreSQL does not even compare with a NUL
        found = db.session.scalar(
            select(Message).where(Message.account_id == account_id, Message.public_id == public_id)
        )
    if found is None:
        raise NotFound(
            "message_unknown",
            f"There is no message {public_id[:40]!r}. Use the messageId that sending answered.",
        )
    return found


def recipients(of: Message, wanted: Slice) -> Page[RecipientRow]:
    """Return a page of a message's recipients (phone, status, sent_at, reason, own text)."""
    query = (
        select(
            Recipient.phone,
            Recipient.status,
            Recipient.sent_at,
            Recipient.reason,
            Recipient.text,
        )
        .where(Recipient.message_id == of.id)
        .order_by(Recipient.id)
    )
    items = db.session.execute(_cut(query, wanted)).all()
    return Page(list(items), wanted.page, wanted.limit, of.recipient_count)


def transactions(
    account_id: int, wanted: Slice, type: TransactionType | None = None
) -> Page[Transaction]:
    """Return a page of the account's ledger, of one `type` or all, newest first."""
    query = select(Transaction).where(Transaction.account_id == account_id)
    if type is not None:
        query = query.where(Transaction.type == type)
    query = query.where(*_within(Transaction.created_at, wanted))
    items = db.session.scalars(_cut(query.order_by(Transaction.id.desc()), wanted))
    return Page(list(items), wanted.page, wanted.limit, _count(query))


def _within(
    created_at: InstrumentedAttribute[datetime], wanted: Slice
) -> Iterator[ColumnElement[bool]]:
    if wanted.since is not None:
        yield created_at >= wanted.since
    if wanted.until is not None:
        yield created_at < wanted.until


def _cut(query: Query, wanted: Slice) -> Query:
    return query.limit(wanted.limit).offset((wanted.page - 1) * wanted.limit)


def _count(query: Select[Any]) -> int:
    return db.session.scalar(query.with_only_columns(func.count())) or 0
