"""The RQ queues by urgency. Jobs are named here, never imported: services sit below jobs.

The batches of each account wait in a lane of its own, and only the first of a lane stand in RQ's
queue among those of the others: whoever has hundreds of messages under way has no more turns than
whoever has one. When a worker takes a batch (`leave_lane`) the next of its lane joins the end of
the queue. All of that is one script in place of RQ's push, so that it costs no trip of its own.
"""

import logging
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import uuid4

from flask import current_app
from redis import Redis
from redis.client import Pipeline
from redis.exceptions import RedisError
from rq import Queue

URGENT = "urgent"
BULK = "bulk"
WEBHOOKS = "webhooks"
SENDING = (URGENT, BULK)  # in the order in which a worker looks at them
QUEUES = (*SENDING, WEBHOOKS)

SEND_BATCH = "flashsms.jobs.sending.send_batch"
RUN_IMPORT = "flashsms.jobs.imports.run"
TICK = "flashsms.jobs.schedule.tick"
SEND_MAIL = "flashsms.jobs.mail.send"
RUN_LEDGER_CHECK = "flashsms.jobs.ledger.check"
ASK_RECEIPTS = "flashsms.jobs.receipts.ask"
DELIVER = "flashsms.jobs.webhooks.deliver"
JOBS = (SEND_BATCH, RUN_IMPORT, TICK, SEND_MAIL, RUN_LEDGER_CHECK, ASK_RECEIPTS, DELIVER)

_ASKING = "flashsms:asking"
_DELIVERING = "flashsms:delivering"
_NAMES = {SEND_BATCH: "send", RUN_IMPORT: "import"}  # what their ids begin with

JOB_TIMEOUT = 300  # seconds; a batch bounds its own waits far below, this ends what hangs
LEDGER_CHECK_TIMEOUT = 3600  # seconds; it reads the ledgers of all accounts
ASKING = 60  # seconds after which a job that asks for receipts and was not heard of is lost
DELIVERING = 30  # seconds after which a job that delivers to webhooks and was silent is lost
KEEP_FAILED = 7 * 24 * 3600  # seconds

# Batches of one account that stand in the queue itself. One is fair, and enough where a batch takes
# long: the next joins as soon as a worker has begun. Urgent ones are over sooner than a worker
# looks, and few of them delay nobody.
AHEAD = {URGENT: 4, BULK: 1}

# KEYS: the queue, the accounts with a lane, the lane, those of it that stand in the queue. ARGV:
# how many may stand there, the account, the id of a job that joins, and of one that was taken.
# One that is not in the queue any more was taken by a worker, which may have died with it.
_FILL = """
if ARGV[4] ~= '' then redis.call('SREM', KEYS[4], ARGV[4]) end
if ARGV[3] ~= '' then redis.call('RPUSH', KEYS[3], ARGV[3]) end
local most = tonumber(ARGV[1])
if redis.call('SCARD', KEYS[4]) >= most then
  for _, id in ipairs(redis.call('SMEMBERS', KEYS[4])) do
    if not redis.call('LPOS', KEYS[1], id) then redis.call('SREM', KEYS[4], id) end
  end
end
while redis.call('SCARD', KEYS[4]) < most do
  local id = redis.call('LPOP', KEYS[3])
  if not id then break end
  redis.call('SADD', KEYS[4], id)
  redis.call('RPUSH', KEYS[1], id)
end
local change = redis.call('LLEN', KEYS[3]) > 0 and 'SADD' or 'SREM'
redis.call(change, KEYS[2], ARGV[2])
"""
_COUNT = """
local count = redis.call('LLEN', KEYS[1])
for _, account in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  count = count + redis.call('LLEN', KEYS[2] .. ':' .. account)
end
return count
"""

log = logging.getLogger(__name__)


def redis() -> Redis:
    """Return this application's Redis connection."""
    connection: Redis = current_app.extensions["redis"]
    return connection


class _Lane(Queue):
    """A queue as an account sees it: its jobs wait in its lane before they stand in the queue."""

    def __init__(self, name: str, account_id: int) -> None:
        super().__init__(name, connection=redis())
        self._account_id = account_id

    def push_job_id(
        self, job_id: str, pipeline: Pipeline | None = None, at_front: bool = False
    ) -> None:
        """Called by RQ once it has stored the job, in the same pipeline."""
        _fill(redis() if pipeline is None else pipeline, self.name, self._account_id, joins=job_id)


def enqueue_batch(message_id: int, ticket: int, *, account_id: int, urgent: bool) -> None:
    """Queue the next batch of an account's message, for the holder of `ticket` only.

    Never raises when Redis is away: the database says what is due, and the tick queues it again.
    """
    name, job_id = URGENT if urgent else BULK, _job_id(SEND_BATCH, message_id, ticket)
    _enqueue(name, SEND_BATCH, message_id, ticket, job_id=job_id, lane=account_id)


