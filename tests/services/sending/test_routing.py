"""By which carrier recipients leave, over real SMPP where sockets matter."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from rq import Queue
from sqlalchemy import bindparam, text, update

from flashsms import queue
from flashsms.carriers.contract import Outcome, Receipt, Submission
from flashsms.carriers.sessions import Sessions
from flashsms.extensions import db
from flashsms.models import Account, Carrier, Message, Recipient, now
from flashsms.services import carriers, receipts, sending
from flashsms.services.carriers import WayOut
from flashsms.services.sending import Order, batches, routing
from flashsms.services.sending.routing import Share
from flashsms.simulator import Simulator
from tests.factories import Member, ledger_sum, phones, statuses
from tests.scripted import ScriptedSessions, accepted

RunJobs = Callable[[], int]
MTN, TELECEL, AT, OTHER = ("23324", "23320", "23326", "23328")


class ByCarrier(ScriptedSessions):
    """Remembers by which carrier each number left; `down` are the ids that are not up."""

    def __init__(self) -> None:
        super().__init__(accepted)
        self.left: list[tuple[int, str]] = []
        self.down: set[int] = set()

    def ready(self, key: int, url: str) -> bool:
        assert url
        return key not in self.down

    def submit(self, key: int, url: str, submissions: Sequence[Submission]) -> list[Outcome]:
        self.left += [(key, one.to) for one in submissions]
        return super().submit(key, url, submissions)

    def of(self, way: WayOut) -> set[str]:
        """Return what the numbers that left by a carrier begin with."""
        return {phone[:5] for key, phone in self.left if key == way.id}


@pytest.fixture
def sessions(app: Flask) -> ByCarrier:
    found = app.extensions["carriers"] = ByCarrier()
    return found


@pytest.fixture
def wired(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Real sessions, as a worker keeps them."""
    monkeypatch.setattr("flashsms.carriers.sessions._FIRST_BIND", 0.5)

    def apply(carrier_id: int, heard: Sequence[Receipt]) -> None:
        with app.app_context():
            receipts.apply(carrier_id, heard)

    app.extensions["carriers"] = Sessions(apply)
    yield
    app.extensions["carriers"].close()


def add(name: str, url: str = "smpp://a:b@127.0.0.1:1", *operators: str, priority: int) -> WayOut:
    return carriers.read(carriers.add(name, url, priority=priority, operators=operators))


def address(simulator: Simulator) -> str:
    """The simulator as a carrier that is not known to be one."""
    return f"smpp://shop:secret@127.0.0.1:{simulator.port}"


def numbers(start: str, count: int) -> list[str]:
    return [f"{start}{at:07d}" for at in range(1000, 1000 + count)]


def send(member: Member, to: Sequence[str], only: int | None = None) -> Message:
    order = Order(text="Akwaaba", recipients=to, only_carrier_id=only)
    return sending.accept(member.account.id, order).message


def run_one() -> None:
    """Run one job that waits."""
    queues = [Queue(name, connection=queue.redis()) for name in queue.QUEUES]
    taken = Queue.dequeue_any(queues, None, connection=queue.redis())
    assert taken
    taken[0].delete()
    sending.send_next_batch(*taken[0].args)


def work_until(true: Callable[[], bool], run_jobs: RunJobs) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        sending.wake_due()
        run_jobs()
        time.sleep(0.02)


def work_after(run_jobs: RunJobs, **duration: float) -> None:
    with time_machine.travel(now() + timedelta(**duration), tick=True):
        sending.wake_due()
        run_jobs()


def taken(*simulators: Simulator) -> Counter[str]:
    """How often each number was handed over, to any of them."""
    return Counter(
        phone
        for one in simulators
        for (phone, _), count in one.record.messages.items()
        for _ in range(count)
    )


