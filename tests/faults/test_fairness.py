"""One account's hundreds of campaigns do not delay another's, with real workers and a real SMSC."""

import pytest
from sqlalchemy import bindparam, text, update

from flashsms.extensions import db
from flashsms.models import Message, Recipient
from flashsms.services import carriers, sending
from flashsms.services.sending import Order
from tests.factories import Member, member, phones
from tests.faults.installation import Installation, Smsc, eventually

pytestmark = [pytest.mark.database, pytest.mark.alone]

CAMPAIGNS, EACH = 300, 1000
BATCH = 20
OURS = 200
_FILL = """
INSERT INTO recipients
    (message_id, phone, status, parts, credits, attempts, refusals, due_at)
SELECT messages.id, '23355' || substr(CAST(10001000 + numbers.i AS text), 2),
    'QUEUED', 1, 1, 0, 0, :due
FROM messages, numbers
"""
_NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(i) AS "
    "(SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < :n) ",
    "postgresql": "WITH numbers(i) AS (SELECT generate_series(1, :n)) ",
}


@pytest.fixture
def env(env: dict[str, str]) -> dict[str, str]:
    return {**env, "BATCH_SIZE": str(BATCH), "STALL_AFTER": "20s", "URGENT_MAX": "1"}


@pytest.fixture
def busy() -> Member:
    return member("Busy", "busy@example.com", credits=1_000_000)


def send(one: Member, to: list[str]) -> Message:
    return sending.accept(one.account.id, Order(text="Akwaaba", recipients=to)).message


def fill_campaigns(one: Member) -> None:
    """Accept campaigns of two and make them a thousand each, which takes less time."""
    for _ in range(CAMPAIGNS):
        send(one, phones(2))
    due = bindparam("due", type_=Recipient.due_at.type)
    message = db.session.query(Message).first()
    assert message
    values = {"n": EACH - 2, "due": message.created_at}
    prefix = _NUMBERS[db.engine.dialect.name]
    sqlite = db.engine.dialect.name == "sqlite"
    insert = f"{prefix}{_FILL}" if sqlite else _FILL.replace("INSERT", f"{prefix}INSERT", 1)
    db.session.execute(text(insert).bindparams(due), values)
    db.session.execute(update(Message).values(waiting=EACH, recipient_count=EACH))
    db.session.commit()


def left(smsc: Smsc, ours: set[str]) -> tuple[int, int]:
    """Return how many of our messages the SMSC took, and how many of others."""
    taken = [line[0] for line in smsc.lines if line[1] != "-"]
    mine = sum(number in ours for number in taken)
    return mine, len(taken) - mine


def test_three_hundred_campaigns_do_not_delay_the_two_hundred_of_another(
    installed: Installation, ama: Member, busy: Member
) -> None:
    smsc = installed.smsc("--latency", "20")
    carriers.set_url(f"smpp://flashsms:simulated@127.0.0.1:{smsc.port}?window=32")
    fill_campaigns(busy)
    ours = {f"23320{number:07d}" for number in range(1000, 1000 + OURS)}
    installed.start("worker-1", "worker-2", "cron")
    smsc.wait_for_more_than(10 * BATCH)
    before = left(smsc, ours)[1]
    send(ama, sorted(ours))
    eventually(lambda: left(smsc, ours)[0] == OURS, 60, "all of the smaller account left")
    others = left(smsc, ours)[1] - before
    in_flight = 4 * BATCH  # what both workers had taken at either end
    print(f"{others} of the other account left beside {OURS}")
    assert others <= 2 * OURS + in_flight
