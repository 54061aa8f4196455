"""Jobs that failed: what they were, why, and another try or their end.

Redis is no part of a database transaction. Each act writes its audit row first and lets Redis
decide last, right before the commit: what Redis refuses leaves no row. Should the commit fail after
that, the act was done and no row tells of it, which is logged by the error that it raises.
"""

import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redis.exceptions import RedisError
from rq import Queue
from rq.defaults import RQ_KEY_PREFIX
from rq.exceptions import DeserializationError, InvalidJobOperation, NoSuchJobError
from rq.job import Job
from rq.registry import FailedJobRegistry
from rq.results import Result

from flashsms import queue
from flashsms.extensions import db, transaction
from flashsms.services import audit
from flashsms.services.audit import Action
from flashsms.services.errors import Conflict, DomainError, NotFound

PER_PAGE = 50
PAGES = 20  # so that a page far down reads no more than a thousand ids
LONGEST_TRACEBACK = 20_000  # characters: its end, which names the error

_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_UNREADABLE = "unreadable"

log = logging.getLogger(__name__)


class RedisAway(DomainError):
    """Jobs are in Redis, which does not answer."""

    status = 503

    def __init__(self) -> None:
        super().__init__("redis_away", "Redis cannot be reached, so jobs cannot be changed now.")


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A job that failed: `function` with `arguments`, `error` the last line of `traceback`."""

    id: str
    queue: str
    function: str
    arguments: str
    at: datetime | None
    error: str
    traceback: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A page of failed jobs, newest first, out of `total`."""

    items: list[FailedJob]
    page: int
    total: int

    @property
    def first(self) -> int:
        """The place of the first one of this page, from 1."""
        return (self.page - 1) * PER_PAGE + 1

    @property
    def older(self) -> bool:
        """Whether there is a page after this one."""
        return self.page < PAGES and self.page * PER_PAGE < self.total


def listed(page: int = 1) -> Failed | None:
    """Return a page (from 1) of failed jobs of all queues; None when Redis is away."""
    number = max(1, min(page, PAGES))
    try:
        ids, total = _newest(number * PER_PAGE)
        return Failed(_read(ids[(number - 1) * PER_PAGE :]), number, total)
    except RedisError as error:
        log.warning("The failed jobs cannot be read: %s", error)
        return None


def retry(job_id: str) -> None:
    """Let a failed job wait for a worker again. Raises NotFound, Conflict or RedisAway."""
    _act(job_id, Action.JOB_RETRIED, lambda registry, job: registry.requeue(job))


def retry_all(job_ids: Iterable[str]) -> tuple[int, int]:
    """Let failed jobs wait again, at most a page of them, each a transaction of its own.

    Returns how many wait now, and how many were no longer there. Raises RedisAway.
    """
    retried = gone = 0
    for job_id in list(dict.fromkeys(job_ids))[:PER_PAGE]:
        try:
            retry(job_id)
            retried += 1
        except (NotFound, Conflict):
            gone += 1
    return retried, gone


def discard(job_id: str) -> None:
    """Forget a failed job for good. Raises NotFound, Conflict or RedisAway.

    Nothing is lost by it but the try: what is due is in the database, where the sweep finds it.
    """
    _act(job_id, Action.JOB_DISCARDED, _remove)


def _act(job_id: str, action: Action, command: Callable[[FailedJobRegistry, Job], object]) -> None:
    """Audit an act and do it; see the module on what a crash between Redis and commit leaves."""
    try:
        job = _find(job_id)
        function, arguments = _call(job)
        with transaction():
            done = {"function": function, "arguments": arguments, "queue": job.origin}
            audit.record(action, job.id, None, before=done)
            db.session.flush()
            command(FailedJobRegistry(queue=_queue(job.origin)), job)
    except InvalidJobOperation as error:
        raise Conflict(
            "job_handled", "This job is not among the failed ones any more: somebody was faster."
        ) from error
    except RedisError as error:
        raise RedisAway from error


def _remove(registry: FailedJobRegistry, job: Job) -> None:
    if not registry.remove(job):
        raise InvalidJobOperation
    job.delete()


def _find(job_id: str) -> Job:
    try:
        if _ID.fullmatch(job_id):
            return Job.fetch(job_id, connection=queue.redis())
    except NoSuchJobError:
        pass
    raise NotFound("job_unknown", "This job is not there any more: it was handled, or forgotten.")


def _newest(count: int) -> tuple[list[str], int]:
    """Return the ids of the newest failed jobs, and how many there are.

    All are kept equally long, so that the order in which they end is that in which they failed.
    """
    keys = [FailedJobRegistry(queue=_queue(name)).key for name in queue.QUEUES]
    with queue.redis().pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.zrange(key, 0, count - 1, desc=True, withscores=True)
            pipe.zcard(key)
        answers = pipe.execute()
    found = [entry for entries in answers[::2] for entry in entries]
    found.sort(key=lambda entry: entry[1], reverse=True)
    return [job_id.decode() for job_id, _ in found[:count]], sum(answers[1::2])


def _read(job_ids: list[str]) -> list[FailedJob]:
    jobs = [job for job in Job.fetch_many(job_ids, connection=queue.redis()) if job is not None]
    with queue.redis().pipeline(transaction=False) as pipe:
        for job in jobs:
            pipe.xrevrange(f"{RQ_KEY_PREFIX}:results:{job.id}", "+", "-", count=1)
        answers = pipe.execute()
    return [_shown(job, answer) for job, answer in zip(jobs, answers, strict=True)]


def _shown(job: Job, answer: list[tuple[bytes, dict[bytes, Any]]]) -> FailedJob:
    results = [
        Result.restore(job.id, result_id.decode(), said, connection=queue.redis())
        for result_id, said in answer
    ]
    text = (results[0].exc_string or "").strip() if results else ""
    function, arguments = _call(job)
    return FailedJob(
        id=job.id,
        queue=job.origin,
        function=function,
        arguments=arguments,
        at=job.ended_at or (results[0].created_at if results else job.enqueued_at),
        error=text.rpartition("\n")[2][:500] or "No reason was kept.",
        traceback=text[-LONGEST_TRACEBACK:],
    )


def _call(job: Job) -> tuple[str, str]:
    """Return which function the job calls, and with what, as text."""
    try:
        named = [f"{name}={value!r}" for name, value in job.kwargs.items()]
        given = ", ".join([*map(repr, job.args), *named])
        return (job.func_name or _UNREADABLE)[:200], given[:200]
    except DeserializationError:
        return _UNREADABLE, _UNREADABLE


def _queue(name: str) -> Queue:
    return Queue(name, connection=queue.redis())
