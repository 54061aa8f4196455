"""Taking an order: priced, charged, stored and queued, or refused with nothing done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import BigInteger, String, insert, literal, select

from flashsms import queue
from flashsms.extensions import db, on_commit, transaction
from flashsms.models import Message, MessageStatus, Recipient, RecipientStatus, now
from flashsms.models.base import new_public_id
from flashsms.models.rows import rows
from flashsms.services import credits, senders
from flashsms.services.errors import DomainError
from flashsms.services.sending import turns
from flashsms.text.phones import normalise
from flashsms.text.segments import MAX_LENGTH, count_parts, unsendable

MAX_LISTED = 1000  # numbers that one order may list


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A wish to send `text` to `recipients` (numbers as typed), now or at `scheduled_at` (UTC).

    `sender` is an approved name or its id; None takes the first approved one.
    """

    text: str
    recipients: Sequence[str] = ()
    sender: str | None = None
    campaign_name: str | None = None
    scheduled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """An order taken: its message, how many are sent to, what was left out and what it cost."""

    message: Message
    recipients: int
    invalid: tuple[str, ...]
    credits: int
    balance: int


@dataclass(frozen=True, slots=True)
class _Audience:
    phones: tuple[str, ...]
    invalid: tuple[str, ...]


def accept(account_id: int, order: Order) -> Accepted:
    """Take an order to send: price it, charge it, store it, and queue it.

    Raises InsufficientCredits or another DomainError; then nothing is stored, charged or queued.
    """
    check_text(order.text)
    _check_schedule(order.scheduled_at)
    audience = _resolve(order)
    with transaction():
        message = _draft(account_id, order, len(audience.phones))
        balance = credits.charge(
            account_id,
            message.credits_used,
            description=_describe(message),
            reference=message.public_id,
        )
        _store(message, audience)
        if message.status is MessageStatus.PENDING:
            on_commit(
                lambda: queue.enqueue_batch(message.id, message.ticket, urgent=message.urgent)
            )
    return Accepted(
        message, message.recipient_count, audience.invalid, message.credits_used, balance
    )


def price(parts: int) -> int:
    """Return the credits that one recipient of a text of `parts` parts costs."""
    return parts if current_app.config["BILLING"] == "part" else 1


def check_text(text: str) -> None:
    """Raise DomainError for a text that cannot be sent: empty, too long, or not encodable."""
    if not text.strip():
        raise DomainError("bad_message", "message must not be empty.")
    if len(text) > MAX_LENGTH:
        raise DomainError(
            "bad_message",
            f"message has {len(text):,} characters; it may have at most {MAX_LENGTH}. "
            "Shorten it or send it as several messages.",
        )
    if problem := unsendable(text):
        raise DomainError("bad_message", f"message cannot be sent: {problem}")


def _check_schedule(scheduled_at: datetime | None) -> None:
    if scheduled_at is not None and scheduled_at <= now():
        raise DomainError(
            "schedule_in_past",
            "scheduleDate is in the past. Give a later time, or leave it out to send now.",
        )


def _resolve(order: Order) -> _Audience:
    """Return whom the order reaches, each number once, and the listed numbers it cannot read."""
    if len(order.recipients) > MAX_LISTED:
        raise DomainError(
            "too_many_recipients",
            f"recipients lists {len(order.recipients):,} numbers; one request may list at most "
            f"{MAX_LISTED:,}. Send several requests.",
        )
    countries = current_app.config["COUNTRIES"]
    phones: dict[str, None] = {}
    invalid: dict[str, None] = {}
    for given in order.recipients:
        phone = normalise(given, countries)
        if phone is None:
            invalid[given] = None
        else:
            phones[phone] = None
    if not phones:
        raise _no_recipients(tuple(invalid))
    return _Audience(tuple(phones), tuple(invalid))


def _no_recipients(invalid: tuple[str, ...]) -> DomainError:
    if not invalid:
        return DomainError("no_recipients", "recipients must name at least one phone number.")
    shown = ", ".join(repr(number[:30]) for number in invalid[:3])
    return DomainError(
        "no_recipients",
        f"recipients holds no number that can be sent to (such as {shown}). "
        "Ghana numbers look like 0201234567 or 233201234567.",
    )


def _draft(account_id: int, order: Order, count: int) -> Message:
    moment = now()
    starts_at = order.scheduled_at or moment
    parts = count_parts(order.text)
    return Message(
        public_id=new_public_id("c", 16),
        account_id=account_id,
        sender=senders.choose(account_id, order.sender),
        text=order.text,
        campaign_name=order.campaign_name,
        status=MessageStatus.SCHEDULED if order.scheduled_at else MessageStatus.PENDING,
        parts=parts,
        credits_used=price(parts) * count,
        recipient_count=count,
        waiting=count,
        urgent=count <= current_app.config["URGENT_MAX"],
        ticket=1,
        wake_at=order.scheduled_at or turns.stalled(),
        scheduled_at=order.scheduled_at,
        expires_at=starts_at + current_app.config["VALIDITY"],
        created_at=moment,
    )


def _store(message: Message, audience: _Audience) -> None:
    """Insert the message and its recipients: two statements, whatever their number."""
    db.session.add(message)
    db.session.flush()
    given = rows(((phone,) for phone in audience.phones), phone=String())
    due_at = message.scheduled_at or message.created_at
    columns = {
        Recipient.message_id: literal(message.id, BigInteger),
        Recipient.phone: given.c.phone,
        Recipient.status: literal(RecipientStatus.QUEUED, Recipient.status.type),
        Recipient.parts: literal(message.parts),
        Recipient.credits: literal(price(message.parts)),
        Recipient.attempts: literal(0),
        Recipient.refusals: literal(0),
        Recipient.due_at: literal(due_at, Recipient.due_at.type),
    }
    db.session.execute(insert(Recipient).from_select(list(columns), select(*columns.values())))


def _describe(message: Message) -> str:
    count = message.recipient_count
    whom = f"({count:,} recipient{'' if count == 1 else 's'})"
    return (
        f"API SMS: {message.campaign_name} {whom}" if message.campaign_name else f"API SMS {whom}"
    )
