"""What is due: schedules, retries, work whose job was lost, claims that were interrupted."""

import logging
from collections.abc import Container
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import Row, select, update
from sqlalchemy.exc import SQLAlchemyError

from flashsms import queue
from flashsms.extensions import db, on_commit, transaction
from flashsms.models import Account, Message, MessageStatus, Recipient, RecipientStatus, now
from flashsms.models.recipient import IS_UNKNOWN
from flashsms.models.rows import change
from flashsms.services.progress import Delta, record
from flashsms.services.sending import settling, turns

PER_TICK = 500  # messages looked at in one tick; the next tick takes the next ones
_NEVER_KNOWN = "Outcome unknown."

log = logging.getLogger(__name__)

Due = Row[int, int, MessageStatus]  # id, ticket, status


@dataclass(frozen=True, slots=True)
class Woken:
    """What one sweep found.

    `launched`, `missed` and `resumed` count messages: schedules that were due, schedules missed by
    too much, messages that nobody worked on. `interrupted` and `given_up` count recipients: claims
    that outlived their lease, and unknown outcomes that no receipt resolved in time.
    """

    launched: int = 0
    missed: int = 0
    resumed: int = 0
    interrupted: int = 0
    given_up: int = 0

    def __add__(self, other: "Woken") -> "Woken":
        """Return both together."""
        return Woken(
            self.launched + other.launched,
            self.missed + other.missed,
            self.resumed + other.resumed,
            self.interrupted + other.interrupted,
            self.given_up + other.given_up,
        )


_NOTHING = Woken()


def wake_due() -> Woken:
    """Look after every message whose time has come. One transaction per message."""
    due = _due()
    queued = queue.still_queued((message.id, message.ticket) for message in due)
    woken = _NOTHING
    for message in due:
        try:
            woken += _wake(message, queued)
        except SQLAlchemyError:  # one that cannot be woken must not keep the others asleep
            log.exception("Message %d could not be looked after; the next tick tries.", message.id)
    return woken


def _wake(due: Due, queued: Container[int]) -> Woken:
    if due.status is MessageStatus.SCHEDULED:
        return _launch(due)
    if due.id not in queued:
        return _resume(due)
    stalled = current_app.config["STALL_AFTER"].total_seconds()
    turns.rest(due.id, due.ticket, seconds=stalled)
    return _NOTHING


def _due() -> list[Due]:
    found = db.session.execute(
        select(Message.id, Message.ticket, Message.status)
        .join(Account, Account.id == Message.account_id)
        .where(Message.wake_at <= now(), Account.suspended_at.is_(None))
        .order_by(Message.wake_at)
        .limit(PER_TICK)
    ).all()
    db.session.commit()
    return list(found)


def _launch(due: Due) -> Woken:
    """Start a scheduled message, or fail it when its time was missed by too much."""
    with transaction():
        message = change(
            update(Message)
            .where(Message.id == due.id, Message.status == MessageStatus.SCHEDULED)
            .values(status=MessageStatus.PENDING, wake_at=turns.stalled())
            .returning(Message)
        ).scalar()
        if message is None:
            return _NOTHING
        if now() - message.scheduled_at > current_app.config["SCHEDULE_GRACE"]:
            _miss(message)
            return Woken(missed=1)
        on_commit(lambda: turns.enqueue(message, message.ticket))
    return Woken(launched=1)


def _miss(message: Message) -> None:
    settling.fail_queued(message, "Its scheduled time was missed by too much to send it now.")
    change(update(Message).where(Message.id == message.id).values(wake_at=None))
    log.warning("Message %s missed its schedule and was refunded.", message.public_id)


def _resume(due: Due) -> Woken:
    """Take over a message that nobody works on: its job was lost, or a retry is due."""
    with transaction():
        delta = Delta()
        lost = _end_lost_claims(due.id, delta)
        given_up = _give_up_unknown(due.id, delta)
        taken = turns.take_over(due.id, due.ticket)
        message = db.session.get_one(Message, due.id, populate_existing=True)
        if taken is None:
            record({due.id: delta})
        else:
            _continue(message, taken, delta)
    if lost:
        log.warning("%d attempts of %s were interrupted: outcome unknown.", lost, message.public_id)
    return Woken(resumed=int(taken is not None), interrupted=lost, given_up=given_up)


def _continue(message: Message, ticket: int, delta: Delta) -> None:
    if message.expires_at <= now():
        settling.expire(message, delta)
    else:
        record({message.id: delta})
    turns.pass_on(message, ticket)


def _end_lost_claims(message_id: int, delta: Delta) -> int:
    """Mark claims that outlived their lease as UNKNOWN, or queue them again if so configured.

    Returns how many outcomes became unknown.
    """
    config = current_app.config
    status = RecipientStatus.QUEUED if config["RESEND_UNKNOWN"] else RecipientStatus.UNKNOWN
    ended = change(
        update(Recipient)
        .where(
            Recipient.message_id == message_id,
            Recipient.status == RecipientStatus.SUBMITTING,
            Recipient.claimed_at <= now() - config["CLAIM_LEASE"],
        )
        .values(status=status, reason="Interrupted while it was handed over.")
    )
    lost = 0 if config["RESEND_UNKNOWN"] else ended.rowcount
    delta.waiting -= lost
    delta.unknown += lost
    return lost


def _give_up_unknown(message_id: int, delta: Delta) -> int:
    """Fail unknown outcomes that no receipt resolved in time; not refunded, it may have arrived.

    Returns how many there were.
    """
    ended = change(
        update(Recipient)
        .where(
            Recipient.message_id == message_id,
            IS_UNKNOWN,
            Recipient.claimed_at <= now() - current_app.config["UNKNOWN_AFTER"],
        )
        .values(status=RecipientStatus.FAILED, reason=_NEVER_KNOWN, final_at=now())
        .returning(Recipient.phone)
    ).scalars()
    phones = ended.all()
    for phone in phones:
        delta.unknown -= 1
        delta.fail(phone, _NEVER_KNOWN)
    return len(phones)
