"""Writing down the recipients of a message before anything is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, String, Text, insert, literal, null, select
from sqlalchemy import SmallInteger as Small
from sqlalchemy.sql.expression import FromClause

from flashsms.models import Message, Recipient, RecipientStatus
from flashsms.models.rows import change, rows
from flashsms.services.credits import balance_of
from flashsms.services.errors import InsufficientCredits
from flashsms.services.sending import personal
from flashsms.services.sending.audience import Audience
from flashsms.services.sending.content import Content
from flashsms.services.sending.order import LeftOut
from flashsms.services.sending.personal import OwnText
from flashsms.text.segments import count_parts


@dataclass(frozen=True, slots=True)
class Stored:
    """How many recipients a message has, what they cost, and the `parts` of the longest text."""

    count: int
    credits: int
    parts: int


def store(message: Message, audience: Audience, content: Content, left_out: LeftOut) -> Stored:
    """Insert the recipients of a message that is stored already, and note who is left out."""
    if content.personalised:
        return _store_own_texts(message, audience, content, left_out)
    return _store_alike(message, audience, content)


def _store_alike(message: Message, audience: Audience, content: Content) -> Stored:
    """Insert recipients of one text: a single statement, whatever their number."""
    parts = count_parts(content.text)
    reached = audience.reached()
    count = _insert(
        message,
        reached,
        phone=reached.c.phone,
        text=null(),
        parts=literal(parts, Small),
        credits=literal(content.price(parts), Small),
    )
    return Stored(count, count * content.price(parts), parts)


def _store_own_texts(
    message: Message, audience: Audience, content: Content, left_out: LeftOut
) -> Stored:
    """Insert recipients with a text each, batch by batch.

    Once they cost more than there is, the rest is only counted, for the refusal to say what the
    order would have needed.
    """
    available = balance_of(message.account_id)
    count = credits = most = 0
    for batch in personal.batches(audience, content.template, left_out):
        count += len(batch)
        credits += sum(content.price(one.parts) for one in batch)
        most = max(most, *(one.parts for one in batch), 0)
        if batch and credits <= available:
            _insert_texts(message, batch, content)
    if credits > available:
        raise InsufficientCredits(credits, available)
    return Stored(count, credits, most)


def _insert_texts(message: Message, batch: Sequence[OwnText], content: Content) -> None:
    given = rows(
        ((one.phone, one.text, one.parts, content.price(one.parts)) for one in batch),
        phone=String(),
        text=Text(),
        parts=Small(),
        credits=Small(),
    )
    _insert(message, given, **{column.name: column for column in given.c})


def _insert(message: Message, people: FromClause, **columns: ColumnElement[Any]) -> int:
    """Insert one recipient for each row of `people`, and return how many that were."""
    due_at = message.scheduled_at or message.created_at
    values = {
        "message_id": literal(message.id, BigInteger),
        "status": literal(RecipientStatus.QUEUED, Recipient.status.type),
        "attempts": literal(0),
        "refusals": literal(0),
        "due_at": literal(due_at, Recipient.due_at.type),
        **columns,
    }
    source = select(*values.values()).select_from(people)
    return change(insert(Recipient).from_select(list(values), source)).rowcount
