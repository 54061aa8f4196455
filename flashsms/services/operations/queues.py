"""RQ's queues and workers as they stand now."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redis.client import Pipeline
from redis.exceptions import RedisError
from rq import Queue, Worker, worker_registration
from rq.executions import WORKER_EXECUTIONS_KEY_TEMPLATE
from rq.job import Job
from rq.registry import StartedJobRegistry
from rq.utils import utcparse

from flashsms import queue
from flashsms.models import now

SILENT = 60  # seconds without a heartbeat after which a worker is taken for dead
SILENT_AT_WORK = 90  # the same while it has a job, which bounds its own waits far below
_HEAD = 100  # jobs looked at for the oldest: those that expired while they waited have no time

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class QueueState:
    """A queue: how many jobs wait, run and failed, and since when the oldest waits, if known."""

    name: str
    waiting: int
    started: int
    failed: int
    oldest: datetime | None

    @property
    def age(self) -> int | None:
        """Seconds that the oldest job has waited."""
        return max(0, int((now() - self.oldest).total_seconds())) if self.oldest else None


@dataclass(frozen=True, slots=True)
class WorkerState:
    """A worker: the queues it serves, what it does (a job's id), when it was heard of last."""

    name: str
    host: str
    queues: tuple[str, ...]
    state: str
    job: str | None
    heartbeat: datetime | None

    @property
    def silence(self) -> int | None:
        """Seconds since it was heard of; None when it never was."""
        return max(0, int((now() - self.heartbeat).total_seconds())) if self.heartbeat else None

    @property
    def is_silent(self) -> bool:
        """Whether it has not been heard of for too long: at work on a job it says nothing."""
        patience = SILENT_AT_WORK if self.state == "busy" else SILENT
        return self.silence is None or self.silence > patience


@dataclass(frozen=True, slots=True)
class Standing:
    """How queues and workers stand."""

    queues: list[QueueState]
    workers: list[WorkerState]

    @property
    def failed(self) -> int:
        """How many jobs failed, in all queues."""
        return sum(one.failed for one in self.queues)

    @property
    def alive(self) -> int:
        """How many workers are heard of."""
        return sum(not one.is_silent for one in self.workers)


def standing() -> Standing | None:
    """Return how queues and workers stand, in a few trips; None when Redis is away."""
    try:
        return Standing(_queues(), _workers())
    except RedisError as error:
        log.warning("How the queues stand cannot be read: %s", error)
        return None


def _queues() -> list[QueueState]:
    queues = [Queue(name, connection=queue.redis()) for name in queue.QUEUES]
    with queue.redis().pipeline(transaction=False) as pipe:
        for one in queues:
            queue.count_waiting(pipe, one.name)
            pipe.zcard(StartedJobRegistry(queue=one).key)
            pipe.zcard(one.failed_job_registry.key)
            pipe.lrange(one.key, 0, _HEAD - 1)
        answers = pipe.execute()
        found = [answers[at : at + 4] for at in range(0, len(answers), 4)]
        oldest = [_oldest(pipe, head) for *_, head in found]
    return [
        QueueState(one.name, waiting, started, failed, since)
        for one, (waiting, started, failed, _), since in zip(queues, found, oldest, strict=True)
    ]


def _oldest(pipe: Pipeline, head: Iterable[bytes]) -> datetime | None:
    """Return when the first of these jobs was queued; ids of jobs that expired say nothing."""
    for job_id in head:
        pipe.hget(Job.key_for(job_id.decode()), "enqueued_at")
    times = [utcparse(moment.decode()) for moment in pipe.execute() if moment]
    return min(times, default=None)


def _workers() -> list[WorkerState]:
    """Read what workers say of themselves.

    Not by RQ's Worker.all: that makes workers, which change how this connection waits.
    """
    prefix = Worker.redis_worker_namespace_prefix
    keys = sorted(worker_registration.get_keys(connection=queue.redis()))
    names = [key.removeprefix(prefix) for key in keys]
    with queue.redis().pipeline(transaction=False) as pipe:
        for key, name in zip(keys, names, strict=True):
            pipe.hgetall(key)
            pipe.smembers(WORKER_EXECUTIONS_KEY_TEMPLATE.format(name))
        answers = pipe.execute()
    pairs = zip(names, answers[::2], answers[1::2], strict=True)
    return [_worker(name, said, at_work) for name, said, at_work in pairs if said]


def _worker(name: str, said: dict[bytes, bytes], at_work: set[bytes]) -> WorkerState:
    values: dict[str, Any] = {key.decode(): value.decode() for key, value in said.items()}
    beat = values.get("last_heartbeat")
    return WorkerState(
        name=name,
        host=values.get("hostname", ""),
        queues=tuple(filter(None, values.get("queues", "").split(","))),
        state=values.get("state", "unknown"),
        job=next((entry.decode().partition(":")[0] for entry in sorted(at_work)), None),
        heartbeat=utcparse(beat) if beat else None,
    )
