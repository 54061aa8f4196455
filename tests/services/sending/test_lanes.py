"""Accounts take turns, whatever each has under way, and no lane holds up for a lost job."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest
import time_machine
from flask import Flask
from redis import Redis
from redis.client import Pipeline
from rq import Queue
from sqlalchemy import select

from flashsms import queue
from flashsms.carriers.contract import Submission
from flashsms.extensions import db
from flashsms.models import Message, Recipient, now
from flashsms.services import sending
from flashsms.services.operations import queues
from tests import scripted
from tests.factories import Member, phones, statuses
from tests.scripted import ScriptedSessions
from tests.services.sending.test_routing import RunJobs, run_one, send

BATCH = 25


@pytest.fixture(autouse=True)
def _small_batches(app: Flask) -> None:
    app.config["BATCH_SIZE"] = BATCH


def waiting(name: str) -> list[str]:
    """Return the jobs that stand in RQ's queue."""
    return Queue(name, connection=queue.redis()).job_ids


def take() -> None:
    """Take the first job as a worker does that dies with it."""
    names = [Queue(name, connection=queue.redis()) for name in queue.QUEUES]
    assert Queue.dequeue_any(names, None, connection=queue.redis())


def owners(submitted: list[Submission]) -> list[int]:
    """Return whose each batch was, in the order in which they left."""
    ids = [one.reference for one in submitted[::BATCH]]
    query = select(Recipient.id, Message.account_id).join(
        Message, Message.id == Recipient.message_id
    )
    found = {id: account for id, account in db.session.execute(query)}
    return [found[id] for id in ids]


def test_who_has_forty_campaigns_has_every_other_turn(
    ama: Member, kofi: Member, wire: ScriptedSessions
) -> None:
    for _ in range(20):
        send(ama, phones(2 * BATCH))
    for _ in range(10):
        run_one()
    bulk = send(kofi, phones(8 * BATCH))
    wire.submitted.clear()
    while statuses(bulk.id) != {"SENT": 8 * BATCH}:
        run_one()
    turns = owners(wire.submitted)
    assert Counter(turns)[ama.account.id] <= 9
    assert all(one != after for one, after in pairwise(turns))


def test_a_code_does_not_wait_behind_the_single_sends_of_another(
    ama: Member, kofi: Member, wire: ScriptedSessions
) -> None:
    for phone in phones(100):
        send(ama, [phone])
    code = send(kofi, phones(1))
    for _ in range(queue.AHEAD[queue.URGENT] + 1):
        run_one()
    assert statuses(code.id) == {"SENT": 1}
    assert len(waiting(queue.URGENT)) == queue.AHEAD[queue.URGENT]


def test_all_of_an_account_can_be_worked_on_at_once(ama: Member, wire: ScriptedSessions) -> None:
    """Each job lets the next one out before it sends, so that all workers have something to do."""
    messages = [send(ama, phones(BATCH)) for _ in range(4)]
    taken = []

    def meanwhile(submission: Submission) -> object:
        if submission.reference not in taken and len(waiting(queue.BULK)) == 1:
            taken.append(submission.reference)
        return scripted.accepted(submission)

    wire.answer = meanwhile  # type: ignore[assignment]
    run_one()
    assert taken
    assert messages


def test_how_many_wait_is_told_with_those_in_lanes(
    ama: Member, kofi: Member, wire: ScriptedSessions
) -> None:
    for member in (ama, kofi):
        for _ in range(5):
            send(member, phones(BATCH))
    assert len(waiting(queue.BULK)) == 2
    assert queue.count_waiting(queue.redis(), queue.BULK) == 10
    told = queues.standing()
    assert told
    assert {one.name: one.waiting for one in told.queues} == {
        queue.URGENT: 0,
        queue.BULK: 10,
        queue.WEBHOOKS: 0,
    }


def test_what_waits_in_a_lane_counts_as_queued(ama: Member, wire: ScriptedSessions) -> None:
    messages = [send(ama, phones(BATCH)) for _ in range(5)]
    pairs = [(one.id, one.ticket) for one in messages]
    assert queue.still_queued(pairs) == {one.id for one in messages}
    assert queue.still_queued((id, ticket + 1) for id, ticket in pairs) == set()


def test_a_lane_goes_on_when_a_worker_died_with_its_first_job(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    messages = [send(ama, phones(BATCH)) for _ in range(4)]
    take()
    assert waiting(queue.BULK) == []
    with time_machine.travel(now() + timedelta(seconds=30), tick=True):
        sending.wake_due()
        run_jobs()
    assert all(statuses(one.id) == {"SENT": BATCH} for one in messages)
    assert len({one.to for one in wire.submitted}) * 4 == len(wire.submitted) == 4 * BATCH


def test_a_new_message_sets_a_lane_going_again_at_once(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    send(ama, phones(BATCH))
    second = send(ama, phones(BATCH))
    take()
    third = send(ama, phones(BATCH))
    run_jobs()
    assert statuses(second.id) == statuses(third.id) == {"SENT": BATCH}


def test_losing_every_key_loses_nothing(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    messages = [send(ama, phones(3 * BATCH)) for _ in range(4)]
    run_one()
    queue.redis().flushall()
    with time_machine.travel(now() + timedelta(seconds=30), tick=True):
        sending.wake_due()
        run_jobs()
    assert all(statuses(one.id) == {"SENT": 3 * BATCH} for one in messages)
    assert len(wire.submitted) == 12 * BATCH


def test_nothing_is_left_behind_in_redis(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    for _ in range(6):
        send(ama, phones(BATCH))
    run_jobs()
    assert queue.redis().keys("flashsms:lanes:*") == []


def test_a_batch_takes_five_trips_to_redis(
    ama: Member, wire: ScriptedSessions, trips: Callable[[Callable[[], object]], int]
) -> None:
    """One more than without lanes and breakers, which are asked together."""
    message = send(ama, phones(3 * BATCH))
    take()
    assert trips(lambda: sending.send_next_batch(message.id, message.ticket)) == 5


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], int]:
    made: list[str] = []
    command, execute = Redis.execute_command, Pipeline.execute

    def one(self: Redis, *args: object, **options: object) -> object:
        made.append(str(args[0]))
        return command(self, *args, **options)

    def many(self: Pipeline, *args: object, **options: object) -> object:
        made.append("pipeline")
        return execute(self, *args, **options)

    def count(act: Callable[[], object]) -> int:
        monkeypatch.setattr(Redis, "execute_command", one)
        monkeypatch.setattr(Pipeline, "execute", many)
        act()
        return len(made)

    return count
