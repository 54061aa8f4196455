"""Recipients message by message: the messages that may have some first, told by their counters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, Row, Select, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, aliased

from flashsms.extensions import db
from flashsms.models import Message, MessageStatus, Recipient, RecipientStatus
from flashsms.models.recipient import IS_FAILED
from flashsms.models.rows import rows
from flashsms.services.operations import sieve, windows
from flashsms.services.operations.places import Place
from flashsms.services.operations.sieve import READ, Piece, Query, Wanted

LOOKED = 5000  # messages whose counters are read at most for a page
MOST = 500  # messages whose recipients are read at most for a page

_WAITING = (RecipientStatus.QUEUED, RecipientStatus.SUBMITTING)

Candidate = Row[*tuple[Any, ...]]  # id, created_at, matching, read
_Count = ColumnElement[int] | InstrumentedAttribute[int]


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Messages whose recipients are read together, and the place behind all that was considered.

    `edge` is within the first of them, if that was begun already.
    """

    messages: Sequence[Candidate]
    edge: Place | None
    behind: Place | None


def search(wanted: Wanted, limit: int, edge: Place | None) -> Piece:
    """Return more than `limit` recipients behind a place, or as many as a bounded search finds."""
    chosen = _choose(wanted, limit, edge)
    if not chosen.messages:
        return Piece([], chosen.behind)
    found = sieve.run(_recipients(wanted, chosen, limit))
    if len(found) > limit:
        return Piece(found)
    return Piece(found, _cut(wanted, chosen) or chosen.behind)


def _choose(wanted: Wanted, limit: int, edge: Place | None) -> _Chosen:
    """Choose the next messages: enough to fill a page, or as many as may be read."""
    certain = _is_certain(wanted)
    most = limit + 2 if certain else MOST
    walk = windows.messages(wanted, edge, again=edge is not None and edge.ahead > 0)
    looked = most if _fits_any(wanted) else LOOKED
    found = db.session.execute(_promising(wanted, walk.limit(looked)).limit(most)).all()
    taken = _take(found, edge, limit, certain=certain)
    begun = edge if taken and edge and taken[0].id == edge.message_id else None
    if taken and (len(found) == most or len(taken) < len(found)):
        return _Chosen(taken, begun, Place(taken[-1].id, taken[-1].created_at))
    last = windows.last(walk.with_only_columns(Message.id, Message.created_at), looked)
    return _Chosen(taken, begun, Place(last.id, last.created_at) if last else None)


def _take(
    found: Sequence[Candidate], edge: Place | None, limit: int, *, certain: bool
) -> list[Candidate]:
    """Take the first messages, until they are sure to fill a page or are much to read."""
    taken: list[Candidate] = []
    matching = read = 0
    for one in found:
        if edge is not None and one.id == edge.message_id:
            read += min(one.read, edge.ahead)
        else:
            read += one.read
            matching += one.matching if certain else 0
        taken.append(one)
        if matching > limit or read >= sieve.WINDOW:
            break
    return taken


def _promising(wanted: Wanted, walk: Select[Message]) -> Query:
    """Return those of a window of messages whose counters say that they may have what is wanted."""
    seen = aliased(Message, walk.subquery("seen"))
    matching, fits = _matching(wanted, seen)
    read = seen.failed if wanted.is_failed else seen.recipient_count
    query = select(seen.id, seen.created_at, matching.label("matching"), read.label("read"))
    query = query.where(matching > 0, *fits, *windows.left_out(wanted, seen))
    return query.order_by(seen.created_at.desc(), seen.id.desc())


def _matching(wanted: Wanted, of: type[Message]) -> tuple[_Count, list[ColumnElement[bool]]]:
    """Return how many recipients of a message have the status, and what else must hold for any."""
    if wanted.is_failed:
        return of.failed, []
    match wanted.status:
        case None:
            return of.recipient_count, []
        case RecipientStatus.DELIVERED:
            return of.delivered, []
        case RecipientStatus.UNKNOWN:
            return of.unknown, []
        case RecipientStatus.QUEUED | RecipientStatus.SUBMITTING:
            return of.waiting, []
    rest = of.recipient_count - of.waiting - of.unknown - of.delivered - of.failed
    cancelled = of.status == MessageStatus.CANCELLED
    return rest, [cancelled if wanted.status is RecipientStatus.CANCELLED else ~cancelled]


def _is_certain(wanted: Wanted) -> bool:
    """Whether the counters say exactly how many recipients of a message are wanted."""
    return not wanted.reason and wanted.carrier_id is None and wanted.status not in _WAITING


def _fits_any(wanted: Wanted) -> bool:
    """Whether no message that the index leads to is passed over."""
    return wanted.status is None and not wanted.reason and not windows.left_out(wanted)


def _recipients(wanted: Wanted, chosen: _Chosen, limit: int) -> Query:
    """Return the wanted recipients of the chosen messages, in the order of these."""
    ids = [one.id for one in chosen.messages]
    if len(ids) == 1:
        return _of_one(wanted, ids[0], chosen.edge, limit)
    ends = {ids[-1], *(ids[:1] if chosen.edge else ())}  # which may be long, or begun already
    longest = [_of_one(wanted, id, chosen.edge, limit) for id in ids if id in ends]
    pieces: list[Query] = [select(one.subquery()) for one in longest]
    if between := [id for id in ids if id not in ends]:
        window = _held(wanted).where(Recipient.message_id.in_(between)).subquery("between")
        pieces.append(select(window).where(*sieve.conditions(wanted, window)))
    order = rows(zip(ids, range(len(ids)), strict=True), message=BigInteger(), rank=Integer())
    all_of_them = union_all(*pieces).subquery("seen")
    query = select(all_of_them).join(order, order.c.message == all_of_them.c.message_id)
    return query.order_by(order.c.rank, all_of_them.c.id.desc()).limit(limit + 1)


def _of_one(wanted: Wanted, id: int, edge: Place | None, limit: int) -> Query:
    window = _walk(wanted, id, edge).limit(sieve.WINDOW).subquery()
    latest = select(window).where(*sieve.conditions(wanted, window))
    return latest.order_by(window.c.id.desc()).limit(limit + 1)


def _walk(wanted: Wanted, id: int, edge: Place | None) -> Query:
    """Return the recipients of a message that an index tells apart, newest first."""
    query = _held(wanted).where(Recipient.message_id == id).order_by(Recipient.id.desc())
    return query.where(Recipient.id < edge.below) if edge and edge.message_id == id else query


def _held(wanted: Wanted) -> Query:
    query = select(*READ)
    if wanted.is_failed:
        query = query.where(IS_FAILED)
    return query.where(Recipient.reason == wanted.reason) if wanted.reason else query


def _cut(wanted: Wanted, chosen: _Chosen) -> Place | None:
    """Return where the last of the messages was cut off because it is so long, if it was."""
    last = chosen.messages[-1]
    end = windows.last(
        _walk(wanted, last.id, chosen.edge).with_only_columns(Recipient.id), sieve.WINDOW
    )
    return Place(last.id, last.created_at, below=end.id) if end else None
