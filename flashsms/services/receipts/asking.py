"""Asking carriers for receipts that they do not send: ever less often, given up after two days.

One question is about a whole batch where the carrier allows that. Whoever claims a question moves
the moment of the next one: two workers never ask the same at once, and a crash only delays.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, Row, String, case, delete, literal, select, update

from flashsms import queue
from flashsms.carriers.contract import Fate, Outcome, Receipt, ReceiptState
from flashsms.carriers.sessions import Sessions
from flashsms.extensions import db, transaction
from flashsms.models import ReceiptQuestion, Recipient, RecipientStatus, now
from flashsms.models.receipt_question import LONGEST_QUESTION
from flashsms.models.rows import change, insert, rows
from flashsms.services import carriers
from flashsms.services.receipts.applying import apply
from flashsms.services.receipts.heard import final, ref_key

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
WITHIN = 3.0  # seconds that one job asks

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
    """Queue a job that asks, if something is due."""
    if _oldest_due() is not None:
        queue.enqueue_asking()


def ask_due() -> None:
    """Ask one carrier what is due, the one that has waited longest, and go on while it answers.

    Not one transaction but several, with the wire between them.
    """
    carrier_id = _oldest_due()
    db.session.commit()
    if carrier_id is None:
        return
    claims = _claim(carrier_id)
    answers = _ask(carrier_id, [claim.question for claim in claims])
    _take(carrier_id, [receipt for one in answers for receipt in one or ()])
    told: Answers = dict(zip((claim.id for claim in claims), answers, strict=False))
    _close(carrier_id, claims, told)
    if told:  # else it cannot be reached, and what was claimed waits for its next moment
        _put_back([claim for claim in claims if claim.id not in told])
    if any(receipts is not None for receipts in answers) and _oldest_due() is not None:
        queue.enqueue_asking(again=True)


def _oldest_due() -> int | None:
    """Return the carrier whose question has been due for longest."""
    return db.session.scalar(
        select(ReceiptQuestion.carrier_id)
        .where(ReceiptQuestion.ask_at <= now())
        .order_by(ReceiptQuestion.ask_at)
        .limit(1)
    )


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


def _ask(carrier_id: int, questions: Sequence[str]) -> list[Sequence[Receipt] | None]:
    """Ask a carrier; one that was switched off tells nothing."""
    way = next((one for one in carriers.listening() if one.id == carrier_id and one.url), None)
    db.session.commit()  # nothing stays open while the carrier is waited for
    if way is None or not questions:
        return []
    sessions: Sessions = current_app.extensions["carriers"]
    return sessions.ask(carrier_id, way.dialled, questions, WITHIN)


def _take(carrier_id: int, receipts: Sequence[Receipt]) -> None:
    """Apply what is new: a carrier tells all of a batch again until the last of it is final."""
    heard = final(receipts)
    if not heard:
        return
    given = rows(((ref,) for ref in heard), ref=String())
    known = set(
        db.session.scalars(
            select(Recipient.carrier_ref).where(
                Recipient.carrier_ref.in_(select(given.c.ref)),
                Recipient.carrier_id == carrier_id,
                Recipient.status.in_((RecipientStatus.DELIVERED, RecipientStatus.FAILED)),
            )
        )
    )
    db.session.commit()
    told = (one for one in receipts if one.state in _FINAL)
    apply(carrier_id, [one for one in told if ref_key(one.carrier_id) not in known])


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
        change(delete(ReceiptQuestion).where(ReceiptQuestion.id.in_([one.id for one in over])))


def _put_back(claims: Sequence[Claim]) -> None:
    """Make due again what there was no time for, after whatever has been due before."""
    if not claims:
        return
    moment = now()
    with transaction():
        change(
            update(ReceiptQuestion)
            .where(
                ReceiptQuestion.id.in_([claim.id for claim in claims]),
                ReceiptQuestion.ask_at > moment,
            )
            .values(ask_at=moment)
        )
