"""The tick: nobody's backlog delays anybody else, and what waits in vain takes little time."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from redis.exceptions import ConnectionError
from sqlalchemy import event, select, update

from flashsms import queue
from flashsms.extensions import db
from flashsms.models import Message, MessageStatus, now
from flashsms.services import sending
from flashsms.services.carriers import WayOut
from flashsms.services.sending import Order, batches, stranded, waking
from tests.factories import Member, phones, statuses
from tests.services.sending.test_routing import ByCarrier, add

RunJobs = Callable[[], int]


@pytest.fixture
def sessions(app: Flask) -> ByCarrier:
    found = app.extensions["carriers"] = ByCarrier()
    return found


@pytest.fixture
def own(sessions: ByCarrier) -> WayOut:
    """The only carrier, which is down."""
    way = add("Own", priority=1)
    sessions.down = {way.id}
    return way


def send(member: Member, phone: str, *, seconds: float | None = None) -> Message:
    later = now() + timedelta(seconds=seconds) if seconds else None
    order = Order(text="Akwaaba", recipients=[phone], scheduled_at=later)
    return sending.accept(member.account.id, order).message


def tick(run_jobs: RunJobs, seconds: float) -> int:
    """Run what a tick wakes after that time, and return how many jobs."""
    with time_machine.travel(now() + timedelta(seconds=seconds), tick=True):
        sending.wake_due()
        return run_jobs()


def forget_fresh(member: Member) -> None:
    """Let so much time pass for Redis that no try of the account counts as fresh."""
    queue.redis().delete(stranded._key(member.account.id))


def test_of_many_that_find_no_carrier_few_are_tried(
    ama: Member, own: WayOut, run_jobs: RunJobs
) -> None:
    for phone in phones(60):
        send(ama, phone)
    assert run_jobs() == 60
    assert tick(run_jobs, 2.1) == stranded.TRIED
    assert tick(run_jobs, 4.2) == stranded.TRIED  # the others still rest
    assert tick(run_jobs, 6.3) == stranded.TRIED


def test_once_a_carrier_is_back_all_leave_soon(
    ama: Member, sessions: ByCarrier, own: WayOut, run_jobs: RunJobs
) -> None:
    messages = [send(ama, phone) for phone in phones(60)]
    run_jobs()
    tick(run_jobs, 2.1)
    sessions.down = set()
    assert tick(run_jobs, 4.2) == stranded.TRIED
    forget_fresh(ama)  # for nobody tries in vain any more
    tick(run_jobs, 4.2 + stranded.SOONEST)
    assert all(statuses(one.id) == {"SENT": 1} for one in messages)


def test_what_was_not_in_vain_is_not_held_up_by_what_was(
    ama: Member, own: WayOut, run_jobs: RunJobs
) -> None:
    for phone in phones(60):
        send(ama, phone)
    run_jobs()
    lost = send(ama, phones(61)[60])  # its job is
    queue.redis().delete("rq:queue:urgent")
    db.session.execute(
        update(Message).where(Message.id == lost.id).values(wake_at=now() - timedelta(seconds=1))
    )
    db.session.commit()
    assert tick(run_jobs, 2.1) == stranded.TRIED + 1


def test_the_tries_are_shared_by_all_who_wait_in_vain(
    ama: Member, kofi: Member, own: WayOut, run_jobs: RunJobs
) -> None:
    for phone in phones(30):
        send(ama, phone)
        send(kofi, phone)
    run_jobs()
    assert tick(run_jobs, 2.1) == stranded.TRIED


def test_the_more_wait_in_vain_the_longer_they_rest(app: Flask) -> None:
    class One:
        account_id = 1

        def __init__(self, id: int) -> None:
            self.id = id

    def rest(count: int) -> float:
        for number in range(count):
            stranded.note(1, number)
        _, ((seconds, others),) = stranded.sift([One(number) for number in range(count)])
        assert len(others) == count - stranded.TRIED
        return seconds

    assert rest(100) == stranded.SOONEST
    assert rest(1500) == 6.0


def test_a_futile_try_is_survived_without_redis(
    ama: Member, own: WayOut, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = send(ama, phones(1)[0])

    def away() -> object:
        raise ConnectionError("Redis is away")

    with monkeypatch.context() as patch:
        patch.setattr(queue, "redis", away)
        sending.send_next_batch(message.id, message.ticket)
    rest = db.session.get_one(Message, message.id).wake_at - now()
    assert timedelta(0) < rest <= timedelta(seconds=batches.CARRIER_RETRY)


def test_what_waits_in_a_lane_delays_no_schedule(
    ama: Member, kofi: Member, sessions: ByCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    add("All", priority=1)
    monkeypatch.setattr(waking, "PER_TICK", 5)
    monkeypatch.setattr(waking, "LOOKED_AT", 10)
    for phone in phones(40):
        send(ama, phone)
    message = send(kofi, phones(1)[0], seconds=600)
    with time_machine.travel(now() + timedelta(seconds=601), tick=True):
        assert sending.wake_due().launched == 1
    db.session.refresh(message)
    assert message.status is MessageStatus.PENDING


def test_what_still_waits_for_a_worker_is_put_off_by_one_statement(
    app: Flask, ama: Member, sessions: ByCarrier
) -> None:
    add("All", priority=1)
    messages = [send(ama, phone) for phone in phones(40)]
    tickets = [one.ticket for one in messages]
    changes: list[str] = []

    def hear(_connection, _cursor, statement: str, *_rest) -> None:
        if "UPDATE messages" in statement:
            changes.append(statement)

    with time_machine.travel(now() + timedelta(seconds=601), tick=True):
        event.listen(db.engine, "before_cursor_execute", hear)
        try:
            assert sending.wake_due().resumed == 0
        finally:
            event.remove(db.engine, "before_cursor_execute", hear)
        assert len(changes) == 1
        db.session.expire_all()
        assert [one.ticket for one in messages] == tickets
        stalled = app.config["STALL_AFTER"] - timedelta(seconds=5)
        assert all(one.wake_at > now() + stalled for one in messages)


def test_accounts_have_turns_at_being_woken(
    ama: Member, kofi: Member, sessions: ByCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    add("All", priority=1)
    monkeypatch.setattr(waking, "PER_TICK", 4)
    for phone in phones(20):
        send(ama, phone)
    last = send(kofi, phones(1)[0])
    queue.redis().flushdb()  # all jobs are lost
    with time_machine.travel(now() + timedelta(seconds=601), tick=True):
        assert sending.wake_due().resumed == 4
    found = db.session.scalar(select(Message.ticket).where(Message.id == last.id))
    assert found == 2
