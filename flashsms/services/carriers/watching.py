"""How carriers are doing, as the workers tell it in Redis; losing it loses nothing but the view.

Each worker says every few seconds how its sessions stand, and every batch what came of it.
"""

import logging
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import orjson
from redis.client import Pipeline
from redis.exceptions import RedisError

from flashsms import queue
from flashsms.carriers.contract import CarrierStats, Fate
from flashsms.models import now
from flashsms.services.carriers import breaker
from flashsms.services.carriers.breaker import Held, Told

REPORT_SECONDS = 2.0  # between two reports of a worker
_FRESH = 10  # seconds that a report counts
_FORGOTTEN = 600  # seconds after which a worker that was killed is no longer remembered
_KEPT = 8 * 24 * 3600  # seconds that the counts of an hour are kept
_SINCE = "flashsms:carriers:since"  # when Redis, which may keep nothing, began to know
_RECEIPTS = "receipts"
_UNMATCHED = "unmatched"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Report:
    """What one worker says about one carrier; `rate` is in parts/s, `trouble` a sentence.

    `faulty`: it says something that only the operator can mend.
    """

    ready: bool
    in_flight: int
    window: int
    submitted: int
    receipts: int
    reconnects: int
    rate: float
    trouble: str
    faulty: bool = False


@dataclass(slots=True)
class Condition:
    """How a carrier stands over all workers.

    `outcomes` counts what carriers answered in the last 24 hours by `Fate`; `last_receipt` is when
    one came in last; `held` is why the circuit breaker is open. Nothing is known from before
    `since`: Redis may have been empty then.
    """

    reports: list[Report] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    last_receipt: datetime | None = None
    held: Held | None = None
    since: datetime = field(default_factory=now)

    @property
    def is_young(self) -> bool:
        """Whether the counts are of less than 24 hours."""
        return self.since > now() - timedelta(hours=24)

    @property
    def is_faulty(self) -> bool:
        """Whether a session says what only the operator can mend."""
        return any(report.faulty for report in self.reports)

    @property
    def opened(self) -> int:
        """How often its circuit breaker opened in the last 24 hours."""
        return self.outcomes[breaker.OPENED]

    @property
    def unmatched(self) -> int:
        """Receipts of the last 24 hours that speak of nothing that was sent by it."""
        return self.outcomes[_UNMATCHED]

    @property
    def ready(self) -> int:
        """How many workers could send by it now."""
        return sum(report.ready for report in self.reports)

    @property
    def rate(self) -> float:
        """Parts a second, over all workers."""
        return sum(report.rate for report in self.reports)

    @property
    def in_flight(self) -> int:
        """Parts without an answer now."""
        return sum(report.in_flight for report in self.reports)

    @property
    def window(self) -> int:
        """How many parts there may be without an answer."""
        return sum(report.window for report in self.reports)

    @property
    def reconnects(self) -> int:
        """Connections lost since the workers began."""
        return sum(report.reconnects for report in self.reports)

    @property
    def trouble(self) -> str:
        """Why it is not up, as a sentence; empty when it is."""
        return "" if self.ready else next((one.trouble for one in self.reports), "")


class Reporter:
    """One worker's voice; remembers what it said last, for the rate."""

    def __init__(self, worker: str) -> None:
        self._worker = worker
        self._before: dict[int, tuple[float, int]] = {}
        self._tidied: set[int] = set()

    def tell(self, stats: Mapping[int, CarrierStats], trouble: Mapping[int, str]) -> None:
        """Say how the carriers (by id) stand; never raises when Redis is away."""
        moment = time.monotonic()
        self._tidy(stats)
        with _forgiven(), queue.redis().pipeline(transaction=False) as pipe:
            _begin(pipe)
            for carrier_id, one in stats.items():
                said = _said(one, self._rate(carrier_id, one, moment), trouble.get(carrier_id, ""))
                pipe.hset(_key(carrier_id), self._worker, orjson.dumps(said))
                pipe.expire(_key(carrier_id), 3600)
            pipe.execute()

    def _tidy(self, carrier_ids: Iterable[int]) -> None:
        """Once for each carrier drop what workers said that were killed long ago."""
        for carrier_id in set(carrier_ids) - self._tidied:
            self._tidied.add(carrier_id)
            with _forgiven():
                said = queue.redis().hgetall(_key(carrier_id)).items()
                if old := [name for name, text in said if _age(text) > _FORGOTTEN]:
                    queue.redis().hdel(_key(carrier_id), *old)

    def leave(self, carrier_ids: Iterable[int]) -> None:
        """Say nothing any more: the worker ends."""
        with _forgiven():
            for carrier_id in carrier_ids:
                queue.redis().hdel(_key(carrier_id), self._worker)

    def _rate(self, carrier_id: int, stats: CarrierStats, moment: float) -> float:
        before, count = self._before.get(carrier_id, (moment, stats.submitted))
        self._before[carrier_id] = (moment, stats.submitted)
        passed = moment - before
        written = max(0, stats.submitted - count)  # it begins anew when the URL changes
        return round(written / passed, 1) if passed > 0 else 0.0


