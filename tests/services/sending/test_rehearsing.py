"""What a test key sends: the whole way, by no carrier, for nothing, and counted nowhere."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select, update

from flashsms import queue
from flashsms.carriers import rehearsal
from flashsms.carriers.contract import Receipt
from flashsms.carriers.sessions import Sessions
from flashsms.extensions import db, transaction
from flashsms.models import (
    ActivityHour,
    CreditDay,
    FailureHour,
    Message,
    MessageStatus,
    OptSource,
    ParkedReceipt,
    Recipient,
    RecipientStatus,
    Transaction,
    now,
)
from flashsms.models.rows import change
from flashsms.services import carriers, contacts, credits, opt_outs, receipts, sending
from flashsms.services.carriers import watching
from flashsms.services.errors import DomainError
from flashsms.services.inbound import owners
from flashsms.services.sending import Order, rehearsing
from flashsms.simulator import Simulator
from flashsms.simulator.magic import MAGIC
from tests.factories import Member, member, phones, statuses
from tests.scripted import ScriptedSessions
from tests.services.test_end_to_end import ENDS

RunJobs = Callable[[], int]


@pytest.fixture
def poor(app: Flask) -> Member:
    """An account without credits and without an approved sender."""
    return member("Poor", "poor@example.com", credits=0, sender=None)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "LATE", 0.3)


@pytest.fixture
def heard(app: Flask) -> list[int]:
    """The carriers that receipts came from."""
    return []


@pytest.fixture
def pretended(app: Flask, heard: list[int]) -> Iterator[Sessions]:
    """A worker's sessions, with no carrier configured."""

    def apply(carrier_id: int, told: Sequence[Receipt]) -> None:
        with app.app_context():
            heard.extend([carrier_id] * len(told))
            receipts.apply(carrier_id, told)

    app.extensions["carriers"] = sessions = Sessions(apply)
    yield sessions
    sessions.close()


@pytest.mark.parametrize("parts", [1, 3])
def test_each_magic_number_ends_as_documented_without_any_carrier(
    poor: Member, pretended: Sessions, run_jobs: RunJobs, parts: int
) -> None:
    everyone = [number for ending in MAGIC for number in phones(2, ending)]
    message = _try(poor, everyone, text="a" * 150 * parts)
    _work_until(message, run_jobs, lambda: _ended(message) == ENDS | {"0006": "SENT"})
    assert _fresh(message).status is MessageStatus.SENT
    assert (message.credits_used, poor.balance) == (0, 0)
    assert _count(Transaction) == _count(ParkedReceipt) == 0
    [reason] = _reasons(message, "0004")
    assert reason == "The carrier says that the number is not valid. (0x0000000B)"
    assert _reasons(message, "0002") == {"The network does not know the number. (001)"}


def test_a_test_leaves_the_carriers_and_every_figure_alone(
    ama: Member, smsc: Simulator, run_jobs: RunJobs
) -> None:
    before = _figures()
    message = _try(ama, [*phones(30), *phones(3, "0002"), *phones(3, "0004")])
    _work_until(message, run_jobs, lambda: _fresh(message).status is MessageStatus.DELIVERED)
    assert statuses(message.id) == {"DELIVERED": 30, "FAILED": 6}
    assert smsc.record.parts == smsc.record.refused == {}
    assert _figures() == before
    [way] = carriers.every()
    conditions = watching.conditions([way.id, rehearsal.ID])
    assert conditions is not None
    assert all(not one.outcomes and not one.last_receipt for one in conditions.values())


