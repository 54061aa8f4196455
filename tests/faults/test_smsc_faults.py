"""An SMSC that goes away, is slow, complains or talks nonsense: the worker stays and says so."""

import random
import re
import time
from collections.abc import Iterator

import pytest

from flashsms.models import RecipientStatus
from flashsms.services import carriers
from tests.factories import Member, phones
from tests.faults.installation import LONG, Installation, Process, Smsc, eventually
from tests.faults.line import Line, break_off, insert
from tests.faults.verdict import (
    assert_nobody_was_texted_twice,
    assert_the_books_agree,
    send,
    send_bulk,
    standing,
    wait_until_all_are,
    wait_until_over,
    waiting,
)

pytestmark = pytest.mark.database

AWAY = 30.0 if LONG else 5.0
COUNT = 5000 if LONG else 2000
LATE = COUNT // 4  # each batch of them takes as long as its answers
BREAKS = 10 if LONG else 3
ROUNDS = 3 if LONG else 1
WINDOW = 50
BETWEEN = 3 * WINDOW  # answers between two mishaps, or half are errors and the breaker opens

# What arrives, and what the worker says about it.
JUNK = {
    b"HTTP/1.1 400 Bad Request\r\n\r\n": "does not speak SMPP",
    b"\x7f\xff\xff\xff" + random.Random(9).randbytes(60): "does not speak SMPP",
    b"\0\0\0\x14\0\0\x77\x77\0\0\0\0\0\0\0\x07junk": "unknown command 0x00007777",
    b"\0\0\0\x13\x80\0\0\x04\0\0\0\0\x7f\xff\xff\0id\0": "an answer to nothing",
    bytes(64): "does not speak SMPP",
}


@pytest.fixture
def smsc(installed: Installation) -> Smsc:
    return installed.smsc("--latency", "50")


@pytest.fixture
def line(smsc: Smsc) -> Iterator[Line]:
    with Line(smsc.port) as line:
        yield line


@pytest.fixture
def worker(installed: Installation, ama: Member) -> Process:
    worker, _ = installed.start("worker-1", "cron")
    return worker


def assert_nothing_was_lost(
    smsc: Smsc, ama: Member, recipients: list[str], *, breaks: int = 0
) -> None:
    """Everybody has one outcome; each break leaves at most a window of them unknown."""
    assert sum(standing().values()) == len(recipients)
    assert standing().get(RecipientStatus.UNKNOWN, 0) <= breaks * WINDOW
    assert_nobody_was_texted_twice(smsc)
    assert_the_books_agree(ama)


def wait_for(worker: Process, words: str, after: int) -> None:
    eventually(lambda: words in worker.said[after:], 10, f"the worker says {words!r}")


def test_an_smsc_that_goes_away_gets_the_rest_when_it_is_back(
    line: Line, smsc: Smsc, worker: Process, ama: Member
) -> None:
    carriers.set_url(f"{line.url}?window={WINDOW}")
    recipients = send_bulk(ama, COUNT)
    smsc.wait_for_more_than(COUNT // 4)
    line.cut()
    time.sleep(AWAY)
    assert waiting()
    line.mend()
    wait_until_over(smsc, 90)
    assert worker.running
    assert "Cannot connect to 127.0.0.1" in worker.said
    assert_nothing_was_lost(smsc, ama, recipients, breaks=1)


def test_an_smsc_that_asks_to_slow_down_gets_everybody_once(
    installed: Installation, worker: Process, ama: Member
) -> None:
    smsc = installed.smsc("--tps", "400")
    carriers.set_url(f"smpp://flashsms:simulated@127.0.0.1:{smsc.port}?window={WINDOW}")
    recipients = send_bulk(ama, COUNT)
    wait_until_all_are(RecipientStatus.DELIVERED, COUNT, 90)
    assert worker.running
    assert smsc.refused
    assert "The carrier asks to send more slowly." in worker.said
    assert_nothing_was_lost(smsc, ama, recipients)


def test_those_who_are_refused_at_first_are_tried_again_and_nobody_else(
    line: Line, smsc: Smsc, worker: Process, ama: Member
) -> None:
    carriers.set_url(f"{line.url}?window={WINDOW}")
    throttled, busy = phones(10, "0005"), phones(100, "0010")
    recipients = [*phones(COUNT), *throttled, *busy]
    send(ama, random.Random(1).sample(recipients, len(recipients)))
    wait_until_all_are(RecipientStatus.DELIVERED, len(recipients), 90)
    assert worker.running
    assert smsc.refused == dict.fromkeys([*throttled, *busy], 1)
    assert_nothing_was_lost(smsc, ama, recipients)


def test_answers_that_are_late_but_in_time_are_waited_for(
    line: Line, smsc: Smsc, worker: Process, ama: Member
) -> None:
    carriers.set_url(f"{line.url}?window=1000&response_timeout=4")
    line.delay = 2.0
    recipients = send_bulk(ama, LATE)
    wait_until_all_are(RecipientStatus.DELIVERED, LATE, 90)
    assert worker.running
    assert "did not answer" not in worker.said
    assert_nothing_was_lost(smsc, ama, recipients)


def test_answers_that_are_too_late_leave_the_outcome_to_the_receipts(
    line: Line, smsc: Smsc, worker: Process, ama: Member
) -> None:
    carriers.set_url(f"{line.url}?window={WINDOW}&response_timeout=1")
    recipients = send_bulk(ama, COUNT)
    smsc.wait_for_more_than(COUNT // 4)
    line.delay = 3.0
    eventually(lambda: worker.said.count("did not answer within 1 seconds") > 1, 30)
    assert waiting()
    line.delay = 0.0
    wait_until_over(smsc, 90)
    assert worker.running
    assert smsc.taken.keys() == set(recipients)
    assert_nothing_was_lost(smsc, ama, recipients)


def test_a_line_that_breaks_in_the_middle_of_a_pdu_costs_at_most_a_window(
    line: Line, smsc: Smsc, worker: Process, ama: Member
) -> None:
    carriers.set_url(f"{line.url}?window={WINDOW}")
    recipients = send_bulk(ama, COUNT)
    for _ in range(BREAKS):
        seen = len(smsc.lines)
        smsc.wait_for_more_than(seen + BETWEEN)
        assert waiting(), "the line broke too late to prove anything"
        line.mischief.append(break_off)
        eventually(lambda: not line.mischief, 10)
    wait_until_over(smsc, 90)
    assert worker.running
    assert len(re.findall("The connection to the carrier was lost", worker.said)) >= BREAKS
    assert_nothing_was_lost(smsc, ama, recipients, breaks=BREAKS)


def test_an_smsc_that_talks_nonsense_is_hung_up_on_and_called_again(
    line: Line, smsc: Smsc, worker: Process, ama: Member
) -> None:
    carriers.set_url(f"{line.url}?window={WINDOW}")
    recipients = send_bulk(ama, COUNT)
    nonsense = list(JUNK.items()) * ROUNDS
    for junk, complaint in nonsense:
        seen, said = len(smsc.lines), len(worker.said)
        smsc.wait_for_more_than(seen + BETWEEN)
        assert waiting(), "the nonsense came too late to prove anything"
        line.mischief.append(insert(junk))
        wait_for(worker, complaint, said)
    wait_until_over(smsc, 90)
    assert worker.running
    assert_nothing_was_lost(smsc, ama, recipients, breaks=len(nonsense))