def test_pausing_the_first_in_the_middle_sends_the_rest_by_the_second_once(
    app: Flask, ama: Member, wired: None, run_jobs: RunJobs
) -> None:
    app.config["BATCH_SIZE"] = 20
    with Simulator() as one, Simulator() as two:
        first = add("First", address(one), priority=1)
        add("Second", address(two), priority=2)
        message = send(ama, phones(200))
        for _ in range(4):
            run_one()
        carriers.pause(first.public_id, "The price went up.")
        work_until(lambda: statuses(message.id) == {"DELIVERED": 200}, run_jobs)
        assert len(taken(one)) == 80
        assert taken(one, two) == Counter(phones(200))
        app.extensions["carriers"].close()


def test_a_first_one_that_goes_away_is_taken_over_from(
    app: Flask, ama: Member, wired: None, run_jobs: RunJobs
) -> None:
    app.config["BATCH_SIZE"] = 20
    with ExitStack() as stack, Simulator() as two:
        one = stack.enter_context(Simulator())
        add("First", address(one), priority=1)
        add("Second", address(two), priority=2)
        message = send(ama, phones(100))
        run_one()
        work_until(lambda: statuses(message.id).get("DELIVERED", 0) >= 20, lambda: 0)
        stack.close()
        work_until(lambda: statuses(message.id) == {"DELIVERED": 100}, run_jobs)
        assert len(taken(one)) >= 20
        assert taken(one, two) == Counter(phones(100))
        app.extensions["carriers"].close()


def test_a_carrier_that_is_down_keeps_only_its_operator_waiting(
    app: Flask, ama: Member, wired: None, run_jobs: RunJobs
) -> None:
    with Simulator() as away:
        pass
    with Simulator() as here, ExitStack() as stack:
        add("MTN direct", address(away), "MTN", priority=1)
        add("Others", address(here), "Telecel", "AT", "Other", priority=2)
        message = send(ama, numbers(MTN, 30) + numbers(TELECEL, 30))
        work_until(lambda: statuses(message.id) == {"QUEUED": 30, "DELIVERED": 30}, run_jobs)
        assert taken(here) == Counter(numbers(TELECEL, 30))
        back = stack.enter_context(Simulator(port=away.port))
        work_until(lambda: statuses(message.id) == {"DELIVERED": 60}, run_jobs)
        assert taken(back) == Counter(numbers(MTN, 30))
        app.extensions["carriers"].close()


def test_operators_go_to_the_first_that_takes_them(
    ama: Member, sessions: ByCarrier, run_jobs: RunJobs
) -> None:
    mtn = add("MTN direct", "smpp://a:b@127.0.0.1:1", "MTN", priority=1)
    everything = add("All", priority=2)
    add("Dear", priority=3)
    message = send(ama, [number for start in (MTN, AT, OTHER) for number in numbers(start, 5)])
    run_jobs()
    assert statuses(message.id) == {"SENT": 15}
    assert sessions.of(mtn) == {MTN}
    assert sessions.of(everything) == {AT, OTHER}
    assert len(sessions.left) == 15
    sessions.down.add(mtn.id)
    send(ama, numbers(MTN, 5))
    run_jobs()
    assert sessions.of(everything) == {MTN, AT, OTHER}


def test_other_is_what_is_in_nobodys_ranges(
    app: Flask, ama: Member, sessions: ByCarrier, run_jobs: RunJobs
) -> None:
    app.config["COUNTRIES"] = ("NG",)
    other = add("Abroad", "smpp://a:b@127.0.0.1:1", "Other", "AT", priority=1)
    rest = add("All", priority=2)
    known = [f"233{block}1234567" for block in ("24", "20", "50", "55", "59")]
    strange = ["233281234567", "233511234567", "2348031234567", "233261234567"]
    message = send(ama, known + strange)
    run_jobs()
    assert statuses(message.id) == {"SENT": 9}
    assert {phone for key, phone in sessions.left if key == other.id} == set(strange)
    assert {phone for key, phone in sessions.left if key == rest.id} == set(known)


