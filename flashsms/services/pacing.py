"""How fast a carrier may be fed, agreed among all workers by one Redis command at a time.

A token bucket per carrier, counted in parts. It holds a fifth of a second, so that nothing of the
rate is lost while all workers are busy, and gives bulk work blocks of a twentieth to a tenth of a
second: many small batches cost more than they send. Bulk work leaves a reserve for urgent work. A
carrier that says "too fast" gets a quarter less; the rate grows back by a tenth of its limit each
second.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from redis.exceptions import RedisError

from flashsms import queue

UNLIMITED_RATE = 2000.0  # parts/s that a carrier without a limit starts from once it throttled

_TAKE = """
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'factor')
local limit, fallback, units = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local unit, urgent = tonumber(ARGV[4]), ARGV[5] == '1'
local factor = tonumber(state[3] or 1)
if limit == 0 and factor == 1 then return {units, 0} end
if limit == 0 then limit = fallback end
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local passed = math.max(0, now - tonumber(state[2] or now))
factor = math.min(1, factor + passed * 0.1)
local rate = limit * factor
local most = math.max(1, rate / 10)
local reserve = urgent and 0 or math.floor(most / 5)
local least = urgent and 1 or math.max(1, math.min(units * unit, math.floor(rate / 20)))
local tokens = math.min(most * 2, tonumber(state[1] or most) + passed * rate) - reserve
local granted = 0
if tokens >= least then
  granted = math.min(units, math.max(1, math.floor(math.min(tokens, most) / unit)))
end
tokens = tokens + reserve - granted * unit
redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', tostring(now), 'factor', factor)
redis.call('EXPIRE', KEYS[1], 60)
local missing = math.max(0, reserve + least - tokens)
return {granted, math.ceil(missing / rate * 1000)}
"""

_SLOW_DOWN = """
if redis.call('SET', KEYS[1] .. ':slowed', 1, 'NX', 'PX', 500) then
  local factor = tonumber(redis.call('HGET', KEYS[1], 'factor') or 1)
  redis.call('HSET', KEYS[1], 'factor', math.max(0.001, factor * 0.75), 'tokens', 0)
  redis.call('EXPIRE', KEYS[1], 60)
end
"""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Grant:
    """How many recipients may be sent to now, and after how many seconds to ask again."""

    recipients: int
    wait: float


def take(carrier_id: int, tps: float, *, recipients: int, parts: int, urgent: bool) -> Grant:
    """Ask to send to `recipients` of `parts` parts each; `tps` is in parts/s, 0 for no limit."""
    granted, wait_ms = queue.redis().eval(
        _TAKE, 1, _key(carrier_id), tps, UNLIMITED_RATE, recipients, parts, int(urgent)
    )
    return Grant(int(granted), int(wait_ms) / 1000)


def give_back(carrier_id: int, parts: int) -> None:
    """Return tokens that were taken and not used; without Redis they are just lost."""
    with _forgiven():
        if parts > 0 and queue.redis().hexists(_key(carrier_id), "tokens"):
            queue.redis().hincrbyfloat(_key(carrier_id), "tokens", parts)


def slow_down(carrier_id: int) -> None:
    """Feed the carrier a quarter less, because it said "too fast"; at most twice a second."""
    with _forgiven():
        queue.redis().eval(_SLOW_DOWN, 1, _key(carrier_id))


@contextmanager
def _forgiven() -> Iterator[None]:
    """Log that Redis is away and go on: what was claimed must reach the wire and be settled."""
    try:
        yield
    except RedisError as error:
        log.warning("The pace could not be told what happened: %s", error)


def _key(carrier_id: int) -> str:
    return f"flashsms:pace:{carrier_id}"
