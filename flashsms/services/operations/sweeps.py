"""What the sweep found, kept in Redis for operators; losing it loses nothing but the view."""

import logging
import time
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime

import orjson
from redis.client import Pipeline
from redis.exceptions import RedisError

from flashsms import queue
from flashsms.models import now
from flashsms.services.sending import Woken

KEPT = 100  # sweeps that found something
LATE = 30  # seconds without a sweep: nothing scheduled starts any more

_LAST = "flashsms:sweep:last"
_FOUND = "flashsms:sweep:found"
_NOTHING = Woken()

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep that found something."""

    at: datetime
    woken: Woken


@dataclass(frozen=True, slots=True)
class Sweeps:
    """When the last sweep was, if any is known of, and the last ones that found something."""

    last: datetime | None
    found: list[Sweep]

    @property
    def seconds_ago(self) -> int | None:
        """How long ago the last one was; None when none is known of."""
        return max(0, int((now() - self.last).total_seconds())) if self.last else None

    @property
    def is_late(self) -> bool:
        """Whether there should have been one since."""
        return self.seconds_ago is None or self.seconds_ago > LATE


def note(woken: Woken) -> None:
    """Keep that a sweep was made, and what it found; never raises when Redis is away."""
    try:
        with queue.redis().pipeline() as pipe:
            pipe.set(_LAST, time.time())
            if woken != _NOTHING:
                _keep(pipe, woken)
            pipe.execute()
    except RedisError as error:
        log.warning("What the sweep found could not be told: %s", error)


def _keep(pipe: Pipeline, woken: Woken) -> None:
    """Put it on the list; messages that were only looked at again, as those are that wait for
    their carrier, replace such an entry, or they would push out what matters.
    """
    again = replace(woken, resumed=0) == _NOTHING
    latest = queue.redis().lindex(_FOUND, 0) if again else None
    if isinstance(latest, bytes) and replace(_sweep(latest).woken, resumed=0) == _NOTHING:
        pipe.lpop(_FOUND)
    pipe.lpush(_FOUND, orjson.dumps({"at": time.time(), **asdict(woken)}))
    pipe.ltrim(_FOUND, 0, KEPT - 1)


def read() -> Sweeps | None:
    """Return what the sweeps found, newest first; None when Redis is away."""
    try:
        with queue.redis().pipeline(transaction=False) as pipe:
            pipe.get(_LAST)
            pipe.lrange(_FOUND, 0, KEPT - 1)
            last, found = pipe.execute()
    except RedisError as error:
        log.warning("What the sweeps found cannot be read: %s", error)
        return None
    return Sweeps(_moment(float(last)) if last else None, [_sweep(entry) for entry in found])


def _sweep(entry: bytes) -> Sweep:
    values = orjson.loads(entry)
    counts = {field.name: values.get(field.name, 0) for field in fields(Woken)}
    return Sweep(_moment(values["at"]), Woken(**counts))


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