def test_no_share_starves_while_another_has_much_to_do(
    app: Flask, ama: Member, sessions: ByCarrier, run_jobs: RunJobs
) -> None:
    app.config["BATCH_SIZE"] = 10
    ways = [
        add(name, "smpp://a:b@127.0.0.1:1", name, priority=at)
        for at, name in enumerate(("MTN", "Telecel", "AT"), start=1)
    ]
    message = send(ama, numbers(MTN, 200) + numbers(TELECEL, 20) + numbers(AT, 20))
    for _ in range(6):
        run_one()
    assert [len([1 for key, _ in sessions.left if key == one.id]) for one in ways] == [20] * 3
    run_jobs()
    assert statuses(message.id) == {"SENT": 240}


def test_a_slow_share_does_not_hold_up_the_others(
    app: Flask, ama: Member, sessions: ByCarrier, run_jobs: RunJobs
) -> None:
    app.config["BATCH_SIZE"] = 10
    slow = add("Slow", "smpp://a:b@127.0.0.1:1?tps=1", "MTN", priority=1)
    quick = add("Quick", priority=2)
    send(ama, numbers(MTN, 30) + numbers(AT, 100))
    for _ in range(21):
        run_one()
    assert len([1 for key, _ in sessions.left if key == quick.id]) == 100
    assert len([1 for key, _ in sessions.left if key == slow.id]) <= 5


@pytest.mark.parametrize("how", ["paused", "unreadable"])
def test_the_simulator_never_stands_in_for_a_real_carrier(
    ama: Member, sessions: ByCarrier, run_jobs: RunJobs, how: str
) -> None:
    carriers.use_environment("simulator://127.0.0.1:1")
    real = add("Real", priority=9)
    if how == "paused":
        carriers.pause(real.public_id, "Maintenance")
    else:
        db.session.execute(
            update(Carrier).where(Carrier.id == real.id).values(url="sealed by another key")
        )
        db.session.commit()
    message = send(ama, phones(3))
    run_jobs()
    assert statuses(message.id) == {"QUEUED": 3}
    assert sessions.left == []
    if how == "paused":
        carriers.resume(real.public_id)
        work_after(run_jobs, seconds=5)
        assert statuses(message.id) == {"SENT": 3}


def test_a_message_for_one_carrier_leaves_by_it_although_it_is_paused_and_for_others(
    ama: Member, sessions: ByCarrier, run_jobs: RunJobs
) -> None:
    add("First", priority=1)
    last = add("Last", "smpp://a:b@127.0.0.1:1", "AT", priority=9)
    carriers.pause(last.public_id, "Only for tests")
    message = send(ama, numbers(MTN, 1), only=last.id)
    run_jobs()
    assert sessions.left == [(last.id, numbers(MTN, 1)[0])]
    assert statuses(message.id) == {"SENT": 1}


def test_a_message_for_one_carrier_that_is_off_waits_and_is_refunded(
    ama: Member, sessions: ByCarrier, run_jobs: RunJobs
) -> None:
    add("First", priority=1)
    off = add("Off", priority=9)
    message = send(ama, phones(2), only=off.id)
    carriers.remove(off.public_id)
    run_jobs()
    work_after(run_jobs, hours=23)
    assert statuses(message.id) == {"QUEUED": 2}
    work_after(run_jobs, hours=25)
    assert statuses(message.id) == {"FAILED": 2}
    assert ledger_sum(ama.account) == ama.balance == 1000
    assert sessions.left == []


def test_operators_that_nobody_takes_wait_and_are_refunded(
    ama: Member, sessions: ByCarrier, run_jobs: RunJobs
) -> None:
    add("MTN direct", "smpp://a:b@127.0.0.1:1", "MTN", priority=1)
    message = send(ama, numbers(MTN, 2) + numbers(AT, 3))
    run_jobs()
    assert statuses(message.id) == {"SENT": 2, "QUEUED": 3}
    work_after(run_jobs, hours=25)
    assert statuses(message.id) == {"SENT": 2, "FAILED": 3}
    assert ama.balance == 998


