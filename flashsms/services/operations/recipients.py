"""The recipients of all accounts, newest first: by number, by reason, or message by message.

Whatever is asked for, a page walks an index in its order and reads at most a WINDOW of it. What
that leaves is the page; when the window ends before the page is full, the page says how far back
it looked, and goes on from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, tuple_

from flashsms.extensions import db
from flashsms.models import Account, Message, Recipient, RecipientStatus
from flashsms.models.recipient import IS_FAILED, IS_UNKNOWN
from flashsms.services.operations import candidates, places, sieve, windows
from flashsms.services.operations.places import Place
from flashsms.services.operations.sieve import READ, Found, Piece, Wanted

__all__ = ["Line", "Listed", "Wanted", "page"]


@dataclass(frozen=True, slots=True)
class Line:
    """One recipient (its columns as READ names them), with its message and whose that is."""

    recipient: Found
    message: Message
    account: Account

    @property
    def text(self) -> str:
        """What was sent."""
        own: str | None = self.recipient.text
        return own or self.message.text


@dataclass(frozen=True, slots=True)
class Listed:
    """Some recipients; `next` is where older ones begin, None when there are none.

    `looked_to` says how far back was looked when that, and not a full page, ended the search.
    """

    items: Sequence[Line]
    next: str | None = None
    looked_to: datetime | None = None


def page(wanted: Wanted, limit: int, before: str | None = None) -> Listed:
    """Return up to `limit` recipients, newest first, behind a place that an earlier page named.

    Raises NotFound for a place that there is not.
    """
    edge = places.of_recipients(before) if before is not None else None
    if wanted.reason and wanted.status not in (None, RecipientStatus.FAILED):
        return Listed([])
    piece = _search(wanted, limit, edge)
    lines = _lines(piece.found[:limit])
    if len(piece.found) > limit:
        last = piece.found[limit - 1]
        return Listed(lines, places.say(last.message_id, last.id))
    if piece.stopped is None:
        return Listed(lines)
    named = places.say(piece.stopped.message_id, piece.stopped.below)
    return Listed(lines, named, piece.stopped.created_at)


def _search(wanted: Wanted, limit: int, edge: Place | None) -> Piece:
    if wanted.phone:
        held = [Recipient.phone == wanted.phone]
        if wanted.message is not None:
            held.append(Recipient.message_id == wanted.message.id)
        return _walk(wanted, limit, edge, *held)
    if wanted.reason and not wanted.is_narrow:
        return _walk(wanted, limit, edge, IS_FAILED, Recipient.reason == wanted.reason)
    if wanted.status is RecipientStatus.UNKNOWN and _few_unknown():
        return _among_unknown(wanted, limit, edge)
    return candidates.search(wanted, limit, edge)


def _walk(wanted: Wanted, limit: int, edge: Place | None, *held: ColumnElement[bool]) -> Piece:
    """Search by an index that holds such recipients in the order of their messages."""
    newest = (Recipient.message_id.desc(), Recipient.id.desc())
    walk = select(*READ).where(*held).order_by(*newest)
    if edge is not None:
        here = tuple_(Recipient.message_id, Recipient.id)
        walk = walk.where(here < (edge.message_id, edge.below))
    window = walk.limit(sieve.WINDOW).subquery("seen")
    asked = [*sieve.conditions(wanted, window), *sieve.by_message(wanted, window)]
    found = sieve.run(sieve.newest(window, asked, limit))
    if len(found) > limit:
        return Piece(found)
    last = windows.last(walk.with_only_columns(Recipient.message_id, Recipient.id), sieve.WINDOW)
    return Piece(found, _place(last.message_id, last.id) if last else None)


def _place(message_id: int, below: int) -> Place:
    dated = select(Message.created_at).where(Message.id == message_id)
    return Place(message_id, db.session.execute(dated).scalar_one(), below)


def _few_unknown() -> bool:
    """Whether those whose outcome is unknown fit into a window all together, as they mostly do."""
    unknown = select(Recipient.phone).where(IS_UNKNOWN).order_by(Recipient.phone)
    return windows.last(unknown, sieve.WINDOW) is None


def _among_unknown(wanted: Wanted, limit: int, edge: Place | None) -> Piece:
    """Search all whose outcome is unknown: an index has only them, though in another order."""
    all_of_them = select(*READ).where(IS_UNKNOWN).order_by(Recipient.phone).limit(sieve.WINDOW)
    window = all_of_them.subquery("seen")
    asked = [*sieve.conditions(wanted, window), *sieve.by_message(wanted, window)]
    if edge is not None:
        here = tuple_(window.c.message_id, window.c.id)
        asked.append(here < (edge.message_id, edge.below))
    return Piece(sieve.run(sieve.newest(window, asked, limit)))


def _lines(found: Sequence[Found]) -> list[Line]:
    wanted = sorted({one.message_id for one in found})
    messages = db.session.scalars(select(Message).where(Message.id.in_(wanted)))
    by_id = {message.id: message for message in messages}
    accounts = windows.accounts({message.account_id for message in by_id.values()})
    owned = ((one, by_id[one.message_id]) for one in found)
    return [Line(one, message, accounts[message.account_id]) for one, message in owned]
