"""Workers that are killed in the middle of a file of contacts."""

import random
import time
from collections import Counter

import pytest
from sqlalchemy import func, select

from flashsms.extensions import db
from flashsms.models import Contact, ContactBlock, ImportBlock, ImportProblem, ImportStatus
from flashsms.services import contacts, imports
from tests.factories import Member, phones
from tests.faults.installation import LONG, Installation, eventually
from tests.services.imports.files import started

pytestmark = pytest.mark.database

ROWS = 30_000
KILLS = 3  # at least
BAD = 10  # every tenth row has no number
SEEDS = range(5) if LONG else range(1)


def progress(member: Member, public_id: str) -> imports.Progress:
    db.session.commit()
    return imports.progress(member.account.id, public_id)


def goes_on(member: Member, public_id: str) -> bool:
    """Wait until more rows are done than now, and return whether some are left."""
    rows = progress(member, public_id).rows

    def moved() -> bool:
        there = progress(member, public_id)
        return there.rows > rows or there.status is not ImportStatus.RUNNING

    eventually(moved, 40, "the import goes on")
    return progress(member, public_id).status is ImportStatus.RUNNING


def blocks_left() -> int:
    db.session.commit()
    return db.session.scalar(select(func.count()).select_from(ImportBlock)) or 0


@pytest.mark.parametrize("seed", SEEDS)
def test_kill_9_of_the_worker_again_and_again_adds_everybody_once(
    installed: Installation, ama: Member, seed: int
) -> None:
    moment = random.Random(seed)
    group = contacts.groups.create(ama.account.id, "Everybody")
    rows = [phone if n % BAD else "nobody" for n, phone in enumerate(phones(ROWS))]
    numbers = [phone for phone in rows if phone != "nobody"]
    upload = started(ama, "phone\n" + "\n".join(rows), "phone", group_id=group.id)
    worker, _ = installed.start("worker-1", "cron")
    kills = 0
    while goes_on(ama, upload.public_id):
        time.sleep(moment.uniform(0, 0.15))  # any moment will do: that is the point
        worker.kill()
        kills += 1
        (worker,) = installed.start("worker-1")
    assert kills >= KILLS, "it was over too soon to prove anything"

    bad = ROWS // BAD
    assert progress(ama, upload.public_id) == imports.Progress(
        ImportStatus.DONE, 100, ROWS, created=len(numbers), skipped=0, invalid=bad, error=None
    )
    added = Counter(db.session.scalars(select(Contact.phone)))
    assert added == Counter(numbers)
    lines = db.session.scalars(select(ImportProblem.line).order_by(ImportProblem.line)).all()
    assert lines == [n + 2 for n in range(0, ROWS, BAD)]
    assert contacts.page(ama.account.id, 1, 1, group_id=group.id).total == len(numbers)
    counted = select(func.sum(ContactBlock.contacts)).where(ContactBlock.group_id == 0)
    assert db.session.scalar(counted) == len(numbers)
    eventually(lambda: not blocks_left(), 10, "the file is dropped")
