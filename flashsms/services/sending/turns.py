"""Whose turn it is: one job at a time holds a message's ticket; the next is queued here."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import (
    BigInteger,
    Integer,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from flashsms import queue
from flashsms.extensions import db, on_commit, transaction
from flashsms.models import Account, Message, MessageStatus, Recipient, now
from flashsms.models.base import UtcDateTime
from flashsms.models.recipient import IS_QUEUED
from flashsms.models.rows import change, rows
from flashsms.services.sending import rehearsing, stranded


def take(message_id: int, ticket: int) -> int | None:
    """Use up `ticket` and return the next one, or None when it was no longer valid.

    Issuing it again makes every job that still carries the old number do nothing.
    """
    taken: int | None = change(
        _TAKE, {"message": message_id, "held": ticket, "stalled": stalled()}
    ).scalar()
    return taken


_TAKE = (
    update(Message)
    .where(
        Message.id == bindparam("message"),
        Message.ticket == bindparam("held"),
        Message.status == MessageStatus.PENDING,
        exists().where(Account.id == Message.account_id, Account.suspended_at.is_(None)),
    )
    .values(ticket=Message.ticket + 1, wake_at=bindparam("stalled", type_=UtcDateTime()))
    .returning(Message.ticket)
)


def take_over(message_id: int, ticket: int) -> int | None:
    """Take the ticket of a message whose job is gone, whatever is left to do for it."""
    taken: int | None = change(
        update(Message)
        .where(Message.id == message_id, Message.ticket == ticket)
        .values(ticket=Message.ticket + 1)
        .returning(Message.ticket)
    ).scalar()
    return taken


def pass_on(message: Message, ticket: int, *, pause: float = 0) -> None:
    """Queue the next batch, or set when to look again; in the caller's transaction.

    With a `pause` (seconds) not before that, although something may be due. When `ticket` was taken
    over meanwhile somebody else continues; then only the next look is brought forward, for
    recipients that came back to the queue after all.
    """
    first_due = db.session.scalar(
        select(func.min(Recipient.due_at)).where(Recipient.message_id == message.id, IS_QUEUED)
    )
    if first_due is None:
        _set_wake(message.id, ticket, _when_handed_over(message))
    elif pause:
        _set_wake(message.id, ticket, max(first_due, now() + timedelta(seconds=pause)))
    elif first_due <= now() and _set_wake(message.id, ticket, stalled()):
        on_commit(lambda: enqueue(message, ticket))
    else:
        _wake_by(message.id, first_due)


def enqueue(message: Message, ticket: int) -> None:
    """Queue the next batch of a message; after the commit."""
    queue.enqueue_batch(message.id, ticket, account_id=message.account_id, urgent=message.urgent)


def rest(message: Message, ticket: int, *, seconds: float) -> None:
    """Look at a message again in a while, because no carrier is there for it."""
    stranded.note(message.account_id, message.id)
    with transaction():
        _set_wake(message.id, ticket, now() + timedelta(seconds=seconds))


def put_off(held: Iterable[tuple[int, int]], *, seconds: float) -> None:
    """Look at messages (id and ticket) again in a while; one statement for all of them.

    Passes over those that somebody works on, so that nobody waits for anybody.
    """
    given = rows(held, id=BigInteger(), ticket=Integer())
    still = (
        select(Message.id)
        .join(given, given.c.id == Message.id)
        .where(Message.ticket == given.c.ticket)
        .order_by(Message.id)
        .with_for_update(skip_locked=True, of=Message)
        .cte("still")
    )
    later = now() + timedelta(seconds=seconds)
    with transaction():
        change(update(Message).where(Message.id.in_(select(still.c.id))).values(wake_at=later))


def _wake_by(message_id: int, moment: datetime) -> None:
    later = or_(Message.wake_at.is_(None), Message.wake_at > moment)
    change(update(Message).where(Message.id == message_id, later).values(wake_at=moment))


def stalled() -> datetime:
    """Return when a message queued now counts as stalled, if nothing is heard of its job."""
    lost_at: datetime = now() + current_app.config["STALL_AFTER"]
    return lost_at


def _set_wake(message_id: int, ticket: int, wake_at: object) -> bool:
    changed = change(
        update(Message)
        .where(Message.id == message_id, Message.ticket == ticket)
        .values(wake_at=wake_at)
    )
    return changed.rowcount == 1


def _when_handed_over(message: Message) -> object:
    """Return when to wake a message with nothing queued: to look after claims and unknowns.

    After the receipts, too, of a test: nobody but us knows them.
    """
    given_up = now() + current_app.config["UNKNOWN_AFTER"] + timedelta(seconds=1)
    told = rehearsing.next_look(message) if message.is_test else None
    return case(
        (Message.waiting > 0, literal(stalled(), UtcDateTime())),
        (Message.unknown > 0, literal(given_up, UtcDateTime())),
        else_=literal(told, UtcDateTime()),
    )
