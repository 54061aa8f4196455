"""Taking an order: priced, charged, stored and queued, or refused with nothing done."""

from dataclasses import replace
from datetime import datetime

from flask import current_app

from flashsms import queue
from flashsms.extensions import db, on_commit, transaction
from flashsms.models import Message, MessageStatus, now
from flashsms.models.base import new_public_id
from flashsms.services import credits, senders
from flashsms.services.errors import DomainError, InsufficientCredits
from flashsms.services.sending import audience, content, rehearsing, turns
from flashsms.services.sending.audience import Audience
from flashsms.services.sending.content import Content
from flashsms.services.sending.order import FURTHEST, Accepted, LeftOut, Order
from flashsms.services.sending.storing import Stored, store
from flashsms.text.phones import national
from flashsms.text.segments import count_parts

LONGEST_SENDER = 11  # characters that a message shows as its sender


def accept(account_id: int, order: Order) -> Accepted:
    """Take an order to send: price it, charge it, store it, and queue it.

    Raises InsufficientCredits or another DomainError; then nothing is stored, charged or queued.
    """
    wanted = content.read(account_id, order)
    if order.is_test:
        wanted = replace(wanted, rate=0)
    check_schedule(order.scheduled_at)
    people = audience.resolve(account_id, order)
    left_out = LeftOut(people.invalid, deleted=people.deleted)
    if not people.only_listed:
        _measure(people, wanted, left_out, is_test=order.is_test)
    with transaction():
        message = _draft(account_id, order, wanted)
        db.session.add(message)
        db.session.flush()
        stored = store(message, people, wanted, left_out)
        if people.only_listed:
            left_out.opted_out = len(people.phones) - stored.count - left_out.skipped_count
        if stored.count == 0:
            raise nobody(left_out, wanted)
        _complete(message, stored)
        balance = _charge(message, order.label)
        if message.status is MessageStatus.PENDING:
            on_commit(
                lambda: queue.enqueue_batch(
                    message.id, message.ticket, account_id=account_id, urgent=message.urgent
                )
            )
    return Accepted(message, message.recipient_count, left_out, message.credits_used, balance)


def _charge(message: Message, label: str) -> int:
    """Take what a message costs, and return what is left; of a test nothing is written."""
    if message.is_test:
        rehearsing.check_room(message)
        return credits.balance_of(message.account_id)
    return credits.charge(
        message.account_id,
        message.credits_used,
        description=_describe(label, message),
        reference=message.public_id,
    )


def check_schedule(scheduled_at: datetime | None) -> None:
    """Raise DomainError for a time that has passed, or is more than a year ahead."""
    if scheduled_at is not None and scheduled_at <= now():
        raise DomainError(
            "schedule_in_past",
            "scheduleDate is in the past. Give a later time, or leave it out to send now.",
        )
    if scheduled_at is not None and scheduled_at > now() + FURTHEST:
        raise DomainError(
            "schedule_too_far", "scheduleDate is more than a year ahead. Give an earlier time."
        )


def nobody(left_out: LeftOut, wanted: Content) -> DomainError:
    """Return the refusal of an order that reaches nobody, with the reasons there are."""
    reasons = []
    if left_out.invalid:
        shown = ", ".join(repr(number[:30]) for number in left_out.invalid[:3])
        reasons.append(
            f"recipients holds numbers that cannot be sent to (such as {shown}); Ghana numbers "
            "look like 0201234567 or 233201234567."
        )
    if left_out.opted_out:
        reasons.append(f"{left_out.opted_out:,} opted out.")
    if left_out.deleted:
        reasons.append(f"{left_out.deleted:,} of the contacts are deleted.")
    if left_out.skipped:
        reasons.append(_why_skipped(left_out, wanted))
    if not reasons:
        reasons.append(
            "name a phone number in recipients, or groups or contacts that are not empty."
        )
    return DomainError("no_recipients", f"There is nobody to send to: {' '.join(reasons)}")


def _why_skipped(left_out: LeftOut, wanted: Content) -> str:
    """Say why texts could not be made, and where in the message the first placeholder stands."""
    [first, *_] = left_out.skipped
    places = ", ".join(
        f"{{{{{name}}}}} at character {wanted.template.position_of(name) + 1}"
        for name in wanted.template.variables
        if name in left_out.missing
    )
    return (
        f"{left_out.skipped_count:,} cannot get a text of their own ({first.reason}"
        f"{' See ' + places + '.' if places else ''}) Give values in variables or write a "
        "fallback, such as {{name|there}}."
    )


def _measure(people: Audience, wanted: Content, left_out: LeftOut, *, is_test: bool) -> None:
    """Count who opted out, and refuse what cannot be paid before a million rows are written."""
    asked, left_out.opted_out = audience.measure(people)
    if is_test:
        rehearsing.check_size(asked - left_out.opted_out)
    if not wanted.personalised:
        needed = wanted.price(count_parts(wanted.text)) * (asked - left_out.opted_out)
        available = credits.balance_of(people.account_id)
        if needed > available:
            raise InsufficientCredits(needed, available)


def _draft(account_id: int, order: Order, wanted: Content) -> Message:
    """Return the message as it stands before its recipients are counted."""
    moment = now()
    starts_at = order.scheduled_at or moment
    return Message(
        public_id=new_public_id("c", 16),
        account_id=account_id,
        sender=sender_of(account_id, order),
        text=wanted.text,
        personalised=wanted.personalised,
        campaign_name=order.campaign_name,
        status=MessageStatus.SCHEDULED if order.scheduled_at else MessageStatus.PENDING,
        parts=0,
        credits_used=0,
        recipient_count=0,
        waiting=0,
        urgent=False,
        only_carrier_id=order.only_carrier_id,
        from_number=order.from_number,
        is_answer=order.is_answer,
        is_test=order.is_test,
        ticket=1,
        wake_at=order.scheduled_at or turns.stalled(),
        scheduled_at=order.scheduled_at,
        expires_at=starts_at + (order.validity or current_app.config["VALIDITY"]),
        created_at=moment,
    )


def sender_of(account_id: int, order: Order) -> str:
    """Return the name to send under, or the number as people here write it: what is shown."""
    if order.is_test:
        return senders.choose_for_test(account_id, order.sender)
    if order.from_number is None:
        return senders.choose(account_id, order.sender)
    return national(order.from_number)[-LONGEST_SENDER:]


def _complete(message: Message, stored: Stored) -> None:
    message.parts = stored.parts
    message.credits_used = stored.credits
    message.recipient_count = message.waiting = stored.count
    few = stored.count <= current_app.config["URGENT_MAX"]
    message.urgent = few and not message.is_test  # a test must not delay anybody's code


def _describe(label: str, message: Message) -> str:
    count = message.recipient_count
    name = f" {message.campaign_name}" if message.campaign_name else ""
    return f"{label}{':' if name else ''}{name} ({count:,} recipient{'' if count == 1 else 's'})"
