"""The carriers of a worker: opened on first use, kept, and closed in time."""

import os
import signal
import threading
import time

import pytest

from flashsms.carriers.contract import Fate
from flashsms.carriers.sessions import Sessions
from flashsms.simulator import Simulator
from flashsms.simulator.smsc import Behaviour
from tests.carriers.helpers import some, to


class Ledger:
    """An `apply` that remembers its calls and fails when told to."""

    def __init__(self) -> None:
        self.groups: list[tuple[int, int]] = []
        self.phones: list[str] = []
        self.threads: set[str] = set()
        self.failures = 0

    def __call__(self, key, receipts) -> None:
        self.threads.add(threading.current_thread().name)
        if self.failures:
            self.failures -= 1
            raise OSError("the database is locked")
        self.groups.append((key, len(receipts)))
        self.phones.extend(receipt.phone for receipt in receipts)


@pytest.fixture
def ledger():
    return Ledger()


@pytest.fixture
def sessions(ledger):
    sessions = Sessions(ledger)
    yield sessions
    sessions.close()


@pytest.fixture
def simulator():
    with Simulator(Behaviour(redeliver=0.05)) as simulator:
        yield simulator


def wait_for(fact, seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.005)


def test_nothing_runs_before_the_first_use(ledger):
    before = threading.active_count()
    sessions = Sessions(ledger)
    assert threading.active_count() == before
    assert "not been used" in sessions.trouble(1)
    sessions.close()


def test_the_first_submit_opens_the_carrier_and_the_next_one_uses_it(sessions, simulator, ledger):
    for batch in (some(300), [to(1), to(2), to(4)]):
        outcomes = sessions.submit(7, simulator.url, batch)
        assert [outcome.reference for outcome in outcomes] == [s.reference for s in batch]
    assert outcomes[2].fate is Fate.REFUSED
    wait_for(lambda: len(ledger.phones) == 302)
    assert {key for key, _ in ledger.groups} == {7}
    assert len(ledger.groups) < 30
    assert ledger.threads == {"receipts"}
    wait_for(lambda: sessions.stats()[7].receipts == 302)
    stats = sessions.stats()[7]
    assert (stats.submitted, stats.in_flight, stats.reconnects) == (303, 0, 0)


def test_receipts_that_could_not_be_applied_come_again(sessions, simulator, ledger):
    ledger.failures = 2
    sessions.submit(1, simulator.url, some(5))
    wait_for(lambda: len(set(ledger.phones)) == 5)
    assert ledger.failures == 0


def test_two_carriers_keep_their_receipts_apart(sessions, simulator, ledger):
    with Simulator() as other:
        sessions.submit(1, simulator.url, [to(1)])
        sessions.submit(2, other.url, [to(2)])
        wait_for(lambda: len(ledger.phones) == 2)
        assert {key for key, _ in ledger.groups} == {1, 2}
        sessions.close()


def test_a_changed_url_reopens_the_carrier(sessions, simulator):
    with Simulator() as other:
        assert sessions.ready(1, simulator.url)
        assert sessions.ready(1, other.url)
        sessions.submit(1, other.url, [to(1)])
        assert other.record.parts.total() == 1
        assert simulator.record.parts.total() == 0
        sessions.close()


def test_a_url_that_is_no_carriers_gives_the_reason_and_sends_nothing(sessions):
    (outcome,) = sessions.submit(1, "pigeon://coop", [to(1)])
    assert outcome.fate is Fate.UNSENT
    assert "pigeon" in outcome.reason
    assert not sessions.ready(1, "pigeon://coop")
    assert sessions.trouble(1) == outcome.reason
    assert sessions.stats() == {}


def test_a_carrier_that_is_away_is_waited_for_once(sessions, monkeypatch):
    monkeypatch.setattr("flashsms.carriers.sessions._FIRST_BIND", 0.2)
    url = "simulator://127.0.0.1:1"
    assert not sessions.ready(1, url)
    before = time.monotonic()
    (outcome,) = sessions.submit(1, url, [to(1)])
    assert time.monotonic() - before < 0.1
    assert outcome.fate is Fate.UNSENT
    assert "Cannot connect" in outcome.reason
    assert sessions.trouble(1) == outcome.reason


def test_a_signal_during_a_submit_stops_the_writing_and_keeps_the_answers(ledger):
    with Simulator(Behaviour(latency=0.2)) as simulator:
        sessions = Sessions(ledger)
        assert sessions.ready(1, simulator.url + "?window=3")
        signal.signal(signal.SIGUSR1, lambda *_: sessions.stop_sending())
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        outcomes = sessions.submit(1, simulator.url + "?window=3", some(10))
        signal.signal(signal.SIGUSR1, signal.SIG_DFL)
        fates = [outcome.fate for outcome in outcomes]
        assert fates == [Fate.ACCEPTED] * 3 + [Fate.UNSENT] * 7
        (late,) = sessions.submit(1, simulator.url, [to(1)])
        assert (late.fate, late.reason) == (Fate.UNSENT, "The worker is stopping.")
        assert not sessions.ready(1, simulator.url)
        sessions.close()
        assert simulator.record.parts.total() == 3


def test_closing_is_quick_and_leaves_no_thread(ledger, simulator):
    before = threading.active_count()
    sessions = Sessions(ledger)
    sessions.submit(1, simulator.url, some(100))
    started = time.monotonic()
    sessions.close()
    assert time.monotonic() - started < 2
    assert threading.active_count() == before
    sessions.close()
