"""Webhooks while receivers hang, workers are killed, and Redis is gone: each event arrives."""

import time
from collections.abc import Iterator
from itertools import count
from statistics import quantiles

import pytest
from flask import Flask

from tests import factories, receivers
from tests.factories import Member
from tests.faults.installation import LONG, Installation, eventually
from tests.faults.webhooks import arrived, delays, left, listen, tell, tell_all
from tests.receivers import Receiver, says

pytestmark = pytest.mark.database

ACCOUNTS = 5
RATE = 1200  # events a second in six accounts, of which one has the slow receivers
STEP = 0.05  # seconds between two batches
SECONDS = 15 if LONG else 6
KILLS = 3 if LONG else 1


@pytest.fixture
def env(env: dict[str, str]) -> dict[str, str]:
    return {**env, "WEBHOOK_ALLOW": "127.0.0.0/8"}


@pytest.fixture
def receiver(app: Flask) -> Iterator[Receiver]:
    with receivers.receiver() as one:
        yield one


@pytest.fixture
def kofi(app: Flask) -> Member:
    return factories.member("Kofi", "kofi@example.com")


def test_at_1000_events_a_second_slow_receivers_delay_nobody_else(
    installed: Installation, ama: Member, receiver: Receiver
) -> None:
    installed.start("webhooks", "urgent", "cron")
    others = [factories.member(f"Other {n}", f"other{n}@example.com") for n in range(ACCOUNTS)]
    numbers = count()
    with receivers.receiver(pause=60) as hangs, receivers.receiver(pause=2) as slow:
        for one in (hangs, slow):
            listen(ama, one)
        for member in others:
            listen(member, receiver)
        tell_all([*others, ama], count(), 1)
        eventually(lambda: len(receiver.events) == ACCOUNTS, 30, "the worker works")
        receiver.arrivals.clear()
        each, began = int(RATE * STEP) // (ACCOUNTS + 1), time.monotonic()
        for step in range(int(SECONDS / STEP)):
            time.sleep(max(0.0, began + step * STEP - time.monotonic()))
            tell_all([*others, ama], numbers, each)
        took, told = time.monotonic() - began, next(numbers)
        of_others = told * ACCOUNTS // (ACCOUNTS + 1)
        eventually(lambda: len(arrived(receiver)) >= of_others, 10, "all of them arrived")
        assert len(hangs.arrivals) >= 1
        assert len(slow.arrivals) >= 2
    late = delays(receiver)
    cuts = quantiles(late, n=100)
    print(
        f"{told} events, {told / took:.0f} a second in {len(receiver.arrivals)} requests: "
        f"p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms, max {late[-1] * 1000:.0f} ms"
    )
    assert told / took > RATE * 0.8, "the events came too slowly to prove anything"
    assert late[-1] < 1.0
    assert len(arrived(receiver)) == len(set(arrived(receiver)))  # and nobody was told twice


def test_kill_9_of_the_worker_loses_no_event(
    installed: Installation, ama: Member, receiver: Receiver
) -> None:
    receiver.pause = 0.1
    listen(ama, receiver)
    tell(ama, range(3000))
    worker, *_ = installed.start("webhooks", "urgent", "cron")
    for _ in range(KILLS):
        seen = len(receiver.arrivals) + 3
        eventually(lambda seen=seen: len(receiver.arrivals) >= seen, 40, "some were told")
        worker.kill()
        assert left(), "the kill came too late to prove anything"
        (worker,) = installed.start("webhooks")
    eventually(lambda: not left(), 60, "everything was told")
    assert set(arrived(receiver)) == set(range(3000))
    again = [arrival.headers["webhook-id"] for arrival in receiver.arrivals]
    assert len(again) - len(set(again)) <= KILLS, "only what was under way may come twice"


def test_a_worker_that_is_asked_to_end_leaves_in_time_and_tells_nothing_twice(
    installed: Installation, ama: Member, kofi: Member, receiver: Receiver
) -> None:
    receiver.pause = 0.3
    with receivers.receiver(pause=60) as hangs:
        listen(ama, receiver)
        listen(kofi, hangs)
        tell(kofi, range(1))
        tell(ama, range(1000))
        worker, *_ = installed.start("webhooks", "urgent", "cron")
        eventually(lambda: receiver.arrivals and hangs.arrivals, 30, "some were told")
        assert worker.terminate(8) == 0
        hangs.answer, hangs.pause = says(200), 0
        installed.start("webhooks")
        eventually(lambda: not left(), 30, "everything was told")
        assert len(hangs.arrivals) == 2
    assert sorted(arrived(receiver)) == list(range(1000))


def test_two_workers_at_once_tell_each_event_once(
    installed: Installation, ama: Member, kofi: Member, receiver: Receiver
) -> None:
    listen(ama, receiver)
    listen(kofi, receiver)
    workers = installed.start("webhooks", "webhooks-2", "urgent", "cron")
    for number in range(0, 2000, 20):
        tell((ama, kofi)[number % 40 == 0], range(number, number + 20))
        with installed.redis as client:  # the mark is lost: both have a job
            client.delete("flashsms:delivering")
    eventually(lambda: not left(), 30, "everything was told")
    assert all(one.running for one in workers)
    assert sorted(arrived(receiver)) == list(range(2000))


def test_redis_that_is_gone_delays_events_and_loses_none(
    installed: Installation, ama: Member, receiver: Receiver
) -> None:
    listen(ama, receiver)
    installed.start("webhooks", "urgent", "cron")
    tell(ama, range(10))
    eventually(lambda: len(receiver.events) == 10, 20, "the first were told")
    installed.kill_redis()
    tell(ama, range(10, 20))
    installed.start_redis()

    def told() -> bool:
        installed.supervise()
        return len(set(arrived(receiver))) == 20

    eventually(told, 40, "what happened meanwhile is told")
