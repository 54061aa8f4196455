"""What is due: schedules, retries, work whose job was lost, claims that were interrupted."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import ColumnElement, Row, select, update
from sqlalchemy.exc import SQLAlchemyError

from flashsms import queue
from flashsms.extensions import db, on_commit, transaction
from flashsms.models import Account, Message, MessageStatus, Recipient, RecipientStatus, now
from flashsms.models.recipient import IS_UNKNOWN
from flashsms.models.rows import change
from flashsms.services.progress import Delta, record
from flashsms.services.sending import rehearsing, settling, stranded, turns

PER_TICK = 500  # schedules, and other messages, woken in one tick; the next takes the next ones
LOOKED_AT = 5000  # messages of which one tick finds out whether their turn is still to come
_NEVER_KNOWN = "Outcome unknown."

log = logging.getLogger(__name__)

Due = Row[int, int, int, bool]  # id, ticket, account_id, is_test


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
    """Look after every message whose time has come. One transaction per message.

    Schedules first, for nobody's backlog may delay them. Then what nobody works on, the accounts
    taking turns; what still waits for a worker, or for a carrier, is put off all at once.
    """
    launched = _each(_launch, _due(Message.status == MessageStatus.SCHEDULED, most=PER_TICK))
    waiting = _due(Message.status != MessageStatus.SCHEDULED, most=LOOKED_AT)
    return launched + _each(_resume, _idle(waiting))


def _each(wake: Callable[[Due], Woken], due: Sequence[Due]) -> Woken:
    woken = _NOTHING
    for message in due:
        try:
            woken += wake(message)
        except SQLAlchemyError:  # one that cannot be woken must not keep the others asleep
            log.exception("Message %d could not be looked after; the next tick tries.", message.id)
    return woken


def _due(which: ColumnElement[bool], *, most: int) -> Sequence[Due]:
    found = db.session.execute(
        select(Message.id, Message.ticket, Message.account_id, Message.is_test)
        .join(Account, Account.id == Message.account_id)
        .where(Message.wake_at <= now(), which, Account.suspended_at.is_(None))
        .order_by(Message.wake_at)
        .limit(most)
    ).all()
    db.session.commit()
    return found


def _idle(due: Sequence[Due]) -> Sequence[Due]:
    """Put off what need not be woken, and return the rest, as much as one tick does."""
    queued = queue.still_queued((one.id, one.ticket) for one in due)
    stalled = current_app.config["STALL_AFTER"].total_seconds()
    idle, resting = stranded.sift([one for one in due if one.id not in queued])
    for seconds, some in [(stalled, [one for one in due if one.id in queued]), *resting]:
        if some:
            turns.put_off([(one.id, one.ticket) for one in some], seconds=seconds)
    return _by_turns(idle)[:PER_TICK]


def _by_turns(due: Sequence[Due]) -> list[Due]:
    """Put the first of every account before the second of any."""
    places: Counter[int] = Counter()
    placed = []
    for one in due:
        placed.append((places[one.account_id], one))
        places[one.account_id] += 1
    return [one for _, one in sorted(placed, key=lambda pair: pair[0])]


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
    if due.is_test:
        rehearsing.tell_overdue(due.id)
    with transaction():
        delta = Delta()
        lost = _end_lost_claims(due, delta)
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


def _end_lost_claims(due: Due, delta: Delta) -> int:
    """Mark claims that outlived their lease as UNKNOWN, or queue them again if so configured.

    Those of a test always, for they reach nobody. Returns how many outcomes became unknown.
    """
    config = current_app.config
    again = config["RESEND_UNKNOWN"] or due.is_test
    status = RecipientStatus.QUEUED if again else RecipientStatus.UNKNOWN
    ended = change(
        update(Recipient)
        .where(
            Recipient.message_id == due.id,
            Recipient.status == RecipientStatus.SUBMITTING,
            Recipient.claimed_at <= now() - config["CLAIM_LEASE"],
        )
        .values(status=status, reason="Interrupted while it was handed over.")
    )
    lost = 0 if again else ended.rowcount
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
