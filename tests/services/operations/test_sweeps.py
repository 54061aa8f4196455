"""What the sweep found is counted, and kept as long as Redis keeps it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from redis.exceptions import ConnectionError as RedisGone

from flashsms.carriers.contract import Fate
from flashsms.extensions import db
from flashsms.jobs import schedule
from flashsms.models import Message, Recipient, RecipientStatus, now
from flashsms.services import sending
from flashsms.services.operations import sweeps
from flashsms.services.sending import Order, Woken
from tests.factories import Member, phones
from tests.scripted import ScriptedSessions, answers

RunJobs = Callable[[], int]


def send(member: Member, count: int = 1, hours: int | None = None) -> Message:
    later = now() + timedelta(hours=hours) if hours else None
    order = Order(text="Hello", recipients=phones(count), scheduled_at=later)
    return sending.accept(member.account.id, order).message


def sweep_after(**duration: float) -> Woken:
    with time_machine.travel(now() + timedelta(**duration), tick=True):
        return sending.wake_due()


def test_a_sweep_without_anything_due_finds_nothing(app: Flask, ama: Member) -> None:
    send(ama)
    assert sending.wake_due() == Woken()


def test_schedules_that_start_and_that_were_missed_are_told_apart(ama: Member) -> None:
    send(ama, hours=1)
    send(ama, hours=20)
    assert sweep_after(hours=21) == Woken(launched=1, missed=1)


def test_a_message_whose_job_was_lost_is_resumed(app: Flask, ama: Member) -> None:
    send(ama)
    app.extensions["redis"].flushall()
    assert sweep_after(minutes=1) == Woken(resumed=1)


def test_claims_that_were_interrupted_are_counted(app: Flask, ama: Member) -> None:
    send(ama, 3)
    claimed = {"status": RecipientStatus.SUBMITTING, "claimed_at": now()}
    db.session.query(Recipient).update(claimed)
    db.session.commit()
    app.extensions["redis"].flushall()
    assert sweep_after(minutes=5) == Woken(resumed=1, interrupted=3)


def test_unknown_outcomes_that_are_given_up_are_counted(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    wire.answer = answers(Fate.UNKNOWN)
    send(ama, 2)
    run_jobs()
    assert sweep_after(hours=49).given_up == 2


def test_the_tick_keeps_what_it_found(app: Flask, ama: Member) -> None:
    schedule.tick()
    seen = sweeps.read()
    assert seen is not None
    assert (seen.seconds_ago, seen.is_late, seen.found) == (0, False, [])
    send(ama)
    app.extensions["redis"].flushall()
    with time_machine.travel(now() + timedelta(minutes=1), tick=True):
        schedule.tick()
        seen = sweeps.read()
    assert seen is not None
    assert [one.woken for one in seen.found] == [Woken(resumed=1)]


def test_only_the_last_hundred_are_kept(app: Flask) -> None:
    for number in range(sweeps.KEPT + 5):
        sweeps.note(Woken(launched=number + 1))
    seen = sweeps.read()
    assert seen is not None
    assert [one.woken.launched for one in seen.found] == list(range(105, 5, -1))


def test_losing_redis_loses_only_the_view(app: Flask, ama: Member) -> None:
    sweeps.note(Woken(launched=1))
    app.extensions["redis"].flushall()
    seen = sweeps.read()
    assert seen is not None
    assert (seen.last, seen.is_late, seen.found) == (None, True, [])


def test_a_tick_does_its_work_when_it_cannot_tell_of_it(
    app: Flask, ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RedisGone("no Redis here")

    monkeypatch.setattr(app.extensions["redis"].connection_pool, "get_connection", refuse)
    schedule.tick()
    assert sweeps.read() is None
