"""Carriers that do not report by themselves are asked, less and less often, and given up."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from flask import Flask
from redis.exceptions import ConnectionError
from rq import Queue
from sqlalchemy import event, func, select, update

from flashsms import queue
from flashsms.carriers.contract import Fate, Outcome, Receipt, ReceiptState
from flashsms.carriers.sessions import Sessions
from flashsms.extensions import db
from flashsms.jobs import receipts as job
from flashsms.models import (
    Carrier,
    Message,
    ParkedReceipt,
    ReceiptQuestion,
    Recipient,
    RecipientPart,
    now,
)
from flashsms.services import carriers, receipts, sending
from flashsms.services.carriers import watching
from flashsms.services.receipts import asking
from flashsms.services.sending import Order
from tests.carriers.http.fakes.hubtel import FakeHubtel
from tests.carriers.http.fakes.mnotify import FakeMnotify
from tests.carriers.http.fakes.server import Reply
from tests.factories import Member, phones, statuses
from tests.scripted import ScriptedSessions, accepted
from tests.services.sending.test_routing import add


@pytest.fixture
def sessions(app: Flask) -> Iterator[Sessions]:
    """The sessions of a worker, over sockets."""

    def apply(carrier_id: int, heard: Sequence[Receipt]) -> None:
        with app.app_context():
            receipts.apply(carrier_id, heard)

    app.extensions["carriers"] = sessions = Sessions(apply)
    yield sessions
    sessions.close()


@pytest.fixture
def hubtel(sessions: Sessions) -> Iterator[FakeHubtel]:
    fake = FakeHubtel()
    with fake.running():
        carriers.set_url(f"hubtel://me:secret@127.0.0.1:{fake.port}?tls=0")
        yield fake


@pytest.fixture
def send(ama: Member, run_jobs: Callable[[], int]) -> Callable[..., Message]:
    """Send to so many people by the fake, until it has taken all."""

    def sent(count: int, text: str = "Akwaaba") -> Message:
        order = Order(text=text, recipients=phones(count))
        message = sending.accept(ama.account.id, order).message
        run_jobs()
        assert statuses(message.id) == {"SENT": count}
        return message

    return sent


def questions() -> list[ReceiptQuestion]:
    db.session.expire_all()
    return list(db.session.scalars(select(ReceiptQuestion).order_by(ReceiptQuestion.id)))


def wait(pause: timedelta) -> None:
    """Let that much time pass for all questions and carriers."""
    queue.redis().delete(asking._TURNS)
    for one in questions():
        one.created_at -= pause
        one.ask_at -= pause
    db.session.commit()


def pauses() -> list[int]:
    """How many seconds each question has to wait."""
    return [round((one.ask_at - asking.now()).total_seconds()) for one in questions()]


@pytest.fixture
def clock_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only `wait` lets time pass: a slow machine changes no pause."""
    moment = now()
    monkeypatch.setattr(asking, "now", lambda: moment)


def queued() -> int:
    return Queue(queue.BULK, connection=queue.redis()).count


def count_receipts(carrier_id: int) -> int:
    found = watching.conditions([carrier_id])
    assert found is not None
    return found[carrier_id].outcomes["receipts"]


@pytest.mark.parametrize("text", ["Akwaaba", "Medaase! " * 40], ids=["one part", "three parts"])
def test_what_was_taken_is_asked_for_and_delivered(hubtel: FakeHubtel, send, text: str) -> None:
    message = send(3, text)
    receipts.ask_due()
    assert hubtel.asked == []  # it is too early
    wait(asking.FIRST)
    job.ask()
    assert statuses(message.id) == {"DELIVERED": 3}
    assert hubtel.asked == ["/v1/messages/batch/165949ee-0"]
    assert questions() == []
    assert db.session.scalar(select(func.count()).select_from(RecipientPart)) == 0


def test_what_was_not_delivered_says_why(hubtel: FakeHubtel, send) -> None:
    hubtel.states = {phones(2)[1]: "Undeliverable"}
    message = send(2)
    wait(asking.FIRST)
    receipts.ask_due()
    assert statuses(message.id) == {"DELIVERED": 1, "FAILED": 1}
    reasons = db.session.scalars(select(Recipient.reason).order_by(Recipient.id)).all()
    assert reasons == [None, "Hubtel says: Undeliverable."]


def test_a_campaign_of_mnotify_is_told_number_by_number(sessions: Sessions, send) -> None:
    fake = FakeMnotify()
    fake.states = {phones(3)[2]: ["UNDELIVERED"]}
    with fake.running():
        carriers.set_url(f"mnotify://key@127.0.0.1:{fake.port}?tls=0")
        message = send(3)
        wait(asking.FIRST)
        receipts.ask_due()
    assert statuses(message.id) == {"DELIVERED": 2, "FAILED": 1}
    assert questions() == []


