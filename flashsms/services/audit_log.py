"""The audit log as operators read it: all of it, filtered, page by page and as a file.

It grows for ever, so whatever a filter cannot find by an index is looked for a stretch at a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import ColumnElement, Select, func, select

from flashsms.extensions import db, transaction
from flashsms.models import Account, AuditEntry
from flashsms.models.base import public_id_at
from flashsms.services import audit
from flashsms.services.audit import Action
from flashsms.services.contacts.exporting import BOM, quoted, shield
from flashsms.services.errors import NotFound

LOOKED_THROUGH = 20_000  # entries that a page reads at most
PIECE = 5000  # entries that are read at once for a file

_SKEW = timedelta(minutes=5)  # between the clocks of two machines, at most
_WHO = ["id", "date", "actor", "address"]
_WHAT = ["action", "account", "account_name", "subject", "before", "after"]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries are wanted; `account` is a public id, `until` itself is left out.

    `actor` is an e-mail or what acts, or how that begins, in any case.
    """

    action: Action | None = None
    actor: str = ""
    account: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What an act changed: a name, and its values before and after it (None for none)."""

    name: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the log, and the account that it is about, if any."""

    entry: AuditEntry
    account: Account | None

    @property
    def changes(self) -> list[Change]:
        """What differs between before and after, in the order in which it was written down."""
        before, after = self.entry.before or {}, self.entry.after or {}
        names = dict.fromkeys([*before, *after])
        found = (Change(name, before.get(name), after.get(name)) for name in names)
        return [change for change in found if change.old != change.new]


@dataclass(frozen=True, slots=True)
class Listed:
    """Some entries, newest first, and whether there are older ones.

    `further` is the last entry that was looked at where others may be found behind it.
    """

    items: list[Entry]
    older: bool
    further: AuditEntry | None


def page(wanted: Filter, limit: int, before: str | None = None) -> Listed:
    """Return up to `limit` entries, newest first, older than that of an id.

    At most LOOKED_THROUGH entries are read. Raises NotFound for an unknown account or entry.
    """
    reach = _reach(wanted)
    if before is not None:
        reach = [*reach, AuditEntry.id < _id_of(before)]
    beyond = _beyond(reach, LOOKED_THROUGH)
    if beyond is not None:
        reach = [*reach, AuditEntry.id > beyond]
    query = _entries().where(*reach, *_sieve(wanted))
    rows = db.session.execute(query.order_by(AuditEntry.id.desc()).limit(limit + 1)).all()
    found = [Entry(entry, account) for entry, account in rows]
    older = len(found) > limit
    further = None if older or beyond is None else _oldest(reach)
    return Listed(found[:limit], older, further)


def export_csv(wanted: Filter, timezone: str) -> Iterator[str]:
    """Return the entries as CSV in pieces, newest first, with times in a timezone.

    That somebody takes them away is written down itself. Each piece is a short read of its own.
    Raises NotFound for an unknown account.
    """
    reach = _reach(wanted)
    asked = {
        "action": wanted.action,
        "actor": wanted.actor or None,
        "account": wanted.account,
        "from": wanted.since and wanted.since.isoformat(),
        "to": wanted.until and wanted.until.isoformat(),
    }
    with transaction():
        filtered = {name: value for name, value in asked.items() if value is not None}
        audit.record(Action.LOG_EXPORTED, "audit log", None, after=filtered)
    return _pieces(reach, _sieve(wanted), ZoneInfo(timezone))


def _pieces(
    reach: list[ColumnElement[bool]], sieve: list[ColumnElement[bool]], zone: ZoneInfo
) -> Iterator[str]:
    yield BOM + quoted([_WHO + _WHAT])
    query = _entries().where(*sieve).order_by(AuditEntry.id.desc())
    last: int | None = None
    while True:
        stretch = reach if last is None else [*reach, AuditEntry.id <= last]
        last = _beyond(stretch, PIECE)
        if last is not None:
            stretch = [*stretch, AuditEntry.id > last]
        piece = db.session.execute(query.where(*stretch)).all()
        db.session.commit()
        if piece:
            yield quoted(_cells(entry, account, zone) for entry, account in piece)
        if last is None:
            return
        db.session.expunge_all()  # a log of years is never in memory at once


def _cells(entry: AuditEntry, account: Account | None, zone: ZoneInfo) -> list[str | int]:
    texts = [
        entry.public_id,
        entry.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
        entry.actor,
        entry.address or "",
        entry.action,
        account.public_id if account else "",
        account.name if account else "",
        entry.subject,
        *(orjson.dumps(one).decode() if one else "" for one in (entry.before, entry.after)),
    ]
    return [shield(text) for text in texts]


def _entries() -> Select[AuditEntry, Account]:
    return select(AuditEntry, Account).outerjoin(Account, Account.id == AuditEntry.account_id)


def _reach(wanted: Filter) -> list[ColumnElement[bool]]:
    """Return what an index finds: of an account or an action, and roughly between two days."""
    reach = []
    if wanted.account is not None:
        reach.append(AuditEntry.account_id == _account_id(wanted.account))
    elif wanted.action is not None:
        reach.append(AuditEntry.action == wanted.action)
    known, prefix = AuditEntry.public_id, "aud_"  # ids say when they were made
    if wanted.since is not None:
        earlier = select(AuditEntry.id).where(known < public_id_at(prefix, wanted.since - _SKEW))
        first = db.session.scalar(earlier.order_by(known.desc()).limit(1))
        reach.append(AuditEntry.id > (first or 0))
    if wanted.until is not None:
        later = select(AuditEntry.id).where(known >= public_id_at(prefix, wanted.until + _SKEW))
        last = db.session.scalar(later.order_by(known).limit(1))
        reach += [] if last is None else [AuditEntry.id < last]
    return reach


def _sieve(wanted: Filter) -> list[ColumnElement[bool]]:
    """Return what each of the entries within reach is asked."""
    sieve = []
    if wanted.account is not None and wanted.action is not None:
        sieve.append(AuditEntry.action == wanted.action)
    if wanted.actor:
        who = func.lower(AuditEntry.actor)
        sieve.append(who.startswith(wanted.actor.lower(), autoescape=True))
    if wanted.since is not None:
        sieve.append(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        sieve.append(AuditEntry.at < wanted.until)
    return sieve


def _beyond(reach: list[ColumnElement[bool]], count: int) -> int | None:
    """Return the id of the entry behind the next `count` within reach; None when there is none."""
    newest = select(AuditEntry.id).where(*reach).order_by(AuditEntry.id.desc())
    ids = newest.limit(count + 1).subquery()
    last, found = db.session.execute(select(func.min(ids.c.id), func.count())).one()
    return last if found > count else None


def _oldest(reach: list[ColumnElement[bool]]) -> AuditEntry | None:
    query = select(AuditEntry).where(*reach).order_by(AuditEntry.id).limit(1)
    return db.session.scalar(query)


def _account_id(public_id: str) -> int:
    found = None
    if public_id.isprintable():  # PostgreSQL does not even compare with a NUL
        found = db.session.scalar(select(Account.id).where(Account.public_id == public_id))
    if found is None:
        raise NotFound("account_unknown", f"There is no account {public_id[:40]!r}.")
    return found


def _id_of(public_id: str) -> int:
    found = None
    if public_id.isprintable():
        found = db.session.scalar(select(AuditEntry.id).where(AuditEntry.public_id == public_id))
    if found is None:
        raise NotFound("entry_unknown", "This part of the log is not there. Start anew.")
    return found
