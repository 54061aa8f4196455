"""Places in the history, as addresses say them: no number of a row ever leaves the process."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select

from flashsms.extensions import db
from flashsms.models import Message, Recipient
from flashsms.services.errors import NotFound

_FORM = re.compile(r"(c[0-9a-z]{24})(?:-([0-9]{1,12}))?")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list goes on: behind a message, or below the recipient `below` of it.

    `ahead` is how many recipients of that message may still come.
    """

    message_id: int
    created_at: datetime
    below: int = 0
    ahead: int = 0


def message(public_id: str) -> Message:
    """Return a message of whatever account, or raise NotFound."""
    found = None
    if _FORM.fullmatch(public_id):  # PostgreSQL does not even compare with a NUL
        found = db.session.scalar(select(Message).where(Message.public_id == public_id))
    if found is None:
        raise NotFound("no_such_message", "There is no such message. It may be of another site.")
    return found


def of_messages(cursor: str) -> Place:
    """Return the place behind a message, or raise NotFound."""
    read = _FORM.fullmatch(cursor)
    if read is None or read[2] is not None:
        raise _nowhere()
    return Place(*_row(read[1]))


def of_recipients(cursor: str) -> Place:
    """Return the place that `say` named, or raise NotFound."""
    read = _FORM.fullmatch(cursor)
    if read is None or read[2] is None:
        raise _nowhere()
    message_id, created_at = _row(read[1])
    place = int(read[2])
    first = db.session.scalar(_first(message_id)) or 0
    return Place(message_id, created_at, first + place, place)


def say(message_id: int, below: int) -> str:
    """Name the place below a recipient of a message (0: behind all of them).

    Recipients are counted from the first of the message.
    """
    first = _first(message_id).scalar_subquery()
    named = select(Message.public_id, first).where(Message.id == message_id)
    public_id, start = db.session.execute(named).one()
    return f"{public_id}-{below and below - start}"


def _first(message_id: int) -> Select[int]:
    return select(func.min(Recipient.id)).where(Recipient.message_id == message_id)


def _row(public_id: str) -> tuple[int, datetime]:
    named = select(Message.id, Message.created_at).where(Message.public_id == public_id)
    found = db.session.execute(named).one_or_none()
    if found is None:
        raise _nowhere()
    return found.id, found.created_at


def _nowhere() -> NotFound:
    return NotFound("place_unknown", "This part of the history is not there. Start anew.")
