"""Every balance equals the sum of its rows, and what does not is found and named."""

import logging
import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from redis.exceptions import ConnectionError as RedisGone
from rq import Queue
from rq.job import Job
from sqlalchemy import event, select, update

from flashsms import queue
from flashsms.extensions import db
from flashsms.jobs import ledger, schedule
from flashsms.models import Account, AuditEntry, LedgerCheck, Transaction, TransactionType
from flashsms.services import credits, ledger_checks
from flashsms.services.audit import Action
from flashsms.services.errors import Conflict
from tests.factories import Member, member

NIGHT = datetime(2031, 3, 12, 2, 0, tzinfo=UTC)


def move(member: Member, *amounts: int) -> None:
    for amount in amounts:
        credits.grant(member.account.id, amount, type=TransactionType.ADJUSTMENT, reason="Moved")


def checked() -> LedgerCheck:
    """Ask for a check, make it, and return it."""
    check = ledger_checks.ask()
    ledger.check(check.id)
    return fresh(check)


def fresh(check: LedgerCheck) -> LedgerCheck:
    db.session.commit()
    return db.session.get_one(LedgerCheck, check.id, populate_existing=True)


def plant(by: int, on: Member) -> None:
    """Change a balance behind the ledger's back."""
    mine = Account.id == on.account.id
    db.session.execute(update(Account).where(mine).values(balance=Account.balance + by))
    db.session.commit()


def refuse(*_: object, **__: object) -> None:
    raise RedisGone("no Redis here")


def checks() -> list[LedgerCheck]:
    db.session.commit()
    return ledger_checks.recent()


def jobs() -> list[Job]:
    there = Queue(queue.BULK, connection=queue.redis())
    return [job for job in there.jobs if job.func_name == queue.RUN_LEDGER_CHECK]


def test_balances_that_add_up_are_counted(ama: Member, kofi: Member) -> None:
    move(ama, 5, -7, 100)
    check = checked()
    assert (check.accounts, check.wrong, check.found) == (2, 0, [])
    assert check.finished_at is not None


