"""How the installation is doing."""

import logging
from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis.exceptions import RedisError
from rq import Worker
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from flashsms import queue
from flashsms.extensions import db
from flashsms.models import Message, ParkedReceipt, now

log = logging.getLogger(__name__)


def check() -> dict[str, str]:
    """Return for each part that is needed `ok` or `unreachable`."""
    return {"database": _database(), "redis": _redis()}


class Figures(Collector):
    """Figures read at scrape time, so that they are the same whichever web process answers."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield a gauge for each figure; what cannot be read now is left out."""
        states = check()
        up = GaugeMetricFamily("flashsms_up", "1 if the part can be reached", labels=["part"])
        for part, state in states.items():
            up.add_metric([part], int(state == "ok"))
        yield up
        if states["redis"] == "ok":
            yield from _queues()
        if states["database"] == "ok":
            yield from _work()


def _database() -> str:
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        log.exception("The database cannot be reached.")
        return "unreachable"
    return "ok"


def _redis() -> str:
    try:
        queue.redis().ping()
    except RedisError:
        log.exception("Redis cannot be reached.")
        return "unreachable"
    return "ok"


def _queues() -> Iterator[GaugeMetricFamily]:
    jobs = GaugeMetricFamily("flashsms_queue_jobs", "Jobs that wait", labels=["queue"])
    for name in queue.QUEUES:
        jobs.add_metric([name], queue.count_waiting(queue.redis(), name))
    yield jobs
    workers = Worker.count(connection=queue.redis())
    yield GaugeMetricFamily("flashsms_workers", "RQ workers alive", value=workers)


def _work() -> Iterator[GaugeMetricFamily]:
    due = select(
        func.count(), func.coalesce(func.sum(Message.waiting), 0), func.min(Message.wake_at)
    ).where(Message.wake_at.is_not(None))
    messages, recipients, oldest = db.session.execute(due).one()
    late = max(0.0, (now() - oldest).total_seconds()) if oldest else 0.0
    parked = db.session.scalar(select(func.count()).select_from(ParkedReceipt)) or 0
    for name, meaning, value in (
        ("flashsms_messages_open", "Messages with something left to do", messages),
        ("flashsms_recipients_waiting", "Recipients not handed over yet", recipients),
        ("flashsms_oldest_overdue_seconds", "How late the most overdue message is", late),
        ("flashsms_receipts_parked", "Receipts that match nothing yet", parked),
    ):
        yield GaugeMetricFamily(name, meaning, value=value)
