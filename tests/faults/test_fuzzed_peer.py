"""A peer that talks 100,000 PDUs of nonsense while real messages are sent to it."""

import gc
import logging
import os
import re
import time
from collections import Counter
from collections.abc import Sequence
from itertools import count
from random import SystemRandom

import pytest

from flashsms.carriers.contract import Arrival, Fate, Inbound, Outcome, Receipt, Submission
from flashsms.carriers.sessions import Sessions
from flashsms.carriers.smpp import link, session
from flashsms.carriers.smpp.batch import Part, Recipient
from flashsms.carriers.smpp.session import Session
from tests.faults.fuzz import Fuzzer, Record
from tests.faults.installation import LONG, POLL

PDUS = 1_000_000 if LONG else 100_000
RECIPIENTS = 40_000 if LONG else 4_000
SEED = int(os.environ.get("FUZZ_SEED") or (SystemRandom().randrange(1 << 32) if LONG else 6))
WARM = 0.25  # of the PDUs, before memory is measured
GROWTH = 160 * PDUS  # bytes; to keep every PDU takes about 500 each
UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
AGAIN = {Fate.UNSENT, Fate.BUSY, Fate.THROTTLED}  # what may be sent again


class Told:
    """What the carrier told, looked at and counted but not kept."""

    def __init__(self) -> None:
        self.receipts: set[str] = set()
        self.texts = 0
        self.unstorable: list[Inbound] = []

    def __call__(self, key: int, arrivals: Sequence[Arrival]) -> None:
        for one in arrivals:
            if isinstance(one, Receipt):
                self.receipts.add(one.carrier_id)
                continue
            self.texts += 1
            if UNSTORABLE.search(one.text + one.phone + one.number):
                self.unstorable.append(one)


def submissions() -> list[Submission]:
    """Every tenth is of two parts."""
    return [
        Submission(n, f"2332{n:08d}", "SHOP", f"Message {n} " + "x" * (150 if n % 10 == 0 else 0))
        for n in range(RECIPIENTS)
    ]


def resident() -> int:
    """Bytes of memory that this process has."""
    gc.collect()
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Sender:
    """Sends everybody until each has an outcome that stands, as the services do."""

    def __init__(self, sessions: Sessions, fuzzer: Fuzzer) -> None:
        self._sessions = sessions
        self._fuzzer = fuzzer
        self.outcomes: dict[int, Outcome] = {}
        self.warm = 0

    def send(self, waiting: list[Submission]) -> None:
        url = f"{self._fuzzer.url}?window=8&response_timeout=20&enquire=20"
        while waiting:
            self._wait_for_the_session(url)
            batch, waiting = waiting[:200], waiting[200:]
            outcomes = self._sessions.submit(1, url, batch)
            assert [one.reference for one in outcomes] == [one.reference for one in batch]
            for submission, outcome in zip(batch, outcomes, strict=True):
                if outcome.fate in AGAIN:
                    waiting.append(submission)
                else:
                    assert submission.reference not in self.outcomes
                    self.outcomes[submission.reference] = outcome
            if not self.warm and self._fuzzer.record.pdus > WARM * PDUS:
                self.warm = resident()

    def _wait_for_the_session(self, url: str) -> None:
        deadline = time.monotonic() + 30
        while not self._sessions.ready(1, url):
            assert time.monotonic() < deadline, self._sessions.trouble(1)
            time.sleep(POLL)


@pytest.fixture
def sessions(told: Told):
    sessions = Sessions(told)
    yield sessions
    sessions.close()


@pytest.fixture
def told() -> Told:
    return Told()


def test_nonsense_crashes_nothing_fills_nothing_and_costs_nobody_a_message(
    sessions: Sessions,
    told: Told,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    print(f"FUZZ_SEED={SEED}")
    monkeypatch.setattr(link, "_FIRST_PAUSE", 0.02)
    monkeypatch.setattr(link, "_LONGEST_PAUSE", 0.02)
    monkeypatch.setattr(session, "_PEER_UNBIND_GRACE", 0.1)
    caplog.set_level(logging.CRITICAL, "flashsms.carriers")  # it complains of most PDUs, rightly
    everybody = submissions()
    began = time.monotonic()
    junk = PDUS // RECIPIENTS
    with Fuzzer(SEED, junk=junk, fatal=0.0015, drips=0.0005) as fuzzer:
        sender = Sender(sessions, fuzzer)
        sender.send(everybody)
        record = fuzzer.record
        texts = map(str, count())
        while record.pdus < PDUS:  # what the ends of sessions cut short
            more = [Submission(RECIPIENTS, "233209999999", "SHOP", next(texts))]
            sender.outcomes.pop(RECIPIENTS, None)
            sender.send(more)
        sender.outcomes.pop(RECIPIENTS, None)
        grown = resident() - sender.warm
        sessions.close()
    print(f"{record.pdus} PDUs, {record.connections} connections, {grown} bytes more,", end=" ")
    print(f"{Counter(one.fate.value for one in sender.outcomes.values())},", end=" ")
    print(f"{len(told.receipts)} receipts, {told.texts} texts, {time.monotonic() - began:.1f} s")

    assert [entry.getMessage() for entry in caplog.records if entry.name == "asyncio"] == []
    assert record.ended > 50
    assert record.survived == 0
    assert grown < GROWTH
    assert_nothing_is_kept()
    assert_nobody_was_written_to_twice(record)
    assert_every_outcome_is_the_truth(record, everybody, sender.outcomes)
    assert record.receipts
    assert record.receipts <= told.receipts
    assert 0 < record.texts <= told.texts
    assert told.unstorable == []


def assert_nothing_is_kept() -> None:
    gc.collect()
    kept = Counter(type(one).__name__ for one in gc.get_objects() if isinstance(one, Kept))
    assert kept.keys() <= {"Session"}, kept
    assert kept["Session"] <= 1, "the last one belongs to the sessions that are closed"


Kept = (Session, Part, Recipient)


def assert_nobody_was_written_to_twice(record: Record) -> None:
    """But for those that were refused for now: they are due once more for each refusal."""
    twice = [
        part for part, count in record.written.items() if count > 1 + record.refused_for_now[part]
    ]
    assert twice == []


def assert_every_outcome_is_the_truth(
    record: Record, everybody: list[Submission], outcomes: dict[int, Outcome]
) -> None:
    assert outcomes.keys() == {one.reference for one in everybody}
    parts: dict[str, list[tuple[str, bytes]]] = {}
    for part in sorted(record.written, key=lambda part: part[1]):  # by their header: in order
        parts.setdefault(part[0], []).append(part)
    for one in everybody:
        outcome, written = outcomes[one.reference], parts[one.to]
        ids = tuple(record.accepted[part] for part in written if part in record.accepted)
        whole = len(ids) == (2 if len(one.text) > 160 else 1)
        assert outcome.carrier_ids == ids, (one, outcome)
        assert (outcome.fate is Fate.ACCEPTED) is whole, (one, outcome)
        if outcome.fate is Fate.REFUSED:
            assert any(part in record.refused for part in written) or ids, (one, outcome)
    fates = Counter(outcome.fate for outcome in outcomes.values())
    assert fates[Fate.ACCEPTED] > 0.6 * len(everybody)
    assert fates[Fate.REFUSED] > 0
    assert fates[Fate.UNKNOWN] > 0
