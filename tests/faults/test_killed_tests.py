"""Workers that are killed while they pretend to send what test keys sent."""

import random
import time

import pytest
from sqlalchemy import func, select

from flashsms.extensions import db
from flashsms.models import RecipientStatus, Transaction
from flashsms.services import carriers, sending
from tests.factories import Member, phones
from tests.faults.installation import Installation, eventually
from tests.faults.verdict import assert_the_books_agree, every_message, standing, waiting

pytestmark = pytest.mark.database

KILLS = 2
BOUND = 45  # seconds: the lease and the look after it, then overdue receipts, all on a busy machine


def test_a_test_ends_in_time_although_its_worker_is_killed_again_and_again(
    installed: Installation, ama: Member
) -> None:
    moment, smsc = random.Random(1), installed.smsc()
    carriers.set_url(f"smpp://flashsms:simulated@127.0.0.1:{smsc.port}")
    booked = _booked()
    for ending, to in {"": 700, "0002": 300, "0005": 300, "0007": 300, "0006": 100}.items():
        order = sending.Order(text="Hello", recipients=phones(to, ending), is_test=True)
        sending.accept(ama.account.id, order)
    worker, _ = installed.start("worker-1", "cron")
    for _ in range(KILLS):
        before = waiting()
        eventually(lambda before=before: waiting() < before, 30, "something is under way")
        time.sleep(moment.uniform(0, 0.1))
        worker.kill()
        (worker,) = installed.start("worker-1")
    delivered, failed, sent = (
        RecipientStatus.DELIVERED,
        RecipientStatus.FAILED,
        RecipientStatus.SENT,
    )
    ended = {delivered: 1300, failed: 300, sent: 100}
    eventually(lambda: standing() == ended, BOUND, "everybody ended as documented")
    eventually(lambda: not waiting(), BOUND)
    assert smsc.lines == []
    assert _booked() == booked
    eventually(lambda: not _due(), BOUND, "nothing is looked after any more")
    assert_the_books_agree(ama)


def _booked() -> int:
    db.session.commit()
    return db.session.scalar(select(func.count()).select_from(Transaction)) or 0


def _due() -> int:
    db.session.commit()
    return sum(message.wake_at is not None for message in every_message())
