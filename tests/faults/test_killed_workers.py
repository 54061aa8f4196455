"""Workers that are killed in the middle of their work, again and again."""

import random
import time

import pytest

from flashsms.models import RecipientStatus
from flashsms.services import carriers
from tests.factories import Member, phones
from tests.faults.installation import LONG, Installation
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

KILLS = 10
SEEDS = range(5) if LONG else range(1)


@pytest.fixture
def env(env: dict[str, str]) -> dict[str, str]:
    """Small batches: a kill takes the rest of its batch along, and ten should not take all."""
    return {**env, "BATCH_SIZE": "100"}


@pytest.mark.parametrize("seed", SEEDS)
def test_kill_9_of_the_worker_ten_times_texts_nobody_twice_and_loses_nobody(
    installed: Installation, ama: Member, seed: int
) -> None:
    moment = random.Random(seed)
    smsc = installed.smsc("--latency", "30")
    carriers.set_url(f"smpp://flashsms:simulated@127.0.0.1:{smsc.port}?window=32")
    recipients = send_bulk(ama)
    worker, _ = installed.start("worker-1", "cron")
    for _ in range(KILLS):
        seen = len(smsc.lines)
        smsc.wait_for_more_than(seen)
        time.sleep(moment.uniform(0, 0.5))  # any moment will do: that is the point
        assert waiting(), "the kill came too late to prove anything"
        worker.kill()
        (worker,) = installed.start("worker-1")

    wait_until_over(smsc, 60)
    assert sum(standing().values()) == len(recipients)
    assert_nobody_was_texted_twice(smsc)
    assert_the_books_agree(ama)


def test_a_worker_with_nothing_to_send_fetches_the_receipts_that_wait(
    installed: Installation, ama: Member
) -> None:
    smsc = installed.smsc("--late", "2")
    carriers.set_url(f"smpp://flashsms:simulated@127.0.0.1:{smsc.port}")
    recipients = phones(100, "0007")
    send(ama, recipients)
    worker, _ = installed.start("worker-1", "cron")
    wait_until_all_are(RecipientStatus.SENT, len(recipients), 20)
    worker.kill()
    installed.start("worker-1")
    wait_until_all_are(RecipientStatus.DELIVERED, len(recipients), 20)
    assert_nobody_was_texted_twice(smsc)
    assert_the_books_agree(ama)
