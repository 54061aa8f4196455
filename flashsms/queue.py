"""The RQ queues by urgency. Jobs are named here, never imported: services sit below jobs."""

import logging
from collections.abc import Iterable

from flask import current_app
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue

URGENT = "urgent"
BULK = "bulk"
QUEUES = (URGENT, BULK)  # in the order in which a worker looks at them

SEND_BATCH = "flashsms.jobs.sending.send_batch"
TICK = "flashsms.jobs.schedule.tick"
JOBS = (SEND_BATCH, TICK)

JOB_TIMEOUT = 300  # seconds; a batch bounds its own waits far below, this ends what hangs
_KEEP_FAILED = 7 * 24 * 3600

log = logging.getLogger(__name__)


def redis() -> Redis:
    """Return this application's Redis connection."""
    connection: Redis = current_app.extensions["redis"]
    return connection


def enqueue_batch(message_id: int, ticket: int, *, urgent: bool) -> None:
    """Queue the next batch of a message, for the holder of `ticket` only.

    Never raises when Redis is away: the database says what is due, and the tick queues it again.
    """
    try:
        Queue(URGENT if urgent else BULK, connection=redis()).enqueue(
            SEND_BATCH,
            message_id,
            ticket,
            job_id=_job_id(message_id, ticket),
            description=f"send_batch({message_id}, {ticket})",
            job_timeout=JOB_TIMEOUT,
            result_ttl=0,
            failure_ttl=_KEEP_FAILED,
        )
    except RedisError as error:
        log.warning("Message %s was not queued (%s); the tick will do it.", message_id, error)


def still_queued(batches: Iterable[tuple[int, int]]) -> set[int]:
    """Return the ids of those messages whose job of that ticket still waits for a worker."""
    wanted = {_job_id(message_id, ticket): message_id for message_id, ticket in batches}
    if not wanted:
        return set()
    # The lists, not the jobs' own word: one that a worker took and died with still says "queued".
    waiting = (job_id for name in QUEUES for job_id in Queue(name, connection=redis()).job_ids)
    return {wanted[job_id] for job_id in waiting if job_id in wanted}


def _job_id(message_id: int, ticket: int) -> str:
    return f"send-{message_id}-{ticket}"
