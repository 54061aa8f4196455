"""How often a key may ask: a sliding minute per key in Redis, which may be away."""

import logging
import math
import time
from dataclasses import dataclass

from flask import Response, g
from limits import RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis import ConnectionPool, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

TIMEOUT = 0.25  # seconds that a request may wait for Redis
PAUSE = 5.0  # seconds that Redis is left alone after it failed, so that its absence costs nothing

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a key stands: `remaining` of `limit` requests, `reset` seconds until one comes back."""

    allowed: bool
    limit: int
    remaining: int
    reset: int


class Throttle:
    """Counts the requests of each key; 0 requests `per_minute` means no limit."""

    def __init__(self, redis_url: str, per_minute: int) -> None:
        pool = ConnectionPool.from_url(
            redis_url,
            socket_connect_timeout=TIMEOUT,
            socket_timeout=TIMEOUT,
            retry=Retry(NoBackoff(), 1),  # one, for a connection that a Redis restart left dead
        )
        self._counter = MovingWindowRateLimiter(RedisStorage("redis://", connection_pool=pool))
        self._per_minute = per_minute
        self._away_until = 0.0

    def hit(self, key_id: int, per_minute: int | None = None) -> Standing | None:
        """Count one request of a key; None when nothing is counted: no limit set, or no Redis.

        `per_minute` replaces the limit for this key.
        """
        most = self._per_minute if per_minute is None else per_minute
        if not most or time.monotonic() < self._away_until:
            return None
        limit = RateLimitItemPerMinute(most)
        try:
            allowed = self._counter.hit(limit, "key", str(key_id))
            stats = self._counter.get_window_stats(limit, "key", str(key_id))
        except RedisError as error:
            self._away_until = time.monotonic() + PAUSE
            log.warning("Redis is away, so requests are not limited for now: %s", error)
            return None
        reset = max(1, math.ceil(stats.reset_time - time.time()))
        return Standing(allowed, limit.amount, max(0, stats.remaining), reset)


def add_headers(response: Response) -> Response:
    """Tell the caller where its key stands, if its request was counted."""
    standing: Standing | None = g.pop("standing", None)
    if standing:
        response.headers["RateLimit-Limit"] = str(standing.limit)
        response.headers["RateLimit-Remaining"] = str(standing.remaining)
        response.headers["RateLimit-Reset"] = str(standing.reset)
    return response
