"""Owners hear once a day that a smaller share arrives than they want to know of."""

import threading
from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from redis.exceptions import ConnectionError as RedisGone
from sqlalchemy import event

from flashsms.extensions import db
from flashsms.jobs import schedule
from flashsms.models import ActivityHour, now
from flashsms.services.alerts import low_rates
from tests.factories import Member
from tests.services.alerts.conftest import Letters, listen, told, want


def happen(
    who: Member, delivered: int, failed: int, *, hours: int = 0, operator: str = "MTN"
) -> None:
    """Let so many become final so many hours ago."""
    hour = _hour() - timedelta(hours=hours)
    counts = {"sent": delivered + failed, "delivered": delivered, "failed": failed}
    db.session.add(ActivityHour(account_id=who.account.id, hour=hour, operator=operator, **counts))
    db.session.commit()


def _hour() -> datetime:
    return now().replace(minute=0, second=0, microsecond=0)


def low(rate: int, finished: int, threshold: int = 80) -> tuple[str, dict[str, object]]:
    return ("delivery_rate.low", {"rate": rate, "threshold": threshold, "finished": finished})


def test_a_low_rate_is_told_once_a_day(ama: Member, kofi: Member, mailed: Letters) -> None:
    for one in (ama, kofi):
        listen(one)
        happen(one, 1000, 500)
        happen(one, 0, 1, operator="AT")
    want(ama, low_rate=80)
    with time_machine.travel(_hour() + timedelta(minutes=30), tick=False) as clock:
        for _ in range(2):
            low_rates.look()
        assert told() == [low(66, 1501)]
        [(to, subject, text)] = mailed
        assert (to, subject) == ("ama@example.com", "Only 66% of your messages were delivered")
        assert text.startswith(
            "Of the last 1,501 messages of Ama whose end is known, 66% were delivered. You want to "
            "know when it is less than 80%.\n\n"
        )
        assert "http://127.0.0.1:8000/campaigns\n" in text
        clock.shift(timedelta(hours=23, minutes=59))
        happen(ama, 1, 99)
        low_rates.look()
        assert len(told()) == 1
        clock.shift(timedelta(minutes=1))
        low_rates.look()
    assert (told()[1:], len(mailed)) == ([low(1, 100)], 2)


@pytest.mark.parametrize(
    ("counts", "rate"),
    [
        ({0: (39, 10)}, None),  # too few
        ({0: (39, 11)}, 78),
        ({0: (40, 10)}, None),  # exactly as many as wanted
        ({0: (799, 201)}, 79),  # never "80%, less than 80%"
        ({0: (10, 15), 1: (10, 10), 2: (5, 0)}, 50),
        ({2: (0, 50)}, 0),
        ({3: (0, 5000), 0: (0, 49)}, None),  # that was too long ago
        ({-1: (0, 5000)}, None),  # by a clock that was wrong
    ],
)
def test_the_last_three_hours_count_from_fifty_recipients_on(
    ama: Member, counts: dict[int, tuple[int, int]], rate: int | None
) -> None:
    listen(ama)
    want(ama, low_rate=80)
    with time_machine.travel(_hour() + timedelta(minutes=59), tick=False):
        for hours, (delivered, failed) in counts.items():
            happen(ama, delivered, failed, hours=hours)
        low_rates.look()
    assert [data["rate"] for _, data in told()] == ([] if rate is None else [rate])


def test_another_threshold_is_told_anew_and_none_is_not(ama: Member, mailed: Letters) -> None:
    happen(ama, 50, 50)
    for threshold in (80, 70, 70, None, 50, 51):
        want(ama, low_rate=threshold)
        low_rates.look()
    assert ["than 80%" in mailed[0][2], "than 70%" in mailed[1][2], "than 51%" in mailed[2][2]] == [
        True
    ] * 3
    assert len(mailed) == 3


def test_of_two_looks_at_once_one_tells(
    app: Flask, ama: Member, kofi: Member, mailed: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in (ama, kofi):
        want(one, low_rate=80)
        happen(one, 1, 99)
    both, tell = threading.Barrier(2), low_rates._tell

    def wait(*found: object) -> None:
        both.wait(10)
        tell(*found)

    monkeypatch.setattr(low_rates, "_tell", wait)

    def look() -> None:
        with app.app_context():
            low_rates.look()

    looks = [threading.Thread(target=look) for _ in range(2)]
    for one in looks:
        one.start()
    for one in looks:
        one.join()
    assert sorted(to for to, _, _ in mailed) == ["ama@example.com", "kofi@example.com"]


def test_ticks_of_several_crons_look_every_ten_minutes_by_one_statement(
    app: Flask, ama: Member, kofi: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in (ama, kofi):
        want(one, low_rate=80)
        happen(one, 100, 1)
    ran: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "activity_hours" in statement:
            ran.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    for _ in range(3):
        schedule.tick()
    assert len(ran) == 1
    assert 0 < app.extensions["redis"].ttl(low_rates._LOOKED) <= 600
    app.extensions["redis"].flushall()
    schedule.tick()
    assert len(ran) == 2

    def refuse(*_: object, **__: object) -> None:
        raise RedisGone("no Redis here")

    monkeypatch.setattr(app.extensions["redis"].connection_pool, "get_connection", refuse)
    low_rates.wake_due()
    assert len(ran) == 2
    event.remove(db.engine, "before_cursor_execute", note)