def test_a_test_needs_no_carrier_that_is_up_and_waits_for_none(
    app: Flask, ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    carriers.pause(carriers.every()[0].public_id, "for a while")
    wire.up = False
    message = _try(ama, phones(250))
    assert run_jobs() == 3, "batches of a hundred, so that each is over soon"
    assert statuses(message.id) == {"SENT": 250}
    assert not message.urgent
    assert set(_column(message, Recipient.carrier_id)) == {rehearsal.ID}


def test_a_small_test_stands_in_no_way_of_what_is_urgent(
    ama: Member, wire: ScriptedSessions
) -> None:
    _try(ama, phones(1))
    assert queue.count_waiting(queue.redis(), queue.URGENT) == 0
    assert queue.count_waiting(queue.redis(), queue.BULK) == 1


def test_receipts_that_died_with_their_worker_are_told_from_the_database(
    ama: Member, pretended: Sessions, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsal, "LATE", 3600)
    late = [*phones(2, "0007"), *phones(1, "0006")]
    message = _try(ama, late, text="a" * 200)
    run_jobs()
    assert statuses(message.id) == {"SENT": 3}
    pretended.close()
    sending.wake_due()
    assert statuses(message.id) == {"SENT": 3}, "they are not overdue yet"
    with time_machine.travel(now() + rehearsing.OVERDUE + timedelta(seconds=2)):
        sending.wake_due()
        assert statuses(message.id) == {"DELIVERED": 2, "SENT": 1}
        assert _fresh(message).wake_at is None, "of the last one nothing is ever told"


def test_what_came_in_time_is_looked_after_once_and_no_more(
    ama: Member, pretended: Sessions, run_jobs: RunJobs, heard: list[int]
) -> None:
    message = _try(ama, phones(3, "0008"))
    _work_until(message, run_jobs, lambda: len(heard) == 6)
    assert set(heard) == {rehearsal.ID}
    with time_machine.travel(now() + rehearsing.OVERDUE + timedelta(seconds=2)):
        assert sending.wake_due().resumed == 1
    assert _fresh(message).wake_at is None
    assert _fresh(message).delivered == 3


def test_a_claim_that_was_interrupted_is_tried_again_and_not_unknown(
    app: Flask, ama: Member, pretended: Sessions, run_jobs: RunJobs
) -> None:
    message = _try(ama, [*phones(2), *phones(1, "0005")])
    with transaction():
        change(
            update(Recipient).values(  # as a killed worker leaves it
                status=RecipientStatus.SUBMITTING, attempts=1, claimed_at=now(), carrier_id=0
            )
        )
    app.extensions["redis"].flushall()
    with time_machine.travel(now() + app.config["CLAIM_LEASE"] + timedelta(seconds=1)):
        assert sending.wake_due().interrupted == 0
        run_jobs()
    _work_until(message, run_jobs, lambda: statuses(message.id) == {"DELIVERED": 3})
    assert _fresh(message).unknown == 0


def test_a_test_that_is_scheduled_can_be_cancelled_missed_or_launched(
    app: Flask, poor: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    soon = now() + timedelta(hours=1)
    cancelled, launched = (_try(poor, phones(2), scheduled_at=soon) for _ in range(2))
    missed = _try(poor, phones(2), scheduled_at=now() + timedelta(minutes=1))
    sending.cancel(cancelled)
    with time_machine.travel(soon + app.config["SCHEDULE_GRACE"] - timedelta(minutes=1)):
        assert sending.wake_due().missed == 1
        run_jobs()
    stand = [statuses(one.id) for one in (cancelled, launched, missed)]
    assert stand == [{"CANCELLED": 2}, {"SENT": 2}, {"FAILED": 2}]
    assert _count(Transaction) == 0


def test_a_test_that_expires_fails_and_gives_nothing_back(
    app: Flask, ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    message, balance = _try(ama, phones(2)), ama.balance
    with time_machine.travel(now() + app.config["VALIDITY"] + timedelta(minutes=1)):
        run_jobs()
        assert statuses(message.id) == {"FAILED": 2}
    assert ama.balance == balance


def test_texts_of_their_own_groups_and_opt_outs_work_as_with_any_message(
    poor: Member, pretended: Sessions, run_jobs: RunJobs
) -> None:
    group = contacts.groups.create(poor.account.id, "VIP")
    for phone, name in (("0001", "Ama"), ("0002", "Efua"), ("0003", "Yaw")):
        draft = contacts.Draft(phone=f"23324100{phone}", first_name=name)
        contacts.create(poor.account.id, draft, group.public_id)
    opt_outs.opt_out(poor.account.id, "233241000003", OptSource.DASHBOARD)
    message = _try(poor, (), text="Hi {{firstName}}!", groups=[group.public_id])
    assert message.recipient_count == 2
    _work_until(message, run_jobs, lambda: statuses(message.id).keys() == {"DELIVERED", "FAILED"})
    assert set(_column(message, Recipient.text)) == {"Hi Ama!", "Hi Efua!"}
    assert set(_column(message, Recipient.credits)) == {0}


def test_an_answer_belongs_to_nobody_who_only_tried(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    _try(ama, phones(1))
    run_jobs()
    assert owners._wrote(phones(1)[0]) == []


@pytest.mark.parametrize("name", ["ab", "12345", "Has_score", "sid_unknown", "much too long"])
def test_a_sender_may_be_any_that_could_be_one(
    ama: Member, poor: Member, wire: ScriptedSessions, name: str
) -> None:
    assert _try(poor, phones(1)).sender == "Test"
    assert _try(ama, phones(1)).sender == "MyBrand"
    assert _try(poor, phones(1), sender=" My Shop ").sender == "My Shop"
    with pytest.raises(DomainError):
        _try(poor, phones(1), sender=name)
    with pytest.raises(DomainError):
        sending.accept(poor.account.id, Order(text="Hi", recipients=phones(1), sender="My Shop"))


def test_a_test_has_a_thousand_recipients_at_most_and_a_day_so_many(
    app: Flask, ama: Member, kofi: Member, wire: ScriptedSessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = contacts.groups.create(ama.account.id, "Many")
    for phone in phones(3):
        contacts.create(ama.account.id, contacts.Draft(phone=phone), group.public_id)
    monkeypatch.setattr(rehearsing, "MOST", 2)
    with pytest.raises(DomainError, match="at most 2 recipients; this one would have 3"):
        _try(ama, (), groups=[group.public_id])
    app.config["TEST_LIMIT"] = 5
    _try(ama, phones(3))
    with pytest.raises(DomainError, match="5 recipients in 24 hours"):
        _try(ama, phones(3))
    assert _count(Message) == 1, "what was refused left nothing"
    _try(kofi, phones(3))
    with time_machine.travel(now() + timedelta(days=1, minutes=1)):
        _try(ama, phones(3))


def _try(member: Member, to: Sequence[str], text: str = "Akwaaba", **order: object) -> Message:
    wanted = Order(text=text, recipients=to, is_test=True, **order)  # type: ignore[arg-type]
    return sending.accept(member.account.id, wanted).message


def _work_until(message: Message, run_jobs: RunJobs, fact: Callable[[], bool]) -> None:
    """Run jobs and ticks, as worker and cron would, until something holds."""
    deadline = time.monotonic() + 30
    while not fact():
        assert time.monotonic() < deadline, statuses(message.id)
        sending.wake_due()
        receipts.retry_parked()
        run_jobs()
        time.sleep(0.02)


def _ended(message: Message) -> dict[str, str]:
    """Return where the recipients stand by the last digits of their numbers, if all agree."""
    db.session.commit()
    stands = select(Recipient.phone, Recipient.status).where(Recipient.message_id == message.id)
    found: dict[str, set[str]] = {}
    for phone, status in db.session.execute(stands):
        found.setdefault(phone[-4:], set()).add(str(status))
    return {ending: one.pop() for ending, one in found.items() if len(one) == 1}


def _reasons(message: Message, ending: str) -> set[str | None]:
    found = select(Recipient.reason).where(
        Recipient.message_id == message.id, Recipient.phone.endswith(ending)
    )
    return set(db.session.scalars(found))


def _column(message: Message, column: object) -> list[object]:
    db.session.commit()
    return list(db.session.scalars(select(column).where(Recipient.message_id == message.id)))


def _figures() -> list[object]:
    """Return everything that is counted of what accounts do."""
    db.session.commit()
    tables = (ActivityHour, FailureHour, CreditDay, Transaction)
    return [sorted(map(str, db.session.execute(select(one.__table__)))) for one in tables]


def _count(model: type) -> int:
    db.session.commit()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def _fresh(message: Message) -> Message:
    db.session.commit()
    return db.session.get_one(Message, message.id, populate_existing=True)


def test_tests_at_the_same_moment_stay_within_the_limit(
    app: Flask, ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.config["TEST_LIMIT"] = 3
    account_id = ama.account.id
    db.session.commit()
    together = threading.Barrier(2, timeout=2)
    real = credits.balance_of

    def balance_of(id: int) -> int:
        with suppress(threading.BrokenBarrierError):
            together.wait()
        return real(id)

    monkeypatch.setattr(credits, "balance_of", balance_of)

    def try_out(number: int) -> None:
        with app.app_context():
            to = [f"02412345{number}{n}" for n in range(3)]
            with suppress(DomainError):
                sending.accept(account_id, Order(text="Hi", recipients=to, is_test=True))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(try_out, range(2)))
    db.session.commit()
    assert db.session.scalar(select(func.sum(Message.recipient_count))) <= 3
