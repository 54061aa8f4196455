"""Asking carriers for receipts that they do not send: ever less often, given up after two days.

Carriers have turns, and one that does not answer is left alone for a while. Asking takes a quarter
of one worker's time at most, for the same workers send.

One question is about a whole batch where the carrier allows that. Whoever claims a question moves
the moment of the next one: two workers never ask the same at once, and a crash only delays.
"""

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from flask import current_app
from redis.exceptions import RedisError
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Row,
    String,
    case,
    delete,
    exists,
    literal,
    select,
    update,
)

from flashsms import queue
from flashsms.carriers.contract import Fate, Outcome, Receipt, ReceiptState
from flashsms.carriers.sessions import Sessions
from flashsms.extensions import db, transaction
from flashsms.models import ReceiptQuestion, Recipient, RecipientStatus, now
from flashsms.models.receipt_question import LONGEST_QUESTION
from flashsms.models.rows import change, insert, rows
from flashsms.services import carriers
from flashsms.services.carriers import WayOut
from flashsms.services.receipts.applying import apply
from flashsms.services.receipts.heard import final, hear

KEPT = timedelta(hours=48)  # how long a carrier is asked
FIRST = timedelta(seconds=30)  # after it took the messages
HOURLY = timedelta(hours=1)
# The pause until the next question, by the age that the question has not reached.
PAUSES = (
    (timedelta(minutes=1), timedelta(seconds=30)),
    (timedelta(minutes=2), timedelta(minutes=1)),
    (timedelta(minutes=5), timedelta(minutes=2)),
    (timedelta(minutes=15), timedelta(minutes=5)),
    (timedelta(minutes=45), timedelta(minutes=10)),
    (timedelta(hours=2), timedelta(minutes=30)),
)
PER_JOB = 100  # questions
WITHIN = 1.0  # seconds that one job asks
SHARE = 4  # of so much of one worker's time asking takes one part
SILENT = 10.0  # seconds that a carrier which did not answer is left alone
_TURNS = "flashsms:asked"  # in Redis: from when each carrier may be asked again, by its id

_FINAL = (ReceiptState.DELIVERED, ReceiptState.FAILED)

# id, question, recipients, created_at
Claim = Row[int, str, int, datetime]
Answers = Mapping[int, Sequence[Receipt] | None]  # to the questions that were asked, by their id

log = logging.getLogger(__name__)


def expect(carrier_id: int, outcomes: Iterable[Outcome]) -> None:
    """Remember what to ask a carrier about what it took; in the caller's transaction.

    Costs nothing for carriers that report by themselves.
    """
    counts = Counter(one.ask for one in outcomes if one.ask and one.fate is Fate.ACCEPTED)
    values = [
        {
            "carrier_id": carrier_id,
            "question": question,
            "recipients": count,
            "ask_at": now() + FIRST,
            "created_at": now(),
        }
        for question, count in sorted(counts.items())  # one order for everybody
        if len(question) <= LONGEST_QUESTION
    ]
    if not values:
        return
    new = insert(ReceiptQuestion).values(values)
    known = new.on_conflict_do_update(
        index_elements=("carrier_id", "question"),
        set_={
            "recipients": ReceiptQuestion.recipients + new.excluded.recipients,
            "ask_at": new.excluded.ask_at,
        },
    )
    db.session.execute(known)


def wake_due() -> None:
    """Queue a job that asks, if something is due; forget what nobody can be asked any more."""
    due = _due_carriers()
    if not due:
        return
    ways = _listening(due)
    _forget(due - ways.keys())
    if _first_in_turn(ways) is not None:
        queue.enqueue_asking()


def ask_due() -> None:
    """Ask the carrier whose turn it is what is due, then pause for the others that want the worker.

    Not one transaction but several, with the wire between them.
    """
    started = time.monotonic()
    try:
        way = _first_in_turn(_listening(_due_carriers()))
        if way is not None:
            _note_turn(way.id, SILENT)  # whatever becomes of this job
            if _ask_about(way):
                _note_turn(way.id, 0)
    finally:
        queue.pause_asking((SHARE - 1) * (time.monotonic() - started))


def _ask_about(way: WayOut) -> bool:
    """Ask a carrier what is due, and return whether it answered."""
    carrier_id = way.id
    claims = _claim(carrier_id)
    answers = _ask(way, [claim.question for claim in claims])
    _take(carrier_id, [receipt for one in answers for receipt in one or ()])
    told: Answers = dict(zip((claim.id for claim in claims), answers, strict=False))
    _close(carrier_id, claims, told)
    if told:  # else it cannot be reached, and what was claimed waits for its next moment
        _put_back([claim for claim in claims if claim.id not in told])
    return any(receipts is not None for receipts in answers)


def _due_carriers() -> set[int]:
    """Return the carriers that something is to be asked, whether they listen or not."""
    due = select(ReceiptQuestion.carrier_id).where(ReceiptQuestion.ask_at <= now()).distinct()
    found = set(db.session.scalars(due))
    db.session.commit()
    return found


def _listening(carrier_ids: set[int]) -> dict[int, WayOut]:
    """Return those of some carriers that can be asked; one that is switched off tells nothing."""
    if not carrier_ids:
        return {}
    ways = {one.id: one for one in carriers.listening() if one.id in carrier_ids and one.url}
    db.session.commit()  # nothing stays open while the carrier is waited for
    return ways


def _first_in_turn(ways: Mapping[int, WayOut]) -> WayOut | None:
    """Return the carrier that was asked longest ago, but for those that just did not answer."""
    ids = sorted(ways)
    if not ids:
        return None
    try:
        moments = [float(moment or 0) for moment in queue.redis().hmget(_TURNS, ids)]
    except RedisError as error:
        log.warning("Redis is away, so the first carrier is asked: %s", error)
        return ways[ids[0]]
    moment, first = min(zip(moments, ids, strict=True))
    return ways[first] if moment <= now().timestamp() else None


