"""The ledgers of all accounts: page by page, as a file, and what they come to by type and day.

With days and an account or a type, no index has the rows in order: then a number of rows is looked
through that does not grow with the ledger, and how far back that was is said.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, Row, Select, cast, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, aliased

from flashsms.extensions import db, transaction
from flashsms.models import Account, CreditDay, Transaction, TransactionType
from flashsms.services import audit, ledger
from flashsms.services.audit import Action
from flashsms.services.contacts.exporting import BOM, quoted, shield
from flashsms.services.errors import NotFound

LOOKED = 20_000  # rows that are looked through at most for a page
PIECE = 5000  # rows that are looked through at once for a file
MOST_DAYS = 366  # that are added up
_SLACK = timedelta(hours=1)  # rows are numbered in the order of their time, give or take this

# a row of the ledger, the public id and the name of its account
Owned = Row[Transaction, str, str]


@dataclass(frozen=True, slots=True)
class Filter(ledger.Filter):
    """Which rows are wanted; `until` itself is left out."""

    account_id: int | None = None

    @property
    def is_walk(self) -> bool:
        """Whether rows must be looked through, because no index has just the wanted ones."""
        dated = self.since is not None or self.until is not None
        return dated and (self.account_id is not None or self.type is not None)

    @property
    def by_time(self) -> bool:
        """Whether rows are read in the order of their time, which days alone have an index for."""
        return not self.is_walk and (self.since is not None or self.until is not None)


@dataclass(frozen=True, slots=True)
class Listed:
    """Some rows, newest first; `next` is where older ones begin, None when there are none.

    `looked_to` says how far back was looked when that, and not a full page, ended the search.
    """

    items: Sequence[Owned]
    next: str | None = None
    looked_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class DayTotals:
    """What the rows of a day (UTC) come to by type."""

    day: date
    amounts: dict[TransactionType, int]

    @property
    def sold(self) -> int:
        """Credits that were bought."""
        return self.amounts.get(TransactionType.PURCHASE, 0)

    @property
    def used(self) -> int:
        """Credits that were used and not given back."""
        return -sum(self.amounts.get(one, 0) for one in (_USAGE, _REFUND))


_USAGE, _REFUND = TransactionType.USAGE, TransactionType.REFUND


def find_account(public_id: str) -> Account | None:
    """Return the account with an id, None when there is none."""
    known = public_id if public_id.isprintable() else ""
    return db.session.scalar(select(Account).where(Account.public_id == known))


def page(wanted: Filter, limit: int, *, before: str | None = None, at: str | None = None) -> Listed:
    """Return up to `limit` rows, newest first: those older than the row of an id, or from it on.

    At most LOOKED rows are looked through. Raises NotFound for an id that there is not.
    """
    walk = _walk(wanted, _edge(before or at), again=before is None)
    size = LOOKED if wanted.is_walk else limit + 1
    found = db.session.execute(_within(walk.limit(size), wanted).limit(limit + 1)).all()
    if len(found) > limit:
        return Listed(found[:limit], found[limit - 1][0].public_id)
    if not wanted.is_walk:
        return Listed(found)
    last = _last(walk, size, wanted)
    return Listed(found, last.public_id, last.created_at) if last else Listed(found)


def export_csv(wanted: Filter, timezone: str) -> Iterator[str]:
    """Return the rows as CSV in pieces, newest first, with times in a timezone.

    A byte order mark comes first, and no text is a formula. Each piece is a short read of its own.
    That somebody takes them along is noted once, before the first.
    """
    with transaction():
        audit.record(Action.LEDGERS_EXPORTED, "ledgers", None, after=_said(wanted))
    return _pieces(wanted, ZoneInfo(timezone))


def _said(wanted: Filter) -> dict[str, Any]:
    given = {one.name: getattr(wanted, one.name) for one in fields(wanted)}
    return {name: str(value) for name, value in given.items() if value is not None}


def _pieces(wanted: Filter, zone: ZoneInfo) -> Iterator[str]:
    head = ["id", "date", "account", "account name", "type", "description", "amount", "balance"]
    yield BOM + quoted([[*head, "reference"]])
    last: Transaction | None = None
    while True:
        walk = _walk(wanted, last)
        found = db.session.execute(_within(walk.limit(PIECE), wanted)).all()
        last = _last(walk, PIECE, wanted)
        db.session.commit()
        if found:
            yield quoted(_cells(row, zone) for row in found)
        if last is None:
            return
        db.session.expunge_all()  # ledgers of years are never in memory at once


def by_day(
    first: date,
    last: date,
    account_id: int | None = None,
    type: TransactionType | None = None,
) -> list[DayTotals]:
    """Return what the rows of each day (UTC) from `first` to `last` come to, none left out.

    At most the last MOST_DAYS of them; they are counted as rows are written, not added up here.
    """
    first = max(first, last - timedelta(days=MOST_DAYS - 1))
    query = (
        select(CreditDay.day, CreditDay.type, cast(func.sum(CreditDay.amount), BigInteger))
        .where(CreditDay.day >= first, CreditDay.day <= last)
        .group_by(CreditDay.day, CreditDay.type)
    )
    if account_id is not None:
        query = query.where(CreditDay.account_id == account_id)
    if type is not None:
        query = query.where(CreditDay.type == type)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    totals = {day: DayTotals(day, {}) for day in days}
    for day, kind, amount in db.session.execute(query):
        totals[day].amounts[kind] = amount
    return list(totals.values())


def by_type(days: Sequence[DayTotals]) -> dict[TransactionType, int]:
    """Return what these days come to by type; types that have no row are left out."""
    return {
        type: sum(day.amounts.get(type, 0) for day in days)
        for type in TransactionType
        if any(type in day.amounts for day in days)
    }


def _walk(wanted: Filter, edge: Transaction | None, *, again: bool = False) -> Select[Transaction]:
    """Return rows in the order of one index, newest first, behind `edge`; `again` from it on.

    An account or a type is asked for by a range and ordered by, not set equal: then PostgreSQL has
    no choice but its index. It would walk back all ledgers for an account whose many rows are old.
    """
    columns: list[InstrumentedAttribute[Any]] = []
    values: list[object] = []
    if wanted.account_id is not None:
        columns, values = [Transaction.account_id], [wanted.account_id]
    if wanted.type is not None:
        columns, values = [*columns, Transaction.type], [*values, wanted.type]
    if wanted.by_time:
        columns = [Transaction.created_at]
    place = [*columns, Transaction.id]
    query = select(Transaction).order_by(*(column.desc() for column in place))
    if wanted.by_time:
        query = query.where(*_days(Transaction, wanted))
    elif columns:
        query = query.where(tuple_(*columns) >= values, tuple_(*columns) <= values)
    if edge is None:
        return query
    there = [edge.created_at] if wanted.by_time else values
    return query.where(tuple_(*place) < [*there, edge.id + again])


def _within(walk: Select[Transaction], wanted: Filter) -> Select[Transaction, str, str]:
    """Return those rows of a bounded walk that are of the wanted days, and whose they are."""
    seen = aliased(Transaction, walk.subquery("seen"))
    order = (seen.created_at.desc(), seen.id.desc()) if wanted.by_time else (seen.id.desc(),)
    return (
        select(seen, Account.public_id, Account.name)
        .join(Account, Account.id == seen.account_id)
        .where(*_days(seen, wanted))
        .order_by(*order)
    )


def _days(of: Any, wanted: Filter) -> Iterator[ColumnElement[bool]]:
    if wanted.since is not None:
        yield of.created_at >= wanted.since
    if wanted.until is not None:
        yield of.created_at < wanted.until


def _last(walk: Select[Transaction], size: int, wanted: Filter) -> Transaction | None:
    """Return the last of so many rows of a walk; None when nothing older can be wanted."""
    last = db.session.scalar(walk.offset(size - 1).limit(1))
    if last and wanted.since is not None and last.created_at < wanted.since - _SLACK:
        return None
    return last


def _edge(public_id: str | None) -> Transaction | None:
    if public_id is None:
        return None
    found = None
    if public_id.replace("_", "").isalnum():  # ids are; PostgreSQL does not even compare a NUL
        found = db.session.scalar(select(Transaction).where(Transaction.public_id == public_id))
    if found is None:
        raise NotFound("transaction_unknown", "This part of the ledger is not there. Start anew.")
    return found


def _cells(owned: Owned, zone: ZoneInfo) -> list[str | int]:
    row, account, name = owned
    date = row.created_at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    texts = [row.public_id, date, account, shield(name), row.type, shield(row.description)]
    return [*texts, row.amount, row.balance, row.reference or ""]