def count_outcomes(
    carrier_id: int,
    fates: Collection[Fate],
    *,
    latency: float = 0.0,
    up: bool = True,
    is_trial: bool = False,
    name: str = "",
    code: str = "",
    weighed: Collection[Fate] | None = None,
) -> None:
    """Count what a carrier answered, for operators and for its circuit breaker (`breaker.note`).

    The breaker weighs all of them, unless `weighed` says which.
    The log calls it `name`; `code` is an error among the answers. Never raises when Redis is away.
    """
    counted, counts_key = Counter(fates), _hour_key(carrier_id, now())
    with _forgiven(), queue.redis().pipeline(transaction=False) as pipe:
        for fate, count in counted.items():
            pipe.hincrby(counts_key, fate.value, count)
        _begin(pipe)
        pipe.expire(counts_key, _KEPT)
        told = Told(latency=latency, up=up, is_trial=is_trial, code=code)
        breaker.note(pipe, carrier_id, counts_key, fates if weighed is None else weighed, told)
        breaker.log_change(name or str(carrier_id), pipe.execute()[-1])


def count_receipts(carrier_id: int, count: int) -> None:
    """Note that receipts came in; never raises when Redis is away."""
    with _forgiven(), queue.redis().pipeline(transaction=False) as pipe:
        _begin(pipe)
        pipe.hincrby(_hour_key(carrier_id, now()), _RECEIPTS, count)
        pipe.expire(_hour_key(carrier_id, now()), _KEPT)
        pipe.set(_receipt_key(carrier_id), now().timestamp())
        pipe.execute()


def count_unmatched(carrier_id: int, count: int) -> None:
    """Note receipts that nothing was found for in time; never raises when Redis is away."""
    with _forgiven(), queue.redis().pipeline(transaction=False) as pipe:
        pipe.hincrby(_hour_key(carrier_id, now()), _UNMATCHED, count)
        pipe.expire(_hour_key(carrier_id, now()), _KEPT)
        pipe.execute()


def conditions(carrier_ids: Iterable[int]) -> dict[int, Condition] | None:
    """Return how carriers stand, in one trip; None when Redis is away."""
    ids = list(carrier_ids)
    hours = [now() - timedelta(hours=back) for back in range(24)]
    try:
        with queue.redis().pipeline(transaction=False) as pipe:
            pipe.get(_SINCE)
            for carrier_id in ids:
                _ask(pipe, carrier_id, hours)
            began, *answers = pipe.execute()
    except RedisError as error:
        log.warning("How the carriers stand cannot be read: %s", error)
        return None
    size = 3 + len(hours)
    pieces = (answers[at : at + size] for at in range(0, len(answers), size))
    since = datetime.fromtimestamp(float(began), UTC) if began else now()
    return {
        id: _condition(piece[0], piece[1], breaker.held(piece[2]), piece[3:], since)
        for id, piece in zip(ids, pieces, strict=True)
    }


def _begin(pipe: Pipeline) -> None:
    """Write down since when the counts are kept, unless that is known."""
    pipe.set(_SINCE, now().timestamp(), nx=True)


def _ask(pipe: Pipeline, carrier_id: int, hours: Iterable[datetime]) -> None:
    pipe.hgetall(_key(carrier_id))
    pipe.get(_receipt_key(carrier_id))
    breaker.look(pipe, carrier_id)
    for hour in hours:
        pipe.hgetall(_hour_key(carrier_id, hour))


def _condition(
    said: Mapping[bytes, bytes],
    last: bytes | None,
    held: Held | None,
    hours: list[Mapping[bytes, bytes]],
    since: datetime,
) -> Condition:
    found = Condition(held=held, since=since)
    found.reports = [_report(text) for text in said.values() if _age(text) <= _FRESH]
    for hour in hours:
        found.outcomes.update({name.decode(): int(count) for name, count in hour.items()})
    if last is not None:
        found.last_receipt = datetime.fromtimestamp(float(last), UTC)
    return found


def _age(text: bytes | str) -> float:
    """Return how many seconds ago a worker said something."""
    return time.time() - float(orjson.loads(text).get("at", 0))


def _report(text: bytes | str) -> Report:
    """Read what a worker said; one of another version may say more or less."""
    said = orjson.loads(text)
    return Report(
        ready=bool(said.get("ready")),
        in_flight=said.get("in_flight", 0),
        window=said.get("window", 0),
        submitted=said.get("submitted", 0),
        receipts=said.get("receipts", 0),
        reconnects=said.get("reconnects", 0),
        rate=said.get("rate", 0.0),
        trouble=said.get("trouble", ""),
        faulty=bool(said.get("faulty")),
    )


def _said(stats: CarrierStats, rate: float, trouble: str) -> dict[str, object]:
    return {
        "at": time.time(),
        "ready": stats.ready,
        "in_flight": stats.in_flight,
        "window": stats.window,
        "submitted": stats.submitted,
        "receipts": stats.receipts,
        "reconnects": stats.reconnects,
        "rate": rate,
        "trouble": trouble,
        "faulty": bool(stats.fault),
    }


def _key(carrier_id: int) -> str:
    return f"flashsms:carrier:{carrier_id}"


def _receipt_key(carrier_id: int) -> str:
    return f"flashsms:carrier:{carrier_id}:receipt"


def _hour_key(carrier_id: int, moment: datetime) -> str:
    return f"flashsms:carrier:{carrier_id}:{moment:%Y%m%d%H}"


@contextmanager
def _forgiven() -> Iterator[None]:
    """Log that Redis is away and go on: sending does not depend on who watches."""
    try:
        yield
    except RedisError as error:
        log.warning("How the carriers stand could not be told: %s", error)
