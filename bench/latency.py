"""Part C: how long one recipient takes from the client's POST to the SMSC's socket.

Both ends read the same monotonic clock: the client before it writes the request, the SMSC when it
has read the submit_sm.
"""

import random
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.client import Client, order, phones
from bench.databases import Server, rows
from bench.figures import percentile
from bench.site import Site, site

SENDS = 200
BULK = 100_000  # recipients
TPS = 200
PER_REQUEST = 1000
GAPS = (0.005, 0.05)  # seconds between an answer and the next request
CLIENTS = 2
LONGEST = 30.0  # seconds until the SMSC must have seen the last one
_BULK_PHONES = 1_000_000

_WAITING = "SELECT coalesce(sum(waiting), 0) FROM messages WHERE recipient_count > 1"


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds from POST to socket, and from POST to the API's answer."""

    p50: float
    p99: float
    worst: float
    answer: float


@dataclass(frozen=True, slots=True)
class Latencies:
    """Medians over the rounds: with nothing else to do, and behind a bulk message."""

    idle: Latency
    busy: Latency


def measure(server: Server, rounds: int, sends: int = SENDS, bulk: int = BULK) -> Latencies:
    """Measure that many rounds of `sends` sends, idle and behind `bulk` recipients."""
    stamps = server.home / "stamps.log"

    def smsc(port: int) -> Sequence[str]:
        return (sys.executable, "-m", "bench.smsc", "--port", str(port), "--log", str(stamps))

    with site(server, "latency", smsc, f"?tps={TPS}") as installation:
        installation.start()
        installation.wait_for_workers(installation.config.WORKERS)
        with closing(installation.client()) as client:
            _one_by_one(client, stamps, 0, 10)
            idle = [
                _one_by_one(client, stamps, number * sends, sends)
                for number in range(1, rounds + 1)
            ]
            _start_bulk(installation, bulk)
            busy = [
                _one_by_one(client, stamps, (rounds + number) * sends, sends)
                for number in range(1, rounds + 1)
            ]
        if not rows(installation.database_url, _WAITING)[0][0]:
            raise RuntimeError("The bulk was out before the last send: nothing was measured.")
    return Latencies(_middle(idle), _middle(busy))


def _start_bulk(installation: Site, bulk: int) -> None:
    requests = range(_BULK_PHONES, _BULK_PHONES + bulk, PER_REQUEST)
    orders = [order(phones(first, PER_REQUEST)) for first in requests]
    installation.send(orders, CLIENTS)


def _one_by_one(client: Client, stamps: Path, first: int, sends: int) -> Latency:
    began: dict[str, float] = {}
    answers = []
    for phone in phones(first, sends):
        body = order([phone])
        time.sleep(random.uniform(*GAPS))
        began[phone] = time.monotonic()
        client.send(body)
        answers.append(time.monotonic() - began[phone])
    seen = _seen(stamps, began)
    took = [seen[phone] - start for phone, start in began.items()]
    return Latency(percentile(took, 50), percentile(took, 99), max(took), median(answers))


def _seen(stamps: Path, wanted: dict[str, float]) -> dict[str, float]:
    """Return when the SMSC read each number; waits until it has read them all."""
    deadline = time.monotonic() + LONGEST
    while True:
        lines = (line.split("\t", 2) for line in stamps.read_text().splitlines())
        seen = {line[1]: float(line[0]) for line in lines if line[1] in wanted}
        if len(seen) == len(wanted):
            return seen
        if time.monotonic() > deadline:
            raise RuntimeError(f"{len(wanted) - len(seen)} sends never reached the SMSC.")
        time.sleep(0.1)


def _middle(rounds: Sequence[Latency]) -> Latency:
    return Latency(
        p50=median(one.p50 for one in rounds),
        p99=median(one.p99 for one in rounds),
        worst=max(one.worst for one in rounds),
        answer=median(one.answer for one in rounds),
    )