MANY = 100_000  # recipients of the operator whose carrier is slow
_INSERT = """
INSERT INTO recipients
    (message_id, phone, status, parts, credits, attempts, refusals, due_at)
SELECT :message, :start || substr(CAST(10000000 + i AS text), 2), 'QUEUED', 1, 1, 0, 0, :due
FROM numbers
"""
_COUNT = "WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < :n)"


def queue_many(message: Message, start: str, count: int) -> None:
    postgresql = db.engine.dialect.name == "postgresql"
    source = "(SELECT generate_series(1, :n) AS i) AS numbers" if postgresql else "numbers"
    prefix = "" if postgresql else _COUNT
    insert = text(prefix + _INSERT.replace("FROM numbers", f"FROM {source}"))
    due = bindparam("due", type_=Recipient.due_at.type)
    values = {"message": message.id, "start": start, "n": count, "due": message.created_at}
    db.session.execute(insert.bindparams(due), values)
    db.session.commit()


def test_many_queued_of_one_operator_do_not_make_the_claim_of_another_slow(
    ama: Member, sessions: ByCarrier
) -> None:
    """Measured 20 ms beside 3 ms: it goes through the queue's index, past those of the other."""
    way = add("Way", priority=1)
    message = send(ama, numbers(AT, 1))
    queue_many(message, AT, MANY)
    queue_many(message, MTN, 2000)
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("ANALYZE recipients"))
        db.session.commit()
    batches._claim_rows(message, Share(way), 1)  # the statements are made once
    for operators in ({"MTN"}, {"MTN", "Other"}):
        share = Share(way, frozenset(operators))
        started = time.monotonic()
        assert routing._has_due(message, share)
        assert len(batches._claim_rows(message, share, 500)) == 500
        assert time.monotonic() - started < 0.4
        db.session.rollback()


def test_suspended_accounts_wait_whoever_is_up(
    ama: Member, sessions: ByCarrier, run_jobs: RunJobs
) -> None:
    add("Only", "smpp://a:b@127.0.0.1:1", "MTN", priority=1)
    message = send(ama, numbers(MTN, 1))
    db.session.execute(update(Account).values(suspended_at=now()))
    db.session.commit()
    run_jobs()
    assert statuses(message.id) == {"QUEUED": 1}


def test_a_share_with_nothing_due_is_looked_at_once_and_not_before_each_batch(
    ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That look walks over all that is due for the others."""
    add("MTN", "smpp://a:b@127.0.0.1:1", "MTN", priority=1)
    add("Telecel", "smpp://a:b@127.0.0.1:2", "Telecel", priority=2)
    message = send(ama, numbers(MTN, 3))
    ways, looked = carriers.in_order_for(ama.account.id), Counter[str]()
    has_due = routing._has_due

    def counted(message: Message, share: Share) -> bool:
        looked[share.carrier.name] += not share.spare
        return has_due(message, share)

    def choose_often() -> None:
        for ticket in (1, 2, 3, 5, 6, 7):  # every fourth is the turn of those refused elsewhere
            share = routing.choose(message, ticket, ways, lambda *_: True)
            assert share is not None
            assert share.carrier.name == "MTN"

    monkeypatch.setattr(routing, "_has_due", counted)
    choose_often()
    assert looked == {"MTN": 6, "Telecel": 1}
    monkeypatch.setattr(routing, "REMEMBERED", 0.0)
    db.session.execute(update(Recipient).values(phone=numbers(TELECEL, 1)[0]))
    db.session.commit()
    share = routing.choose(message, 2, ways, lambda *_: True)  # nothing else is due: it is seen
    assert share is not None
    assert share.carrier.name == "Telecel"