@pytest.mark.usefixtures("clock_stands")
def test_what_is_still_under_way_is_asked_for_again_ever_later(hubtel: FakeHubtel, send) -> None:
    late = phones(3)[0]
    hubtel.states = {late: "Sent"}
    message = send(3)
    wait(asking.FIRST)
    waits = []
    for _ in range(11):
        receipts.ask_due()
        waits += pauses()
        wait(timedelta(seconds=waits[-1] + 1))
    assert waits == [30, 60, 120, 120, 300, 300, 600, 600, 600, 1800, 1800]
    assert statuses(message.id) == {"DELIVERED": 2, "SENT": 1}
    wait(timedelta(hours=5))
    receipts.ask_due()
    assert pauses() == [3600]
    hubtel.states[late] = "Delivered"
    wait(timedelta(hours=1))
    receipts.ask_due()
    assert statuses(message.id) == {"DELIVERED": 3}
    assert questions() == []


def test_what_is_told_again_is_counted_and_applied_once(hubtel: FakeHubtel, send) -> None:
    hubtel.states = {phones(3)[0]: "Sent"}
    send(3)
    for _ in range(3):
        wait(timedelta(minutes=10))
        receipts.ask_due()
    assert len(hubtel.asked) == 3
    assert count_receipts(questions()[0].carrier_id) == 2
    assert db.session.scalar(select(func.count()).select_from(ParkedReceipt)) == 0


def test_a_question_stays_open_while_the_answer_leaves_somebody_out(
    hubtel: FakeHubtel, send
) -> None:
    message = send(3)
    (left_out,) = [hubtel.batches["165949ee-0"].pop()]
    wait(asking.FIRST)
    receipts.ask_due()
    assert statuses(message.id) == {"DELIVERED": 2, "SENT": 1}
    hubtel.batches["165949ee-0"].append(left_out)
    wait(timedelta(minutes=1))
    receipts.ask_due()
    assert statuses(message.id) == {"DELIVERED": 3}
    assert questions() == []


def test_one_whose_number_the_first_answer_left_out_is_resolved_by_a_later_one(
    app: Flask, hubtel: FakeHubtel, ama: Member, run_jobs
) -> None:
    hubtel.left_out = frozenset({phones(3)[1]})
    order = Order(text="Akwaaba", recipients=phones(3))
    message = sending.accept(ama.account.id, order).message
    run_jobs()
    assert statuses(message.id) == {"SENT": 2, "UNKNOWN": 1}
    wait(asking.FIRST)
    receipts.ask_due()
    past = now() - app.config["CLAIM_LEASE"] - timedelta(minutes=1)
    db.session.execute(update(Recipient).values(claimed_at=past))
    db.session.execute(
        update(ParkedReceipt).values(received_at=past + timedelta(seconds=30), try_at=past)
    )
    db.session.commit()
    receipts.retry_parked()
    assert statuses(message.id) == {"DELIVERED": 3}


@pytest.mark.parametrize("status", [429, 500, 404], ids=str)
@pytest.mark.usefixtures("clock_stands")
def test_a_carrier_that_does_not_answer_is_asked_later(
    hubtel: FakeHubtel, send, status: int
) -> None:
    message = send(2)
    hubtel.replies.append(Reply(status, b""))
    wait(asking.FIRST)
    receipts.ask_due()
    assert statuses(message.id) == {"SENT": 2}
    assert pauses() == [30]
    assert queued() == 0  # nobody insists
    wait(timedelta(seconds=31))
    receipts.ask_due()
    assert statuses(message.id) == {"DELIVERED": 2}


