"""A worker follows what operators do to carriers while it runs."""

import logging
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy.exc import OperationalError

from flashsms import worker
from flashsms.carriers.contract import Fate, Submission
from flashsms.carriers.sessions import Sessions
from flashsms.extensions import db
from flashsms.services import carriers
from flashsms.services.carriers import WayOut, watching
from flashsms.simulator import Simulator
from flashsms.simulator.smsc import Behaviour

SOON = 0.05  # seconds between two looks


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "REPORT_SECONDS", SOON)


@pytest.fixture
def sessions(app: Flask) -> Iterator[Sessions]:
    found = app.extensions["carriers"] = Sessions(lambda key, heard: None)
    yield found
    found.close()


@pytest.fixture
def looked_after(app: Flask, sessions: Sessions) -> Iterator[Sessions]:
    with worker._looking_after(app, sessions, "w1", open_all=True):
        yield sessions


def wait_for(fact: Callable[[], object], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.01)


def binds(simulator: Simulator) -> int:
    return len(simulator._connections)


def add(simulator: Simulator, name: str = "Way") -> WayOut:
    return carriers.read(carriers.add(name, f"smpp://a:b@127.0.0.1:{simulator.port}"))


def some(count: int) -> list[Submission]:
    return [Submission(at, f"23324{5000 + at:07d}", "SHOP", "Hello") for at in range(count)]


def test_carriers_are_opened_when_they_are_added_and_closed_when_switched_off(
    app: Flask, looked_after: Sessions
) -> None:
    with Simulator() as one, Simulator() as two:
        first = add(one)
        wait_for(lambda: binds(one) == 1)
        add(two, "Second")
        wait_for(lambda: binds(two) == 1)
        carriers.pause(first.public_id, "Its receipts are still wanted")
        time.sleep(4 * SOON)
        assert binds(one) == 1
        carriers.remove(first.public_id)
        wait_for(lambda: binds(one) == 0)
        assert binds(two) == 1
        carriers.switch_on(first.public_id)
        wait_for(lambda: binds(one) == 1)
        looked_after.close()


def test_another_url_is_followed(app: Flask, looked_after: Sessions) -> None:
    with Simulator() as one, Simulator() as two:
        way = add(one)
        wait_for(lambda: binds(one) == 1)
        url = f"smpp://a:b@127.0.0.1:{two.port}"
        carriers.edit(way.public_id, way.name, url, priority=1, operators=())
        wait_for(lambda: (binds(one), binds(two)) == (0, 1))
        looked_after.close()


