"""One conversation from end to end: what somebody wrote, and what the account sent them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Subquery, func, select, tuple_

from flashsms.extensions import db
from flashsms.models import (
    InboundKind,
    InboundMessage,
    Message,
    MessageStatus,
    Recipient,
    RecipientStatus,
)
from flashsms.services.inbound import places
from flashsms.services.inbound.places import Place

_WALKED = 1_000  # messages to one person that are put in order for a page


@dataclass(frozen=True, slots=True)
class Said:
    """One text of a conversation, theirs or ours.

    `by_us` tells which; then `status` and `reason` say what became of it. `meant` is what theirs
    was taken for. `number` is the number or name that it was sent to or from.
    """

    id: str
    at: datetime
    text: str
    number: str
    by_us: bool
    meant: InboundKind = InboundKind.TEXT
    status: RecipientStatus | None = None
    reason: str | None = None
    is_answer: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """Some texts, the oldest first, and where older ones begin: None when there are none."""

    items: list[Said]
    earlier: str | None


def of(account_id: int, phone: str, limit: int, before: str | None = None) -> Timeline:
    """Return the last `limit` texts of a conversation, or those before a place in it."""
    edge = places.read(before) if before is not None else None
    both = [*_theirs(account_id, phone, limit, edge), *_ours(account_id, phone, limit, edge)]
    latest = sorted(both, key=lambda one: (one.at, one.id), reverse=True)
    shown = latest[:limit]
    earlier = places.write((shown[-1].at, shown[-1].id)) if len(latest) > limit else None
    return Timeline(shown[::-1], earlier)


def _theirs(account_id: int, phone: str, limit: int, edge: Place | None) -> Iterator[Said]:
    query = select(InboundMessage).where(
        InboundMessage.account_id == account_id, InboundMessage.phone == phone
    )
    if edge is not None:
        here = tuple_(InboundMessage.received_at, InboundMessage.public_id)
        query = query.where(here < edge)
    newest = query.order_by(InboundMessage.received_at.desc(), InboundMessage.public_id.desc())
    for one in db.session.scalars(newest.limit(limit + 1)):
        yield Said(
            one.public_id, one.received_at, one.text, one.number, by_us=False, meant=one.kind
        )


def _ours(account_id: int, phone: str, limit: int, edge: Place | None) -> Iterator[Said]:
    """Yield what the account sent to this number: at its time, whenever that was written."""
    sent = _walk(account_id, phone, edge)
    at: Any = func.coalesce(Message.scheduled_at, Message.created_at)
    query = select(Message, at, sent.c.status, sent.c.reason, sent.c.text).join(
        sent, sent.c.message_id == Message.id
    )
    if edge is not None:
        query = query.where(tuple_(at, Message.public_id) < edge)
    newest = query.order_by(at.desc(), Message.public_id.desc()).limit(limit + 1)
    for message, moment, status, reason, text in db.session.execute(newest):
        yield Said(
            message.public_id,
            moment,
            text or message.text,
            message.from_number or message.sender,
            by_us=True,
            status=status,
            reason=reason,
            is_answer=message.is_answer,
        )


def _walk(account_id: int, phone: str, edge: Place | None) -> Subquery:
    """Return the newest recipients of this number, by its index, that may stand before the edge.

    A message is written before it leaves, so what was written after the edge is not among them.
    """
    walk = (
        select(Recipient.message_id, Recipient.status, Recipient.reason, Recipient.text)
        .join(Message, Message.id == Recipient.message_id)
        .where(
            Recipient.phone == phone,
            Message.account_id == account_id,
            Message.is_test.is_(False),
            Message.status != MessageStatus.SCHEDULED,
            Recipient.status != RecipientStatus.CANCELLED,
        )
        .order_by(Recipient.message_id.desc())
        .limit(_WALKED)
    )
    if edge is not None:
        walk = walk.where(Message.created_at <= edge[0])
    return walk.subquery("sent")
