"""What became of a campaign: by operator, person by person, as a file."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import Row, Select, func, select

from flashsms.extensions import db
from flashsms.models import Message, Recipient, RecipientStatus
from flashsms.models.recipient import IS_FAILED, IS_QUEUED
from flashsms.services.contacts import exporting
from flashsms.text.phones import normalise, operator

_PIECE = 5000  # recipients that are read at once
_RANGE = 5  # digits of a number that tell the operator it was given to

Line = Row[int, str, RecipientStatus, datetime | None, datetime | None, str | None, str | None]


class Kind(StrEnum):
    """The recipients that a reader of the report may want to see alone."""

    DELIVERED = "delivered"
    FAILED = "failed"
    SENT = "sent"
    WAITING = "waiting"


@dataclass(slots=True)
class Share:
    """How many recipients of an operator's number range there are, and what became of them."""

    recipients: int = 0
    delivered: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Lines:
    """Some recipients; `start` and `next` are places in the campaign, None when there are no more.

    Each is (place, phone, status, sent at, final at, reason, own text).
    """

    items: Sequence[Line]
    start: int
    next: int | None


def operators(message: Message) -> dict[str, Share]:
    """Return what became of the recipients by operator, the largest first.

    Reads every recipient: a second for a million.
    """
    start = func.substr(Recipient.phone, 1, _RANGE)
    counted = db.session.execute(
        select(start, Recipient.status, func.count())
        .where(Recipient.message_id == message.id)
        .group_by(start, Recipient.status)
    )
    shares: dict[str, Share] = defaultdict(Share)
    for digits, status, count in counted:
        share = shares[operator(digits)]
        share.recipients += count
        share.delivered += count if status is RecipientStatus.DELIVERED else 0
        share.failed += count if status is RecipientStatus.FAILED else 0
    return dict(sorted(shares.items(), key=lambda item: -item[1].recipients))


def recipients(
    message: Message, limit: int, *, kind: Kind | None = None, phone: str = "", start: int = 0
) -> Lines:
    """Return up to `limit` recipients from a place of the campaign on.

    Of one `kind`, or the one with a `phone` as somebody types it.
    """
    first = _first(message)
    query = _of(message, kind).where(Recipient.id >= first + start)
    if phone:
        wanted = normalise(phone, current_app.config["COUNTRIES"]) or ""
        query = query.where(Recipient.phone == wanted)
    found = db.session.execute(query.order_by(Recipient.id).limit(limit + 1)).all()
    further = found[limit][0] - first if len(found) > limit else None
    return Lines(found[:limit], start, further)


def export_csv(message: Message, timezone: str) -> Iterator[str]:
    """Yield the recipients as CSV in pieces, with times by the clock of `timezone`.

    A byte order mark comes first, and no cell is a formula. Each piece is a short read of its own.
    """
    zone = ZoneInfo(timezone)
    head = ["phone", "status", "sent", "finished", "reason", "message", "test"]
    yield exporting.BOM + exporting.lines([head])
    query, last = _of(message, None).order_by(Recipient.id).limit(_PIECE), 0
    while True:
        piece = db.session.execute(query.where(Recipient.id > last)).all()
        db.session.commit()
        if not piece:
            return
        yield exporting.lines(_cells(line, message, zone) for line in piece)
        last = piece[-1][0]


def _cells(line: Line, message: Message, zone: ZoneInfo) -> list[str]:
    _, phone, status, sent_at, final_at, reason, own_text = line
    times = (_clock(moment, zone) for moment in (sent_at, final_at))
    is_test = "yes" if message.is_test else "no"
    return [phone, status.lower(), *times, reason or "", own_text or message.text, is_test]


def _clock(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def _first(message: Message) -> int:
    """Return where the campaign's recipients begin, so that places do not tell ids."""
    first = select(func.min(Recipient.id)).where(Recipient.message_id == message.id)
    return db.session.scalar(first) or 0


def _of(
    message: Message, kind: Kind | None
) -> Select[int, str, RecipientStatus, datetime | None, datetime | None, str | None, str | None]:
    query = select(
        Recipient.id,
        Recipient.phone,
        Recipient.status,
        Recipient.sent_at,
        Recipient.final_at,
        Recipient.reason,
        Recipient.text,
    ).where(Recipient.message_id == message.id)
    match kind:
        case Kind.FAILED:
            return query.where(IS_FAILED)
        case Kind.DELIVERED:
            return query.where(Recipient.status == RecipientStatus.DELIVERED)
        case Kind.SENT:
            undecided = (RecipientStatus.SENT, RecipientStatus.UNKNOWN)
            return query.where(Recipient.status.in_(undecided))
        case Kind.WAITING:
            return query.where(IS_QUEUED)
        case None:
            return query
