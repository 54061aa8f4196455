"""What happened hour by hour: recipients handed over, delivered and failed, by number range.

What test keys sent is not counted.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, String, cast, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute

from flashsms.extensions import db
from flashsms.models import ActivityHour, FailureHour, Message, now
from flashsms.models.base import UtcDateTime
from flashsms.models.rows import change, insert, rows

DAYS = 30

# message id, operator of the number range, and how many were sent, delivered, failed
Change = tuple[int, str, int, int, int]
# message id, reason, and how many failed for it
Failure = tuple[int, str, int]


class Counts(NamedTuple):
    """How many recipients were handed over, and how many became final which way."""

    sent: int
    delivered: int
    failed: int


class Day(NamedTuple):
    """What happened on one day of the account's calendar."""

    day: date
    sent: int
    delivered: int
    failed: int


class Range(NamedTuple):
    """What happened to the numbers of one operator's range."""

    operator: str
    sent: int
    delivered: int
    failed: int


def add(changes: Iterable[Change]) -> None:
    """Add what just happened to recipients to this hour of their accounts.

    In the transaction that changes those recipients, and once in it: its rows are locked in the
    order of account and operator, so that two writers cannot deadlock.
    """
    counted = list(changes)
    if not counted:
        return
    given = rows(
        counted,
        message=BigInteger(),
        operator=String(),
        sent=BigInteger(),
        delivered=BigInteger(),
        failed=BigInteger(),
    )
    summed = (
        select(
            Message.account_id,
            literal(_this_hour(), UtcDateTime()),
            given.c.operator,
            func.sum(given.c.sent),
            func.sum(given.c.delivered),
            func.sum(given.c.failed),
        )
        .join(given, Message.id == given.c.message)
        .where(Message.is_test.is_(False))
        .group_by(Message.account_id, given.c.operator)
        .order_by(Message.account_id, given.c.operator)
    )
    new = insert(ActivityHour).from_select(
        ["account_id", "hour", "operator", "sent", "delivered", "failed"], summed
    )
    added = {
        column.name: column + new.excluded[column.name]
        for column in (ActivityHour.sent, ActivityHour.delivered, ActivityHour.failed)
    }
    key = ["account_id", "hour", "operator"]
    change(new.on_conflict_do_update(index_elements=key, set_=added))


def add_failures(failures: Iterable[Failure]) -> None:
    """Add why recipients just failed to this hour of their accounts; where `add` is called."""
    counted = list(failures)
    if not counted:
        return
    given = rows(counted, message=BigInteger(), reason=String(), failed=BigInteger())
    summed = (
        select(
            Message.account_id,
            literal(_this_hour(), UtcDateTime()),
            given.c.reason,
            func.sum(given.c.failed),
        )
        .join(given, Message.id == given.c.message)
        .where(Message.is_test.is_(False))
        .group_by(Message.account_id, given.c.reason)
        .order_by(Message.account_id, given.c.reason)
    )
    new = insert(FailureHour).from_select(["account_id", "hour", "reason", "failed"], summed)
    added = {"failed": FailureHour.failed + new.excluded.failed}
    key = ["account_id", "hour", "reason"]
    change(new.on_conflict_do_update(index_elements=key, set_=added))


def _this_hour() -> datetime:
    return now().replace(minute=0, second=0, microsecond=0)


def by_day(account_id: int, timezone: str, days: int = DAYS) -> list[Day]:
    """Return the last `days` days in the account's timezone, today the last, none left out.

    Where the clock is not whole hours away from UTC, an hour belongs to the day it begins in.
    """
    zone = ZoneInfo(timezone)
    first, last = _period(zone, days)
    found = db.session.execute(
        select(ActivityHour.hour, *_SUMS)
        .where(*_within(account_id, first, last, zone))
        .group_by(ActivityHour.hour)
    )
    sums = {first + timedelta(days=number): [0, 0, 0] for number in range(days)}
    for hour, sent, delivered, failed in found:
        sum_of_day = sums[hour.astimezone(zone).date()]
        sum_of_day[0] += sent
        sum_of_day[1] += delivered
        sum_of_day[2] += failed
    return [Day(day, *counts) for day, counts in sums.items()]


def total(counted: Sequence[Day]) -> Counts:
    """Return what these days come to together."""
    return Counts(
        sum(one.sent for one in counted),
        sum(one.delivered for one in counted),
        sum(one.failed for one in counted),
    )


def by_operator(account_id: int, timezone: str, days: int = DAYS) -> list[Range]:
    """Return what happened to each operator's number range on the days of `by_day`, most first."""
    zone = ZoneInfo(timezone)
    found = db.session.execute(
        select(ActivityHour.operator, *_SUMS)
        .where(*_within(account_id, *_period(zone, days), zone))
        .group_by(ActivityHour.operator)
        .order_by(_SUMS[0].desc(), ActivityHour.operator)
    )
    return [Range(operator, *counts) for operator, *counts in found]


def _period(zone: ZoneInfo, days: int) -> tuple[date, date]:
    """Return the first and the last of the `days` days until today."""
    today = now().astimezone(zone).date()
    return today - timedelta(days=days - 1), today


def _within(
    account_id: int, first: date, last: date, zone: ZoneInfo
) -> tuple[ColumnElement[bool], ...]:
    return (
        ActivityHour.account_id == account_id,
        ActivityHour.hour >= datetime.combine(first, time(), zone),
        ActivityHour.hour < datetime.combine(last + timedelta(days=1), time(), zone),
    )


def _sum(column: InstrumentedAttribute[int]) -> ColumnElement[int]:
    return cast(func.sum(column), BigInteger)  # which PostgreSQL would make a decimal number


_SUMS = (_sum(ActivityHour.sent), _sum(ActivityHour.delivered), _sum(ActivityHour.failed))