def leave_lane(
    pipe: Pipeline, message_id: int, ticket: int, *, account_id: int, urgent: bool
) -> None:
    """Say that a worker has taken a batch: the next of the account's lane joins the queue."""
    name = URGENT if urgent else BULK
    _fill(pipe, name, account_id, left=_job_id(SEND_BATCH, message_id, ticket))


def count_waiting(connection: Redis, name: str) -> Any:
    """Return how many jobs of a queue wait, in its lanes too; in a pipeline, ask for that."""
    return connection.eval(_COUNT, 2, f"rq:queue:{name}", _lanes(name))


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


def enqueue_asking() -> None:
    """Queue a job that asks a carrier for receipts, one at a time; never raises either.

    Not while one waits or runs, nor in the pause after it (`pause_asking`).
    """
    try:
        if not redis().set(_ASKING, 1, nx=True, ex=ASKING):
            return
    except RedisError as error:
        log.warning("Carriers are asked for receipts later: %s", error)
        return
    _enqueue(BULK, ASK_RECEIPTS, job_id=f"ask-{uuid4().hex}")


def pause_asking(seconds: float) -> None:
    """Say that a job that asked is over, and for how long none is to follow."""
    try:
        redis().set(_ASKING, 1, px=max(1, int(seconds * 1000)))
    except RedisError as error:
        log.warning("Carriers are asked for receipts again in %d s: %s", ASKING, error)


def enqueue_webhooks() -> None:
    """Queue a job that tells webhooks what waits for them, one at a time; never raises either.

    Not while one waits or runs (`keep_delivering`), for that one looks again before it ends.
    """
    try:
        if not redis().set(_DELIVERING, 1, nx=True, ex=DELIVERING):
            return
    except RedisError as error:
        log.warning("Webhooks are told later: %s", error)
        return
    _enqueue(WEBHOOKS, DELIVER, job_id=f"webhooks-{uuid4().hex}")


def keep_delivering() -> None:
    """Say that the job that delivers is alive."""
    try:
        redis().set(_DELIVERING, 1, ex=DELIVERING)
    except RedisError as error:
        log.warning("That webhooks are being told cannot be said: %s", error)


def end_delivering() -> None:
    """Say that the job that delivers is over: whoever emits from now on queues another."""
    try:
        redis().delete(_DELIVERING)
    except RedisError as error:
        log.warning("Webhooks are told again in %d s: %s", DELIVERING, error)


def still_queued(tickets: Iterable[tuple[int, int]], job: str = SEND_BATCH) -> set[int]:
    """Return the ids of those messages whose job of that ticket still waits for a worker.

    `job` RUN_IMPORT asks the same for imports.
    """
    wanted = {_job_id(job, id, ticket): id for id, ticket in tickets}
    if not wanted:
        return set()
    # The lists, not the jobs' own word: one that a worker took and died with still says "queued".
    waiting = (job_id for name in SENDING for job_id in _waiting(name))
    return {wanted[job_id] for job_id in waiting if job_id in wanted}


def _waiting(name: str) -> Iterator[str]:
    """Yield the ids of all jobs that wait in a queue and its lanes.

    Lanes behind a job that a worker took and died with go on first.
    """
    accounts = [int(account) for account in redis().smembers(_lanes(name))]
    with redis().pipeline() as pipe:  # at once, or a job could go from one list to the other
        for account_id in accounts:
            _fill(pipe, name, account_id)
        pipe.lrange(f"rq:queue:{name}", 0, -1)
        for account_id in accounts:
            pipe.lrange(f"{_lanes(name)}:{account_id}", 0, -1)
        answers = pipe.execute()
    for job_ids in answers[len(accounts) :]:
        yield from (job_id.decode() for job_id in job_ids)


def _fill(connection: Redis, name: str, account_id: int, joins: str = "", left: str = "") -> None:
    lane = f"{_lanes(name)}:{account_id}"
    keys = (f"rq:queue:{name}", _lanes(name), lane, f"{lane}:ahead")
    connection.eval(_FILL, len(keys), *keys, AHEAD[name], account_id, joins, left)


def _lanes(name: str) -> str:
    return f"flashsms:lanes:{name}"


def _enqueue(
    name: str,
    job: str,
    *args: int | str,
    job_id: str,
    otherwise: str = "the tick will do it",
    timeout: int = JOB_TIMEOUT,
    lane: int | None = None,
) -> None:
    try:
        there = Queue(name, connection=redis()) if lane is None else _Lane(name, lane)
        there.enqueue(
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