def test_a_balance_that_was_changed_is_named(
    ama: Member, kofi: Member, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    plant(7, ama)
    check = checked()
    assert check.wrong == 1
    assert check.found == [
        {
            "account": ama.account.public_id,
            "name": "Ama",
            "balance": 1007,
            "sum": 1000,
            "difference": 7,
            "row": None,
        }
    ]
    [error] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert ama.account.public_id in error.getMessage()
    assert "2 balances were checked, 1 do not add up." in caplog.text


def test_a_row_whose_amount_was_changed_is_named(ama: Member, kofi: Member) -> None:
    move(ama, 10, 20, 30)
    rows = list(db.session.scalars(select(Transaction).order_by(Transaction.id)))
    [changed] = [row for row in rows if row.amount == 20]
    db.session.execute(update(Transaction).where(Transaction.id == changed.id).values(amount=21))
    db.session.commit()
    [found] = checked().found or []
    assert (found["row"], found["difference"]) == (changed.public_id, -1)
    assert (found["balance"], found["sum"]) == (1060, 1061)


def test_a_row_that_is_gone_shows_at_the_one_behind_it(ama: Member) -> None:
    move(ama, 10, 20, 30)
    rows = list(db.session.scalars(select(Transaction).order_by(Transaction.id)))
    db.session.delete(rows[-2])
    db.session.commit()
    [found] = checked().found or []
    assert (found["row"], found["difference"]) == (rows[-1].public_id, 20)


def test_an_account_without_any_row_must_have_nothing(app: Flask) -> None:
    other = member("Esi", "esi@example.com", credits=0)
    assert checked().wrong == 0
    plant(3, other)
    [found] = checked().found or []
    assert (found["sum"], found["row"]) == (0, None)


def test_accounts_are_read_in_pieces_and_only_so_many_named(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_checks, "PIECE", 2)
    monkeypatch.setattr(ledger_checks, "MOST_NAMED", 3)
    for number in range(5):
        plant(number + 1, member(f"Shop {number}", f"shop{number}@example.com"))
    check = checked()
    assert (check.accounts, check.wrong) == (5, 5)
    assert [one["name"] for one in check.found or []] == ["Shop 0", "Shop 1", "Shop 2"]


def test_traffic_meanwhile_never_looks_like_a_mistake(app: Flask, ama: Member) -> None:
    """Balances and rows move all the time; each piece is one statement, and so one moment."""
    over = threading.Event()

    def trade() -> None:
        with app.app_context():
            while not over.is_set():
                move(ama, 3, -2)

    traders = [threading.Thread(target=trade) for _ in range(2)]
    for trader in traders:
        trader.start()
    try:
        results = [checked() for _ in range(5)]
    finally:
        over.set()
        for trader in traders:
            trader.join()
    assert [check.wrong for check in results] == [0] * 5
    assert ama.balance > 1000


def test_a_piece_is_one_statement(ama: Member, kofi: Member) -> None:
    check = ledger_checks.ask()
    read: list[str] = []

    @event.listens_for(db.engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "FROM transactions" in statement or "JOIN transactions" in statement:
            read.append(statement)

    ledger_checks.run(check.id)
    assert len([one for one in read if "accounts" in one]) == len(read) == 2, "and an empty piece"


def test_asking_writes_one_audit_row_and_queues_one_job(ama: Member) -> None:
    check = ledger_checks.ask()
    assert [job.args for job in jobs()] == [(check.id,)]
    written = select(AuditEntry).where(AuditEntry.action == Action.LEDGER_CHECKED)
    assert len(list(db.session.scalars(written))) == 1


def test_a_second_one_is_not_asked_for_while_the_first_runs(ama: Member) -> None:
    first = ledger_checks.ask()
    with pytest.raises(Conflict, match="being checked already"):
        ledger_checks.ask()
    ledger_checks.run(first.id)
    assert checked().id != first.id


def test_two_runs_of_a_check_come_to_one_result(
    ama: Member, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    check = ledger_checks.ask()
    check_all = ledger_checks._check_all

    def overtaken(check_id: int) -> object:
        result = check_all(check_id)
        monkeypatch.setattr(ledger_checks, "_check_all", check_all)
        ledger_checks.run(check_id)
        plant(5, ama)
        return result

    monkeypatch.setattr(ledger_checks, "_check_all", overtaken)
    ledger_checks.run(check.id)
    ended = fresh(check).finished_at
    ledger_checks.run(check.id)
    assert fresh(check).finished_at == ended
    assert fresh(check).wrong == 0
    assert caplog.text.count("balances were checked") == 1


def test_a_check_that_is_not_there_is_nothing(app: Flask) -> None:
    ledger_checks.run(4711)
    assert checks() == []


@pytest.mark.parametrize(("minutes", "due"), [(-1, 0), (0, 1), (60 * 21, 1)])
def test_the_tick_asks_once_a_night_from_two_on(ama: Member, minutes: int, due: int) -> None:
    with time_machine.travel(NIGHT + timedelta(minutes=minutes), tick=False):
        for _ in range(3):
            schedule.tick()
    assert [check.night for check in checks()] == [date(2031, 3, 12)] * due
    assert len(jobs()) == due


def test_the_next_night_has_a_check_of_its_own(ama: Member) -> None:
    for day in (0, 1):
        with time_machine.travel(NIGHT + timedelta(days=day), tick=False):
            schedule.tick()
            ledger_checks.run(checks()[0].id)
    assert [check.night for check in checks()] == [date(2031, 3, 13), date(2031, 3, 12)]


def test_of_two_ticks_at_once_one_makes_the_check(app: Flask, ama: Member) -> None:
    start = threading.Barrier(2)

    def ask() -> None:
        with app.app_context():
            start.wait()
            ledger_checks._ask_for_night(date(2031, 3, 12))

    ticks = [threading.Thread(target=ask) for _ in range(2)]
    for tick in ticks:
        tick.start()
    for tick in ticks:
        tick.join()
    assert len(checks()) == len(jobs()) == 1


def test_a_check_whose_job_was_lost_is_queued_again_once_in_a_while(
    app: Flask, ama: Member
) -> None:
    with time_machine.travel(NIGHT.replace(hour=1), tick=False) as clock:
        check = ledger_checks.ask()
        app.extensions["redis"].flushall()
        schedule.tick()
        assert jobs() == [], "it may still be at work"
        clock.shift(timedelta(minutes=10))
        schedule.tick()
        schedule.tick()
        assert [job.args for job in jobs()] == [(check.id,)]


def test_a_check_that_still_runs_is_left_alone(app: Flask, ama: Member) -> None:
    with time_machine.travel(NIGHT.replace(hour=1), tick=False) as clock:
        check = ledger_checks.ask()
        app.extensions["redis"].flushall()
        ledger_checks._live(check.id)
        clock.shift(timedelta(minutes=30))
        schedule.tick()
        assert jobs() == []


def test_a_check_that_is_asked_for_without_redis_is_made_once_it_is_back(
    app: Flask, ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = app.extensions["redis"].connection_pool
    with time_machine.travel(NIGHT.replace(hour=1), tick=False) as clock:
        with monkeypatch.context() as away:
            away.setattr(pool, "get_connection", refuse)
            check = ledger_checks.ask()
            clock.shift(timedelta(minutes=10))
            ledger_checks.wake_due()
        ledger_checks.wake_due()
        assert [job.args for job in jobs()] == [(check.id,)]


def test_the_check_itself_needs_no_redis(
    app: Flask, ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = ledger_checks.ask()
    monkeypatch.setattr(app.extensions["redis"].connection_pool, "get_connection", refuse)
    ledger_checks.run(check.id)
    assert fresh(check).accounts == 1
