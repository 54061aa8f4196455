"""How the installation is doing, as its operator reads it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from redis.exceptions import ConnectionError as RedisGone
from rq import Queue
from sqlalchemy import event

from flashsms import queue
from flashsms.extensions import db, transaction
from flashsms.models import ActivityHour, FailureHour, LedgerCheck, TransactionType, now
from flashsms.services import carriers, credits, senders
from tests.factories import Member, member
from tests.web.browsing import sign_in

NOON = datetime(2031, 3, 12, 12, 30, tzinfo=UTC)


def counted(member: Member, at: datetime, sent: int, delivered: int, failed: int) -> None:
    """Count an hour of an account, as sending does."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    key = {"account_id": member.account.id, "hour": hour}
    db.session.add(
        ActivityHour(**key, operator="MTN", sent=sent, delivered=delivered, failed=failed)
    )
    if failed:
        db.session.add(FailureHour(**key, reason="Invalid <b>number</b>", failed=failed))
    db.session.commit()


def seen_by(operator: FlaskClient) -> str:
    """Return the page at a time when the session of the real time is long over."""
    sign_in(operator, "boss@example.com")
    return operator.get("/admin").text


def words(page: str) -> str:
    """Return what a page says, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.fixture
def _redis_away(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RedisGone("no Redis here")

    monkeypatch.setattr(app.extensions["redis"].connection_pool, "get_connection", refuse)


@pytest.fixture
def statements(app: Flask) -> Callable[[], int]:
    """How many statements ran since it was asked last."""
    ran: list[str] = []

    @event.listens_for(db.engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        ran.append(statement)

    def since() -> int:
        count = len(ran)
        ran.clear()
        return count

    return since


def test_an_installation_that_just_began_has_an_overview(operator: FlaskClient) -> None:
    page = operator.get("/admin")
    assert page.status_code == 200
    said = words(page.text)
    assert "No worker is running" in said
    assert "There is no carrier yet" in said
    assert "They were not checked yet." in said
    assert "Nothing failed today" in said


def test_today_is_seen_beside_the_seven_days_before(
    operator: FlaskClient, ama: Member, kofi: Member
) -> None:
    with time_machine.travel(NOON, tick=False):
        counted(ama, NOON, 30, 18, 2)
        counted(kofi, NOON - timedelta(hours=3), 5, 0, 0)
        counted(ama, NOON - timedelta(days=1), 70, 35, 7)
        counted(ama, NOON - timedelta(days=2, hours=2), 700, 0, 0)
        counted(ama, NOON - timedelta(days=8), 7000, 0, 0)
        page = seen_by(operator)
    said = words(page)
    assert "Sent today 35" in said
    assert "105 by now on an average day" in said, "100 by noon, and half of the hour's 10"
    assert "Delivered today 90.0% of what came to an end; 83.3% in the 7 days before" in said
    assert "12:00 30 10 18 5.0 2 1.0" in said
    assert "09:00 5 0 0 0 0 0" in said
    assert "Invalid &lt;b&gt;number&lt;/b&gt; 2 1.0" in said
    assert '"data": [0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 30,' in page


def test_today_is_that_of_the_operator(operator: FlaskClient, boss: Member, ama: Member) -> None:
    boss.account.timezone = "Asia/Tokyo"
    db.session.commit()
    with time_machine.travel(NOON, tick=False):  # 21:30 in Tokyo
        counted(ama, datetime(2031, 3, 11, 15, tzinfo=UTC), 4, 0, 0)
        counted(ama, datetime(2031, 3, 11, 14, tzinfo=UTC), 7, 0, 0)
        said = words(seen_by(operator))
    assert "Sent today 4" in said
    assert "00:00 4 0" in said
    assert "23:00 0 1.0" in said


def test_credits_sold_and_used_are_told_by_day(operator: FlaskClient, ama: Member) -> None:
    with time_machine.travel(NOON, tick=False):
        credits.grant(ama.account.id, 500, type=TransactionType.PURCHASE, reason="Paid")
        credits.grant(ama.account.id, 50, type=TransactionType.BONUS, reason="Thanks")
        with transaction():
            credits.charge(ama.account.id, 30, description="Sale", reference="c1")
            credits.refund(ama.account.id, 4, description="Refused", reference="c1")
        said = words(seen_by(operator))
    assert "Credits used today 26 500 sold" in said
    assert "12 Mar 2031 500 26" in said


def test_accounts_senders_and_the_last_check_are_told(operator: FlaskClient, ama: Member) -> None:
    senders.request(ama.account.id, "Shop")
    db.session.add(LedgerCheck(finished_at=now(), accounts=2, wrong=1, found=[]))
    db.session.commit()
    said = words(operator.get("/admin").text)
    assert "New accounts today 2" in said
    assert "1 waits for a decision" in said
    assert "1 account does not add up" in said


def test_many_senders_that_wait_are_not_counted_to_the_end(
    operator: FlaskClient, ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flashsms.services.operations.overview.MOST_WAITING", 2)
    for name in ("One", "Two", "Three", "Four"):
        senders.request(ama.account.id, name)
    assert "2+ wait for a decision" in words(operator.get("/admin").text)


def test_carriers_and_queues_are_told(app: Flask, operator: FlaskClient) -> None:
    carriers.set_url("smpp://id:pw@127.0.0.1:1", name="First")
    second = carriers.add("Second", "smpp://id:pw@127.0.0.1:2")
    carriers.pause(second.public_id, "Complaints")
    Queue("bulk", connection=queue.redis()).enqueue("flashsms.jobs.schedule.tick")
    said = words(operator.get("/admin").text)
    assert "First No worker has told of it." in said
    assert "within seconds. down" in said
    assert "Nothing leaves: no carrier that may be used is connected." in said
    assert "Second Complaints paused" in said
    assert re.search(r"bulk 1 \d s 0 0", said)
    assert ":pw@" not in operator.get("/admin").text


@pytest.mark.usefixtures("_redis_away")
def test_without_redis_everything_else_is_shown(operator: FlaskClient, ama: Member) -> None:
    carriers.set_url("smpp://id:pw@127.0.0.1:1", name="First")
    counted(ama, now(), 3, 2, 1)
    page = operator.get("/admin")
    said = words(page.text)
    assert page.status_code == 200
    assert "Redis cannot be reached." in said
    assert "Sent today 3" in said
    assert "First Redis cannot be reached, so nobody knows. not known" in said


def test_what_changes_all_the_time_is_asked_for_alone(operator: FlaskClient) -> None:
    part = operator.get("/admin", headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<div id="live"')
    assert "<html" not in part
    assert "Sent today" not in part


def test_it_takes_as_many_statements_however_much_there_is(
    operator: FlaskClient, ama: Member, statements: Callable[[], int]
) -> None:
    operator.get("/admin")
    statements()
    operator.get("/admin")
    few = statements()
    for number in range(12):
        other = member(f"Shop {number}", f"shop{number}@example.com")
        counted(other, now(), 5, 3, 1)
        counted(other, now() - timedelta(days=number), 5, 3, 1) if number else None
        carriers.add(f"Way {number}", f"smpp://id:pw@127.0.0.1:{number + 1}")
        senders.request(other.account.id, "Shop")
    statements()
    operator.get("/admin")
    assert statements() == few < 15
