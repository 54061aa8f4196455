"""Claim, submit, settle."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from flashsms import connect_redis, queue
from flashsms.carriers.contract import Fate, Outcome, Submission
from flashsms.extensions import db
from flashsms.models import Carrier, Message, MessageStatus, Recipient, RecipientStatus, now
from flashsms.services import carriers, sending
from flashsms.services.sending import Order, batches, settling
from tests.factories import Member, ledger_sum, phones, statuses
from tests.scripted import ScriptedSessions, answers

RunJobs = Callable[[], int]


def test_a_message_goes_out_batch_by_batch(
    app: Flask, ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    app.config["BATCH_SIZE"] = 10
    message = _send(ama, 25)
    assert run_jobs() == 3
    assert statuses(message.id) == {"SENT": 25}
    assert len({submission.to for submission in wire.submitted}) == 25
    message = _fresh(message)
    assert (message.status, message.waiting) == (MessageStatus.SENT, 0)
    assert message.sent_at is not None
    assert message.wake_at is None


def test_a_job_with_an_old_ticket_does_nothing(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    message = _send(ama, 1)
    run_jobs()
    sending.send_next_batch(message.id, 1)
    assert len(wire.submitted) == 1


def test_a_definite_refusal_fails_and_refunds(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    wire.answer = answers(Fate.REFUSED, "Invalid destination", "0x0B")
    message = _send(ama, 3)
    run_jobs()
    assert statuses(message.id) == {"FAILED": 3}
    assert _fresh(message).status is MessageStatus.FAILED
    assert ledger_sum(ama.account) == ama.balance == 1000
    reasons = db.session.scalars(select(Recipient.reason)).all()
    assert set(reasons) == {"Invalid destination (0x0B)"}


def test_only_the_parts_that_were_not_taken_are_refunded(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    wire.answer = lambda submission: Outcome(
        submission.reference, Fate.REFUSED, ("77",), "Second part refused"
    )
    _send(ama, 1, text="a" * 161)
    assert ama.balance == 998
    run_jobs()
    assert ledger_sum(ama.account) == ama.balance == 999


def test_an_unknown_outcome_is_not_sent_again(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    wire.answer = answers(Fate.UNKNOWN, "No answer came")
    message = _send(ama, 2)
    run_jobs()
    _work_after(run_jobs, minutes=10)
    assert len(wire.submitted) == 2
    assert statuses(message.id) == {"UNKNOWN": 2}
    assert _fresh(message).status is MessageStatus.PENDING
    assert ama.balance == 998


def test_resend_unknown_chooses_at_least_once(
    app: Flask, ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    app.config["RESEND_UNKNOWN"] = True
    wire.answer = answers(Fate.UNKNOWN)
    message = _send(ama, 1)
    run_jobs()
    wire.answer = lambda submission: Outcome(submission.reference, Fate.ACCEPTED, ("9",))
    _work_after(run_jobs, minutes=10)
    assert statuses(message.id) == {"SENT": 1}


def test_an_outcome_that_stays_unknown_fails_unrefunded(
    app: Flask, ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    wire.answer = answers(Fate.UNKNOWN)
    message = _send(ama, 1)
    run_jobs()
    _tick_after(hours=49)
    assert statuses(message.id) == {"FAILED": 1}
    assert _fresh(message).status is MessageStatus.FAILED
    assert ama.balance == 999


@pytest.mark.parametrize("fate", [Fate.BUSY, Fate.THROTTLED, Fate.UNSENT])
def test_a_passing_refusal_is_tried_again(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs, fate: Fate
) -> None:
    refused = set()

    def first_refused(submission: Submission) -> Outcome:
        if submission.reference in refused:
            return Outcome(submission.reference, Fate.ACCEPTED, (f"7{submission.reference}",))
        refused.add(submission.reference)
        return Outcome(submission.reference, fate, (), "Not now")

    wire.answer = first_refused
    message = _send(ama, 3)
    run_jobs()
    _work_after(run_jobs, minutes=1)
    assert statuses(message.id) == {"SENT": 3}
    assert len(wire.submitted) == 6


def test_a_busy_carrier_is_asked_ever_less_often(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    wire.answer = answers(Fate.BUSY)
    _send(ama, 1)
    waits = []
    for _ in range(4):
        run_jobs()
        row = db.session.scalars(select(Recipient).execution_options(populate_existing=True)).one()
        waits.append((row.due_at - now()).total_seconds())
        db.session.execute(update(Recipient).values(due_at=now()))
        db.session.execute(update(Message).values(wake_at=now()))
        db.session.commit()
        sending.wake_due()
    assert waits == sorted(waits)
    assert waits[-1] > 3 * waits[0]


def test_retries_end_with_the_validity_and_are_refunded(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    wire.answer = answers(Fate.BUSY)
    message = _send(ama, 2)
    run_jobs()
    _tick_after(hours=25)
    assert statuses(message.id) == {"FAILED": 2}
    assert ledger_sum(ama.account) == ama.balance == 1000
    assert len(wire.submitted) == 2


def test_no_carrier_up_leaves_the_message_queued(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    wire.up = False
    message = _send(ama, 2)
    run_jobs()
    assert statuses(message.id) == {"QUEUED": 2}
    wire.up = True
    _work_after(run_jobs, seconds=5)
    assert statuses(message.id) == {"SENT": 2}


def test_a_claim_whose_worker_died_becomes_unknown_and_the_rest_goes_out(
    app: Flask, ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    app.config["BATCH_SIZE"] = 2
    message = _send(ama, 5)

    class WorkerDied(BaseException):
        pass

    def die(submission: Submission) -> Outcome:
        raise WorkerDied

    wire.answer = die
    with pytest.raises(WorkerDied):
        run_jobs()
    db.session.rollback()
    wire.answer = lambda submission: Outcome(
        submission.reference, Fate.ACCEPTED, (f"3{submission.reference}",)
    )
    _work_after(run_jobs, minutes=2)
    assert statuses(message.id) == {"UNKNOWN": 2, "SENT": 3}
    assert len({one.reference for one in wire.submitted}) == 5


def test_what_is_known_late_replaces_unknown(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    """A worker that was stalled for longer than its lease settles what it learnt after all."""
    message = _send(ama, 1)

    def overtaken(submission: Submission) -> Outcome:
        _tick_after(minutes=5)
        assert statuses(message.id) == {"UNKNOWN": 1}
        return Outcome(submission.reference, Fate.ACCEPTED, ("5",))

    wire.answer = overtaken
    run_jobs()
    assert statuses(message.id) == {"SENT": 1}
    fresh = _fresh(message)
    assert (fresh.waiting, fresh.unknown, fresh.status) == (0, 0, MessageStatus.SENT)


def test_a_late_refusal_of_an_unknown_attempt_is_sent_again(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    message = _send(ama, 1)

    def overtaken(submission: Submission) -> Outcome:
        _tick_after(minutes=5)
        wire.answer = lambda again: Outcome(again.reference, Fate.ACCEPTED, ("5",))
        return Outcome(submission.reference, Fate.THROTTLED)

    wire.answer = overtaken
    run_jobs()
    assert statuses(message.id) == {"QUEUED": 1}
    _work_after(run_jobs, minutes=1)
    assert statuses(message.id) == {"SENT": 1}


def test_losing_every_key_in_redis_loses_nothing(
    app: Flask, ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    message = _send(ama, 3)
    queue.redis().flushall()
    assert run_jobs() == 0
    assert _work_after(run_jobs, seconds=30) == 1
    assert statuses(message.id) == {"SENT": 3}


def test_a_job_that_a_killed_worker_had_taken_is_queued_again(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    """It was taken off the list, and still calls itself queued."""
    message = _send(ama, 1)
    queue.redis().lpop("rq:queue:urgent")
    assert _work_after(run_jobs, minutes=1) == 1
    assert statuses(message.id) == {"SENT": 1}


def test_an_acceptance_without_an_id_costs_the_others_nothing(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    wire.answer = lambda submission: Outcome(submission.reference, Fate.ACCEPTED, ("",))
    message, long = _send(ama, 3), _send(ama, 2, text="a" * 161)
    run_jobs()
    assert statuses(message.id) == {"SENT": 3}
    assert statuses(long.id) == {"SENT": 2}


def test_resending_a_half_taken_long_message_is_done_once(
    app: Flask, ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    app.config["RESEND_UNKNOWN"] = True
    wire.answer = lambda submission: Outcome(submission.reference, Fate.UNKNOWN, ("a1",))
    message = _send(ama, 1, text="a" * 161)
    sending.send_next_batch(message.id, 1)
    wire.answer = lambda submission: Outcome(submission.reference, Fate.ACCEPTED, ("a2", "a3"))
    _work_after(run_jobs, minutes=5)
    assert statuses(message.id) == {"SENT": 1}
    assert len(wire.submitted) == 2


def test_redis_away_after_the_claim_costs_no_recipient(
    app: Flask,
    ama: Member,
    wire: ScriptedSessions,
    run_jobs: RunJobs,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    message = _send(ama, 3)
    working = app.extensions["redis"]
    gone = connect_redis("redis://127.0.0.1:1")

    def die_on_the_wire(submission: Submission) -> Outcome:
        monkeypatch.setitem(app.extensions, "redis", gone)
        return Outcome(submission.reference, Fate.THROTTLED)

    wire.answer = die_on_the_wire
    sending.send_next_batch(message.id, 1)
    assert statuses(message.id) == {"QUEUED": 3}
    monkeypatch.setitem(app.extensions, "redis", working)
    wire.answer = lambda submission: Outcome(
        submission.reference, Fate.ACCEPTED, (f"8{submission.reference}",)
    )
    _work_after(run_jobs, minutes=1)
    assert statuses(message.id) == {"SENT": 3}


def test_outcomes_are_stored_although_the_database_stumbled(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    stumbles = iter([True, True])
    record = settling.record

    def stumble(changes: object) -> None:
        if next(stumbles, False):
            raise OperationalError("UPDATE", {}, Exception("server closed the connection"))
        record(changes)

    monkeypatch.setattr(settling, "record", stumble)
    monkeypatch.setattr(batches, "SETTLE_PAUSES", (0, 0, 0))
    message = _send(ama, 2)
    run_jobs()
    assert statuses(message.id) == {"SENT": 2}
    assert len(wire.submitted) == 2


def test_waiting_for_the_pace_is_no_busy_loop(
    app: Flask, ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    carriers.set_url("smpp://id:pw@127.0.0.1:1?tps=1")
    message = _send(ama, 3, text="a" * 900)
    sending.send_next_batch(message.id, 1)
    started = time.monotonic()
    sending.send_next_batch(message.id, 2)
    assert time.monotonic() - started >= 0.9 * batches.PATIENCE
    assert len(wire.submitted) == 1


def test_a_job_for_a_message_with_nothing_waiting_ends_at_once(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "PATIENCE", 10.0)  # which no busy machine takes by itself
    wire.answer = answers(Fate.UNKNOWN)
    message = _send(ama, 2)
    run_jobs()
    started = time.monotonic()
    sending.send_next_batch(message.id, _fresh(message).ticket)
    assert time.monotonic() - started < batches.PATIENCE
    assert len(wire.submitted) == 2


def test_a_batch_is_no_larger_than_its_slice_of_time(
    app: Flask, ama: Member, wire: ScriptedSessions, carrier: Carrier
) -> None:
    """A slow carrier must not keep a worker from others, nor a kill leave many unknown."""
    app.extensions["carrier_rates"] = {carrier.id: 150.0}
    message = _send(ama, 500)
    sending.send_next_batch(message.id, 1)
    assert len(wire.submitted) == 150 * batches.SLICE


def test_a_message_whose_job_still_waits_is_not_queued_twice(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    _send(ama, 3)
    for minutes in range(1, 6):
        _tick_after(minutes=minutes)
    assert run_jobs() == 1


def test_a_schedule_is_launched_when_due(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    message = _send(ama, 1, scheduled_at=now() + timedelta(hours=1))
    assert _work_after(run_jobs, minutes=59) == 0
    assert _work_after(run_jobs, minutes=61) == 1
    assert statuses(message.id) == {"SENT": 1}


def test_a_schedule_missed_by_too_much_is_refunded_not_sent(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    message = _send(ama, 2, scheduled_at=now() + timedelta(hours=1))
    assert _work_after(run_jobs, hours=8) == 0
    assert statuses(message.id) == {"FAILED": 2}
    assert _fresh(message).status is MessageStatus.FAILED
    assert ledger_sum(ama.account) == ama.balance == 1000


def test_a_carrier_with_a_limit_is_given_no_more_than_that(
    app: Flask, ama: Member, wire: ScriptedSessions
) -> None:
    carriers.set_url("smpp://id:pw@127.0.0.1:1?tps=50")
    message = _send(ama, 100)
    sending.send_next_batch(message.id, 1)
    assert len(wire.submitted) <= 5
    counts = statuses(message.id)
    assert counts[RecipientStatus.QUEUED] + counts[RecipientStatus.SENT] == 100


def _send(
    member: Member, count: int, text: str = "Akwaaba", scheduled_at: object = None
) -> Message:
    order = Order(text=text, recipients=phones(count), scheduled_at=scheduled_at)
    return sending.accept(member.account.id, order).message


def _fresh(message: Message) -> Message:
    db.session.commit()
    return db.session.get_one(Message, message.id, populate_existing=True)


def _tick_after(**duration: float) -> None:
    """Run what the tick runs, that much later."""
    with time_machine.travel(now() + timedelta(**duration), tick=True):
        sending.wake_due()


def _work_after(run_jobs: RunJobs, **duration: float) -> int:
    """Run the tick and then the jobs, that much later; return how many jobs ran."""
    with time_machine.travel(now() + timedelta(**duration), tick=True):
        sending.wake_due()
        return run_jobs()
