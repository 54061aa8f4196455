"""How the installation is doing: what all accounts did today, beside the seven days before.

Read from what is counted by the hour and the day, never from recipients or the ledger.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, case, cast, func, literal_column, select
from sqlalchemy.orm import InstrumentedAttribute

from flashsms.extensions import db
from flashsms.models import Account, ActivityHour, FailureHour, LedgerCheck, Sender, now
from flashsms.services import carriers, ledger_checks
from flashsms.services.activity import Counts
from flashsms.services.carriers import standing as doing
from flashsms.services.operations import queues, transactions
from flashsms.services.operations.queues import Standing
from flashsms.services.operations.transactions import DayTotals

DAYS = 7  # before today, whose average today is seen beside
MOST_REASONS = 10
MOST_WAITING = 100  # sender IDs that are counted; beyond it is "100+"

_PENDING = Sender.status == literal_column("'PENDING'")  # spelt as in the index, which it needs


class Usual(NamedTuple):
    """What happens on an average day."""

    sent: float
    delivered: float
    failed: float


class Hour(NamedTuple):
    """An hour of the day (from 0): what happened in it today, and on an average day before."""

    hour: int
    today: Counts
    usual: Usual


class Reason(NamedTuple):
    """Why recipients failed: how many today, and on an average day before."""

    reason: str
    today: int
    usual: float


@dataclass(frozen=True, slots=True)
class Messages:
    """What was sent: today by the hour, and today and the days before as a whole."""

    hours: list[Hour]
    today: Counts
    week: Counts
    usual_by_now: float

    @property
    def rate_today(self) -> float | None:
        """Which part of what came to an end today was delivered (0 to 1); None without any."""
        return _rate(self.today)

    @property
    def rate_week(self) -> float | None:
        """The same of the days before."""
        return _rate(self.week)


@dataclass(frozen=True, slots=True)
class Overview:
    """What the database says. `credits` are days in UTC, today the last."""

    messages: Messages
    reasons: list[Reason]
    credits: list[DayTotals]
    joined_today: int
    joined_week: int
    senders_waiting: int
    check: LedgerCheck | None
    check_running: bool


@dataclass(frozen=True, slots=True)
class Live:
    """What changes from second to second; `standing` is None when Redis is away."""

    standing: Standing | None
    carriers: list[doing.Standing]


def read(timezone: str) -> Overview:
    """Return how things stand; "today" begins at midnight in `timezone`."""
    zone = ZoneInfo(timezone)
    moment = now().astimezone(zone)
    midnight = datetime.combine(moment.date(), time(), zone)
    since = datetime.combine(moment.date() - timedelta(days=DAYS), time(), zone)
    today, week = _joined(since, midnight)
    checks = ledger_checks.recent()
    utc = now().date()
    return Overview(
        messages=_messages(since, midnight, moment),
        reasons=_reasons(since, midnight),
        credits=transactions.by_day(utc - timedelta(days=DAYS), utc),
        joined_today=today,
        joined_week=week,
        senders_waiting=_senders_waiting(),
        check=ledger_checks.finished(checks),
        check_running=ledger_checks.running(checks) is not None,
    )


def live() -> Live:
    """Return how queues, workers and carriers stand now."""
    return Live(queues.standing(), doing.of(carriers.every()))


def _messages(since: datetime, midnight: datetime, moment: datetime) -> Messages:
    found = db.session.execute(
        select(ActivityHour.hour, *(_sum(column) for column in _COUNTED))
        .where(ActivityHour.hour >= since)
        .group_by(ActivityHour.hour)
    )
    today: dict[int, list[Counts]] = defaultdict(list)
    before: dict[int, list[Counts]] = defaultdict(list)
    for start, *counts in found:
        days = today if start >= midnight else before
        days[start.astimezone(midnight.tzinfo).hour].append(Counts(*counts))
    hours = [
        Hour(hour, _total(today[hour]), Usual(*(one / DAYS for one in _total(before[hour]))))
        for hour in range(24)
    ]
    return Messages(
        hours,
        today=_total(one.today for one in hours),
        week=_total(count for counts in before.values() for count in counts),
        usual_by_now=_usual_by_now(hours, moment),
    )


def _usual_by_now(hours: Sequence[Hour], moment: datetime) -> float:
    """Return what is sent by this time on an average day; of this hour, the part that is over."""
    full = sum(one.usual.sent for one in hours[: moment.hour])
    return full + hours[moment.hour].usual.sent * moment.minute / 60


def _reasons(since: datetime, midnight: datetime) -> list[Reason]:
    today = _sum(case((FailureHour.hour >= midnight, FailureHour.failed), else_=0))
    before = _sum(case((FailureHour.hour < midnight, FailureHour.failed), else_=0))
    found = db.session.execute(
        select(FailureHour.reason, today, before)
        .where(FailureHour.hour >= since)
        .group_by(FailureHour.reason)
        .order_by(today.desc(), before.desc(), FailureHour.reason)
        .limit(MOST_REASONS)
    )
    return [Reason(reason, count, past / DAYS) for reason, count, past in found]


def _joined(since: datetime, midnight: datetime) -> tuple[int, int]:
    """Return how many accounts joined today, and on the days before."""
    today = func.coalesce(func.sum(case((Account.created_at >= midnight, 1), else_=0)), 0)
    query = select(today, func.count()).where(Account.created_at >= since)
    joined, total = db.session.execute(query).one()
    return joined, total - joined


def _senders_waiting() -> int:
    """Return how many requests wait for a decision, MOST_WAITING and one at most."""
    some = select(Sender.id).where(_PENDING).limit(MOST_WAITING + 1).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0


def _total(counted: Iterable[Counts]) -> Counts:
    found = list(counted)
    return Counts(*(sum(column) for column in zip(*found, strict=True))) if found else _NOTHING


def _rate(counts: Counts) -> float | None:
    ended = counts.delivered + counts.failed
    return counts.delivered / ended if ended else None


def _sum(column: ColumnElement[int] | InstrumentedAttribute[int]) -> ColumnElement[int]:
    return cast(func.sum(column), BigInteger)  # which PostgreSQL would make a decimal number


_COUNTED = (ActivityHour.sent, ActivityHour.delivered, ActivityHour.failed)
_NOTHING = Counts(0, 0, 0)