@pytest.mark.usefixtures("clock_stands")
def test_a_carrier_that_is_away_is_asked_when_it_is_back(
    hubtel: FakeHubtel, send, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = send(2)
    (there,) = carriers.listening()
    elsewhere = replace(there, url=there.url.replace(str(hubtel.port), "1"))
    wait(asking.FIRST)
    with monkeypatch.context() as patch:
        patch.setattr(carriers, "listening", lambda: [elsewhere])
        patch.setattr("flashsms.carriers.sessions._FIRST_BIND", 0.2)
        receipts.ask_due()
    assert statuses(message.id) == {"SENT": 2}
    assert (hubtel.asked, pauses(), queued()) == ([], [30], 0)
    wait(timedelta(minutes=1))
    receipts.ask_due()
    assert statuses(message.id) == {"DELIVERED": 2}


@pytest.mark.usefixtures("clock_stands")
def test_a_carrier_that_was_switched_off_is_not_asked(hubtel: FakeHubtel, send) -> None:
    send(2)
    db.session.execute(update(Carrier).values(active=False))
    db.session.commit()
    wait(asking.FIRST)
    receipts.wake_due()
    receipts.ask_due()
    assert (hubtel.asked, pauses(), queued()) == ([], [0], 0)
    wait(asking.KEPT - timedelta(minutes=1))
    receipts.wake_due()
    assert len(questions()) == 1
    wait(timedelta(minutes=1))
    receipts.wake_due()
    assert questions() == []


def test_two_workers_at_once_never_ask_the_same(app: Flask, hubtel: FakeHubtel, send) -> None:
    message = send(1)
    _copy_question(30)
    wait(asking.FIRST)
    db.session.remove()
    together = Barrier(2)

    def work() -> None:
        with app.app_context():
            together.wait()
            receipts.ask_due()

    workers = [Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(hubtel.asked) == len(set(hubtel.asked)) == 31
    assert statuses(message.id) == {"DELIVERED": 1}
    assert questions() == []


@pytest.mark.usefixtures("clock_stands")
def test_a_crash_after_the_claim_only_delays(hubtel: FakeHubtel, send) -> None:
    message = send(2)
    wait(asking.FIRST)
    asking._claim(questions()[0].carrier_id)
    receipts.ask_due()
    assert (hubtel.asked, pauses()) == ([], [30])
    wait(timedelta(seconds=31))
    receipts.ask_due()
    assert statuses(message.id) == {"DELIVERED": 2}


@pytest.mark.usefixtures("clock_stands")
def test_what_there_was_no_time_for_is_due_at_once(
    hubtel: FakeHubtel, send, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(1)
    _copy_question(5)
    monkeypatch.setattr(asking, "WITHIN", 0.3)
    hubtel.held.clear()
    wait(asking.FIRST)
    receipts.ask_due()
    hubtel.held.set()
    assert sorted(pauses()) == [0, 0, 30, 30, 30, 30]
    wait(timedelta(0))
    receipts.ask_due()
    assert all(seconds > 0 for seconds in pauses())
    assert len(set(hubtel.asked)) == 6


def test_what_is_left_is_asked_once_others_had_the_worker_for_three_times_as_long(
    app: Flask, carrier: Carrier
) -> None:
    app.extensions["carriers"] = Telling({carrier.id: 0.1})
    _ask_later(carrier.id, 500)
    receipts.wake_due()
    assert queued() == 1
    started = time.monotonic()
    receipts.ask_due()
    took = time.monotonic() - started
    pause = queue.redis().pttl("flashsms:asking") / 1000
    assert 0.3 <= pause <= 3 * took
    receipts.wake_due()
    assert queued() == 1  # the first alone, which nobody took from the queue here
    time.sleep(pause + 0.01)
    receipts.wake_due()
    assert queued() == 2


def test_no_second_job_is_queued_while_one_waits_for_a_worker(app: Flask, carrier: Carrier) -> None:
    app.extensions["carriers"] = Telling({carrier.id: 0})
    _ask_later(carrier.id, 1)
    receipts.wake_due()
    receipts.wake_due()
    assert queued() == 1
    assert 50 < queue.redis().ttl("flashsms:asking") <= queue.ASKING  # or one that is lost: never


def test_carriers_have_turns_whatever_the_others_are_to_be_asked(app: Flask) -> None:
    one, other = (add(name, priority=1) for name in ("One", "Other"))
    app.extensions["carriers"] = sessions = Telling({one.id: 0, other.id: 0})
    _ask_later(one.id, 3000)
    _ask_later(other.id, 150, age=timedelta(minutes=1))
    for _ in range(5):
        receipts.ask_due()
    assert sessions.asked == [one.id, other.id, one.id, other.id, one.id]


def test_a_carrier_that_cannot_be_asked_delays_no_other(app: Flask) -> None:
    away, there = (add(name, priority=1) for name in ("Away", "There"))
    app.extensions["carriers"] = sessions = Telling({there.id: 0})
    _ask_later(away.id, 3000)
    _ask_later(there.id, 250, age=timedelta(minutes=1))
    for _ in range(4):
        receipts.ask_due()
    assert sessions.asked == [away.id, there.id, there.id, there.id]
    with time_machine.travel(now() + timedelta(seconds=asking.SILENT)):
        receipts.ask_due()
    assert sessions.asked[4:] == [away.id]


def test_an_answer_closes_no_question_that_was_given_its_id_meanwhile(
    app: Flask, carrier: Carrier
) -> None:
    _ask_later(carrier.id, 1)

    class Slow(Telling):
        def ask(self, key: int, url: str, questions: Sequence[str], within: float):
            (row,) = db.session.scalars(select(ReceiptQuestion))
            row.question = "another batch"  # closed by another worker, and SQLite gave the id away
            db.session.commit()
            return [[Receipt("77", "", ReceiptState.DELIVERED)] for _ in questions]

    app.extensions["carriers"] = Slow({})
    receipts.ask_due()
    assert [one.question for one in questions()] == ["another batch"]


def test_a_question_stays_open_when_more_recipients_joined_it_while_it_was_asked(
    app: Flask, carrier: Carrier
) -> None:
    _ask_later(carrier.id, 1)

    class Slow(Telling):
        def ask(self, key: int, url: str, questions: Sequence[str], within: float):
            receipts.expect(key, [Outcome(2, Fate.ACCEPTED, ("78",), ask=questions[0])])
            db.session.commit()
            return [[Receipt("77", "", ReceiptState.DELIVERED)]]

    app.extensions["carriers"] = Slow({})
    receipts.ask_due()
    assert [one.recipients for one in questions()] == [2]


def test_after_two_days_nobody_is_asked_any_more(hubtel: FakeHubtel, send, caplog) -> None:
    hubtel.state = "Sent"
    message = send(2)
    wait(asking.KEPT - timedelta(minutes=1))
    receipts.ask_due()
    assert len(questions()) == 1
    wait(timedelta(hours=1))
    receipts.ask_due()
    assert questions() == []
    assert len(hubtel.asked) == 2
    assert statuses(message.id) == {"SENT": 2}
    assert "1 questions" in caplog.text


def test_a_carrier_that_reports_by_itself_costs_no_statement(
    wire: ScriptedSessions, carrier: Carrier
) -> None:
    heard: list[str] = []

    def hear(_connection, _cursor, statement: str, *_rest) -> None:
        heard.append(statement)

    outcomes = [Outcome(1, Fate.ACCEPTED, ("500",)), Outcome(2, Fate.UNKNOWN, ask="batch/1")]
    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        receipts.expect(carrier.id, outcomes)
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)
    assert heard == []


def test_messages_by_smpp_leave_no_questions(wire: ScriptedSessions, send) -> None:
    send(3)
    assert questions() == []


def test_a_question_that_cannot_be_stored_is_left_out(carrier: Carrier) -> None:
    outcomes = [
        Outcome(1, Fate.ACCEPTED, ("1",), ask="x" * 201),
        Outcome(2, Fate.ACCEPTED, ("2",), ask="batch/1"),
        Outcome(3, Fate.ACCEPTED, ("3",), ask="batch/1"),
    ]
    receipts.expect(carrier.id, outcomes)
    receipts.expect(carrier.id, outcomes[1:2])  # the same batch, by another settlement
    db.session.commit()
    assert [(one.question, one.recipients) for one in questions()] == [("batch/1", 3)]


def test_the_tick_queues_one_job_when_something_is_due(hubtel: FakeHubtel, send) -> None:
    send(1)
    receipts.wake_due()
    assert queued() == 0
    wait(asking.FIRST)
    receipts.wake_due()
    receipts.wake_due()
    assert queued() == 1


@pytest.mark.usefixtures("clock_stands")
def test_the_tick_does_not_mind_that_redis_is_away(
    hubtel: FakeHubtel, send, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> object:
        raise ConnectionError("Redis is away")

    send(1)
    wait(asking.FIRST)
    monkeypatch.setattr(queue, "redis", away)
    receipts.wake_due()
    assert pauses() == [0]


class Telling(ScriptedSessions):
    """Carriers that are asked: each answers after so many seconds by its id, the others never."""

    def __init__(self, seconds: dict[int, float]) -> None:
        super().__init__(accepted)
        self._seconds = seconds
        self.asked: list[int] = []

    def ask(
        self, key: int, url: str, questions: Sequence[str], within: float
    ) -> list[Sequence[Receipt] | None]:
        self.asked.append(key)
        if key not in self._seconds:
            return []
        time.sleep(self._seconds[key])
        return [[] for _ in questions]


def _ask_later(carrier_id: int, count: int, age: timedelta = timedelta(minutes=2)) -> None:
    """Have that many questions of a carrier due since then."""
    moment = now() - age
    db.session.execute(
        ReceiptQuestion.__table__.insert(),
        [
            {"carrier_id": carrier_id, "question": f"q{number}", "recipients": 1}
            | {"ask_at": moment, "created_at": moment}
            for number in range(count)
        ],
    )
    db.session.commit()


def _copy_question(count: int) -> None:
    """Put more questions beside the only one, about messages that are not ours."""
    (one,) = questions()
    for number in range(count):
        outcome = Outcome(number, Fate.ACCEPTED, (), ask=f"hub-23350{number:07d}")
        receipts.expect(one.carrier_id, [outcome])
    db.session.commit()