def _note_turn(carrier_id: int, pause: float) -> None:
    """Say that a carrier is asked, and for how many seconds it is left alone then."""
    try:
        queue.redis().hset(_TURNS, str(carrier_id), now().timestamp() + pause)
    except RedisError as error:
        log.warning("Nobody is told that carrier %d was asked: %s", carrier_id, error)


def _forget(carrier_ids: Iterable[int]) -> None:
    """Give up the old questions of carriers that cannot be asked any more."""
    old = (
        ReceiptQuestion.carrier_id.in_(list(carrier_ids)),
        ReceiptQuestion.created_at < now() - KEPT,
        ReceiptQuestion.ask_at <= now(),
    )
    if carrier_ids and db.session.scalar(select(ReceiptQuestion.id).where(*old).limit(1)):
        with transaction():
            change(delete(ReceiptQuestion).where(*old))


def _claim(carrier_id: int) -> list[Claim]:
    """Take questions that are due, in the order in which they became due."""
    moment = now()
    is_due = (ReceiptQuestion.carrier_id == carrier_id, ReceiptQuestion.ask_at <= moment)
    due = (
        select(ReceiptQuestion.id)
        .where(*is_due)
        .order_by(ReceiptQuestion.ask_at)
        .limit(PER_JOB)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    with transaction():
        claimed = change(
            update(ReceiptQuestion)
            .where(ReceiptQuestion.id.in_(select(due.c.id)), *is_due)
            .values(ask_at=_next_moment(moment))
            .returning(
                ReceiptQuestion.id,
                ReceiptQuestion.question,
                ReceiptQuestion.recipients,
                ReceiptQuestion.created_at,
            )
        )
        return list(claimed)


def _next_moment(moment: datetime) -> ColumnElement[datetime]:
    """When a question is asked next: the older it is, the later."""

    def after(pause: timedelta) -> ColumnElement[datetime]:
        return literal(moment + pause, ReceiptQuestion.ask_at.type)

    younger = ((ReceiptQuestion.created_at > moment - age, after(pause)) for age, pause in PAUSES)
    return case(*younger, else_=after(HOURLY))


def _ask(way: WayOut, questions: Sequence[str]) -> list[Sequence[Receipt] | None]:
    if not questions:
        return []
    sessions: Sessions = current_app.extensions["carriers"]
    return sessions.ask(way.id, way.dialled, questions, WITHIN)


def _take(carrier_id: int, receipts: Sequence[Receipt]) -> None:
    """Apply what is new: a carrier tells all of a batch again until the last of it is final."""
    heard = final(receipts)
    if not heard:
        return
    given = rows(((ref,) for ref in {one.ref for one in heard}), ref=String())
    finals = db.session.execute(
        select(Recipient.carrier_ref, Recipient.phone).where(
            Recipient.carrier_ref.in_(select(given.c.ref)),
            Recipient.carrier_id == carrier_id,
            Recipient.status.in_((RecipientStatus.DELIVERED, RecipientStatus.FAILED)),
        )
    )
    phones: dict[str | None, list[str]] = defaultdict(list)
    for ref, phone in finals:
        phones[ref].append(phone)
    db.session.commit()
    known = {one.key for one in heard if any(map(one.may_be, phones[one.ref]))}
    told = (one for one in receipts if (new := hear(one)) and new.key not in known)
    apply(carrier_id, list(told))


def _is_known(claim: Claim, told: Sequence[Receipt] | None) -> bool:
    """Whether a carrier told everything that a question is about."""
    if not told or any(one.state not in _FINAL for one in told):
        return False
    return bool(claim.recipients <= len({one.carrier_id for one in told}))


def _is_old(claim: Claim) -> bool:
    return bool(claim.created_at < now() - KEPT)


def _close(carrier_id: int, claims: Sequence[Claim], told: Answers) -> None:
    """Forget the questions that are answered, and those that are too old."""
    over = [one for one in claims if _is_old(one) or _is_known(one, told.get(one.id))]
    if not over:
        return
    given_up = sum(not _is_known(one, told.get(one.id)) for one in over)
    if given_up:
        log.warning(
            "Carrier %d does not say what became of messages of two days ago: %d questions.",
            carrier_id,
            given_up,
        )
    with transaction():
        change(delete(ReceiptQuestion).where(*_unchanged(over)))


def _put_back(claims: Sequence[Claim]) -> None:
    """Make due again what there was no time for, after whatever has been due before."""
    if not claims:
        return
    moment = now()
    with transaction():
        change(
            update(ReceiptQuestion)
            .where(*_unchanged(claims), ReceiptQuestion.ask_at > moment)
            .values(ask_at=moment)
        )


def _unchanged(claims: Sequence[Claim]) -> tuple[ColumnElement[bool], ...]:
    """Return what makes rows those that were claimed, and about nobody else since.

    The carrier was waited for meanwhile. Another worker may have closed one, whose id SQLite gives
    to the next question, and another batch may be about more recipients than the answer told of.
    """
    given = rows(
        ((one.id, one.question, one.recipients) for one in claims),
        id=BigInteger(),
        question=String(),
        recipients=Integer(),
    )
    is_same = exists().where(
        given.c.id == ReceiptQuestion.id,
        given.c.question == ReceiptQuestion.question,
        given.c.recipients == ReceiptQuestion.recipients,
    )
    return ReceiptQuestion.id.in_([one.id for one in claims]), is_same