def test_a_secret_that_cannot_be_read_closes_nothing_else(
    app: Flask, looked_after: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    with Simulator() as one, Simulator() as two:
        first, _ = add(one), add(two, "Second")
        wait_for(lambda: binds(one) == binds(two) == 1)
        row = db.session.get_one(carriers.ways.Carrier, first.id)
        row.url = "sealed with another key"
        db.session.commit()
        wait_for(lambda: binds(one) == 0)
        time.sleep(10 * SOON)
        assert binds(two) == 1
        assert caplog.text.count("SECRET_KEY is not the one") == 1
        looked_after.close()


def test_what_is_being_sent_when_a_carrier_is_switched_off_is_settled(
    app: Flask, looked_after: Sessions
) -> None:
    """What was written keeps its answer, what was not comes back: nothing is sent twice."""
    with Simulator(Behaviour(latency=0.3)) as simulator:
        url = f"smpp://a:b@127.0.0.1:{simulator.port}?window=5"
        way = carriers.read(carriers.add("Way", url))
        wait_for(lambda: looked_after.ready(way.id, url))
        threading.Timer(0.15, in_context, (app, lambda: carriers.remove(way.public_id))).start()
        outcomes = looked_after.submit(way.id, url, some(20))
        fates = [outcome.fate for outcome in outcomes]
        assert set(fates) == {Fate.ACCEPTED, Fate.UNSENT}
        assert fates.count(Fate.ACCEPTED) == simulator.record.parts.total()
        looked_after.close()


def test_another_url_of_one_account_is_bound_after_the_old_one_hung_up(sessions: Sessions) -> None:
    """Some carriers allow one bind, and refuse a second for half a minute."""
    with Simulator(Behaviour(latency=0.5)) as simulator:
        url = f"smpp://a:b@127.0.0.1:{simulator.port}"
        assert sessions.ready(1, url)
        sending = threading.Thread(target=sessions.submit, args=(1, url, some(1)))
        sending.start()
        wait_for(lambda: simulator.record.parts.total() == 1 or sessions.stats()[1].in_flight)
        sessions.keep({1: f"{url}?window=3"}, open_all=True)
        seen = set()
        wait_for(lambda: seen.add(binds(simulator)) or sessions.stats()[1].window == 3)
        assert max(seen) == 1
        sending.join()
        assert simulator.record.parts.total() == 1
        sessions.close()


def in_context(app: Flask, act: Callable[[], object]) -> None:
    with app.app_context():
        act()


def test_a_worker_for_urgent_work_opens_nothing_by_itself(app: Flask, sessions: Sessions) -> None:
    with Simulator() as simulator, worker._looking_after(app, sessions, "w1", open_all=False):
        way = add(simulator)
        time.sleep(4 * SOON)
        assert binds(simulator) == 0
        assert sessions.ready(way.id, way.url)
        time.sleep(4 * SOON)
        assert binds(simulator) == 1
        carriers.remove(way.public_id)
        wait_for(lambda: binds(simulator) == 0)
        sessions.close()


def test_how_they_stand_is_told_and_taken_back(app: Flask, sessions: Sessions) -> None:
    with Simulator() as simulator:
        with worker._looking_after(app, sessions, "w1", open_all=True):
            way = add(simulator)

            def ready() -> int:
                conditions = watching.conditions([way.id])
                return conditions[way.id].ready if conditions else 0

            wait_for(lambda: ready() == 1)
        assert ready() == 0
        sessions.close()


def test_a_database_that_is_away_for_a_moment_stops_nothing(
    app: Flask,
    looked_after: Sessions,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Simulator() as simulator:
        add(simulator)
        wait_for(lambda: binds(simulator) == 1)
        with monkeypatch.context() as broken:

            def fail() -> list[WayOut]:
                raise OperationalError("SELECT", {}, Exception("gone"))

            broken.setattr(carriers, "listening", fail)
            wait_for(lambda: "cannot be read" in caplog.text)
        assert binds(simulator) == 1
        with Simulator() as other:
            add(other, "Second")
            wait_for(lambda: binds(other) == 1)
            looked_after.close()


def test_keeping_after_the_end_opens_nothing(sessions: Sessions) -> None:
    before = threading.active_count()
    with Simulator() as simulator:
        sessions.close()
        sessions.keep({1: simulator.url}, open_all=True)
        assert binds(simulator) == 0
    assert threading.active_count() == before


def test_reports_of_workers_that_were_killed_are_dropped(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis: Redis = app.extensions["redis"]
    redis.hset("flashsms:carrier:7", "killed", '{"at": 1000, "ready": true, "more": 1}')
    stats = watching.CarrierStats(True, 0, 64, 0, 0, 0)
    watching.Reporter("w1").tell({7: stats}, {})
    assert set(redis.hgetall("flashsms:carrier:7")) == {b"w1"}


def test_a_report_of_another_version_is_read_as_far_as_it_goes(app: Flask) -> None:
    said = f'{{"at": {time.time()}, "ready": true, "of": "the future"}}'
    app.extensions["redis"].hset("flashsms:carrier:7", "w1", said)
    conditions = watching.conditions([7])
    assert conditions
    assert (conditions[7].ready, conditions[7].window) == (1, 0)


def test_the_log_never_tells_a_password(
    app: Flask, looked_after: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    carriers.add("Way", "smpp://a:hush@127.0.0.1:1")
    wait_for(lambda: "Cannot connect" in caplog.text)
    assert "hush" not in caplog.text


def test_a_session_is_opened_anew_when_its_carrier_is_mended(looked_after: Sessions) -> None:
    with Simulator() as smsc:
        way = add(smsc)
        wait_for(lambda: binds(smsc) == 1)
        [before] = smsc._connections
        looked_after.reopen(way.id)
        wait_for(lambda: binds(smsc) == 1 and before not in smsc._connections)
        [outcome] = looked_after.submit(way.id, way.url, [Submission(1, "233241234567", "A", "Hi")])
        assert outcome.fate is Fate.ACCEPTED
        looked_after.reopen(99)  # one that there is not
        looked_after.close()


def test_one_look_that_fails_does_not_end_the_looking(
    looked_after: Sessions, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as broken:

        def fail() -> list[WayOut]:
            raise AttributeError("'NoneType' object has no attribute 'outbox'")

        broken.setattr(carriers, "listening", fail)
        wait_for(lambda: "could not be looked after" in caplog.text)
    with Simulator() as one:
        add(one)
        wait_for(lambda: binds(one) == 1)
        looked_after.close()
