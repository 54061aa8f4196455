"""The RQ queues by urgency. Jobs are named here, never imported: services sit below jobs."""

import logging
from collections.abc import Iterable
from uuid import uuid4

from flask import current_app
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue

URGENT = "urgent"
BULK = "bulk"
QUEUES = (URGENT, BULK)  # in the order in which a worker looks at them

SEND_BATCH = "flashsms.jobs.sending.send_batch"
RUN_IMPORT = "flashsms.jobs.imports.run"
TICK = "flashsms.jobs.schedule.tick"
SEND_MAIL = "flashsms.jobs.mail.send"
RUN_LEDGER_CHECK = "flashsms.jobs.ledger.check"
JOBS = (SEND_BATCH, RUN_IMPORT, TICK, SEND_MAIL, RUN_LEDGER_CHECK)

_NAMES = {SEND_BATCH: "send", RUN_IMPORT: "import"}  # what their ids begin with

JOB_TIMEOUT = 300  # seconds; a batch bounds its own waits far below, this ends what hangs
LEDGER_CHECK_TIMEOUT = 3600  # seconds; it reads the ledgers of all accounts
KEEP_FAILED = 7 * 24 * 3600  # seconds

log = logging.getLogger(__name__)


def redis() -> Redis:
    """Return this application's Redis connection."""
    connection: Redis = current_app.extensions["redis"]
    return connection


def enqueue_batch(message_id: int, ticket: int, *, urgent: bool) -> None:
    """Queue the next batch of a message, for the holder of `ticket` only.

    Never raises when Redis is away: the database says what is due, and the tick queues it again.
    """
    name = URGENT if urgent else BULK
    _enqueue(name, SEND_BATCH, message_id, ticket, job_id=_job_id(SEND_BATCH, message_id, ticket))


def enqueue_import(import_id: int, ticket: int) -> None:
    """Queue the next turn of an import, for the holder of `ticket` only; never raises either."""
    _enqueue(BULK, RUN_IMPORT, import_id, ticket, job_id=_job_id(RUN_IMPORT, import_id, ticket))


def enqueue_mail(letter: str, key: str) -> None:
    """Queue a letter by its kind and what it is about; never raises either.

    Whoever waits in vain for a letter that was lost with Redis asks for another one.
    """
    job_id = f"mail-{uuid4().hex}"
    _enqueue(URGENT, SEND_MAIL, letter, key, job_id=job_id, otherwise="it must be asked for again")


def enqueue_ledger_check(check_id: int) -> None:
    """Queue a check of all balances; never raises either."""
    job_id = f"ledger-check-{check_id}"
    _enqueue(BULK, RUN_LEDGER_CHECK, check_id, job_id=job_id, timeout=LEDGER_CHECK_TIMEOUT)


def still_queued(tickets: Iterable[tuple[int, int]], job: str = SEND_BATCH) -> set[int]:
    """Return the ids of those messages whose job of that ticket still waits for a worker.

    `job` RUN_IMPORT asks the same for imports.
    """
    wanted = {_job_id(job, id, ticket): id for id, ticket in tickets}
    if not wanted:
        return set()
    # The lists, not the jobs' own word: one that a worker took and died with still says "queued".
    waiting = (job_id for name in QUEUES for job_id in Queue(name, connection=redis()).job_ids)
    return {wanted[job_id] for job_id in waiting if job_id in wanted}


def _enqueue(
    name: str,
    job: str,
    *args: int | str,
    job_id: str,
    otherwise: str = "the tick will do it",
    timeout: int = JOB_TIMEOUT,
) -> None:
    try:
        Queue(name, connection=redis()).enqueue(
            job,
            *args,
            job_id=job_id,
            description=job_id,
            job_timeout=timeout,
            result_ttl=0,
            failure_ttl=KEEP_FAILED,
        )
    except RedisError as error:
        log.warning("%s was not queued (%s); %s.", job_id, error, otherwise)


def _job_id(job: str, id: int, ticket: int) -> str:
    return f"{_NAMES[job]}-{id}-{ticket}"
