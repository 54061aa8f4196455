"""The ledger as the account's owners read it: page by page, summed up, as a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select

from flashsms.extensions import db
from flashsms.models import Transaction, TransactionType
from flashsms.services.contacts.exporting import BOM, quoted, shield
from flashsms.services.errors import NotFound

MOST_SUMMED = 50_000  # rows; more would keep the page waiting
PIECE = 5000  # rows that are read at once for a file


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows of a ledger are wanted; `until` itself is left out."""

    type: TransactionType | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """Some rows, newest first, and whether there are older and newer ones."""

    items: list[Transaction]
    older: bool
    newer: bool


def page(
    account_id: int,
    wanted: Filter,
    limit: int,
    *,
    before: str | None = None,
    after: str | None = None,
) -> Listed:
    """Return up to `limit` rows: the newest, or those older or newer than the row of an id.

    Raises NotFound when the account has no such row.
    """
    query = _matching(account_id, wanted)
    if after is not None:
        newer = query.where(Transaction.id > _id_of(account_id, after)).order_by(Transaction.id)
        found = list(db.session.scalars(newer.limit(limit + 1)))
        return Listed(found[:limit][::-1], older=True, newer=len(found) > limit)
    if before is not None:
        query = query.where(Transaction.id < _id_of(account_id, before))
    latest = query.order_by(Transaction.id.desc()).limit(limit + 1)
    found = list(db.session.scalars(latest))
    return Listed(found[:limit], older=len(found) > limit, newer=before is not None)


def sums(account_id: int, wanted: Filter) -> dict[TransactionType, int] | None:
    """Return what the amounts of each type add up to; None when there are too many to add up."""
    some = (
        _matching(account_id, wanted)
        .with_only_columns(Transaction.type, Transaction.amount)
        .limit(MOST_SUMMED + 1)
        .subquery()
    )
    found = db.session.execute(
        select(some.c.type, func.sum(some.c.amount), func.count()).group_by(some.c.type)
    ).all()
    if sum(count for _, _, count in found) > MOST_SUMMED:
        return None
    return {type: int(amount) for type, amount, _ in found}


def export_csv(account_id: int, wanted: Filter, timezone: str) -> Iterator[str]:
    """Yield the rows as CSV in pieces, newest first, with times in the account's timezone.

    A byte order mark comes first, and no text is a formula. Each piece is a short read of its own.
    """
    zone = ZoneInfo(timezone)
    yield BOM + quoted([["id", "date", "type", "description", "amount", "balance", "reference"]])
    query = _matching(account_id, wanted).order_by(Transaction.id.desc()).limit(PIECE)
    last: int | None = None
    while True:
        older = query if last is None else query.where(Transaction.id < last)
        piece = db.session.scalars(older).all()
        db.session.commit()
        if not piece:
            return
        yield quoted(_cells(row, zone) for row in piece)
        last = piece[-1].id
        db.session.expunge_all()  # a ledger of years is never in memory at once


def _cells(row: Transaction, zone: ZoneInfo) -> list[str | int]:
    date = row.created_at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    text = shield(row.description)
    return [row.public_id, date, row.type, text, row.amount, row.balance, row.reference or ""]


def _matching(account_id: int, wanted: Filter) -> Select[Transaction]:
    query = select(Transaction).where(Transaction.account_id == account_id)
    if wanted.type is not None:
        query = query.where(Transaction.type == wanted.type)
    if wanted.since is not None:
        query = query.where(Transaction.created_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(Transaction.created_at < wanted.until)
    return query


def _id_of(account_id: int, public_id: str) -> int:
    found = None
    if public_id.replace("_", "").isalnum():  # ids are; PostgreSQL does not even compare a NUL
        found = db.session.scalar(
            select(Transaction.id).where(
                Transaction.account_id == account_id, Transaction.public_id == public_id
            )
        )
    if found is None:
        raise NotFound("transaction_unknown", "This part of the ledger is not there. Start anew.")
    return found
