"""Workers that are asked to leave in the middle of a batch."""

import pytest

from flashsms.models import RecipientStatus
from flashsms.services import carriers
from tests.factories import Member
from tests.faults.installation import LONG, Installation
from tests.faults.verdict import (
    assert_nobody_was_texted_twice,
    assert_the_books_agree,
    send_bulk,
    standing,
    wait_until_all_are,
    waiting,
)

pytestmark = pytest.mark.database

LEAVES = 10 if LONG else 3


def test_a_worker_asked_to_leave_settles_its_batch_and_another_does_the_rest(
    installed: Installation, ama: Member
) -> None:
    smsc = installed.smsc("--latency", "200")
    carriers.set_url(f"smpp://flashsms:simulated@127.0.0.1:{smsc.port}?window=64")
    recipients = send_bulk(ama, 3000)
    installed.start("cron")
    for _ in range(LEAVES):
        seen = len(smsc.lines)
        (worker,) = installed.start("worker-1")
        smsc.wait_for_more_than(seen)
        assert worker.terminate(seconds=10) == 0
        assert not {RecipientStatus.UNKNOWN, RecipientStatus.SUBMITTING} & standing().keys()
        assert waiting(), "it left too late to prove anything"

    installed.start("worker-1")
    wait_until_all_are(RecipientStatus.DELIVERED, len(recipients), 60)
    assert smsc.taken.keys() == set(recipients)
    assert_nobody_was_texted_twice(smsc)
    assert_the_books_agree(ama)
