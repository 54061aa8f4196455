"""How well a TPS limit is kept that several workers share, by the SMSC's own clock."""

import sys
import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.client import order, phones
from bench.databases import Server
from bench.site import site
from flashsms.stack.start import programs

TPS = 300
SECONDS = 30.0
WORKERS = 3
PER_REQUEST = 1000
CLIENTS = 2
LONGEST = 20.0  # seconds more than the measurement
_SETTLED = 2.0  # seconds from the first arrival until all workers are at it


@dataclass(frozen=True, slots=True)
class Held:
    """`rate` is what arrived a second over the whole time, `most` in its busiest second."""

    allowed: int
    rate: float
    most: int
    workers: int


def hold(server: Server) -> Held:
    """Have three workers send over a carrier with `tps=300` for 30 s and more."""
    stamps = server.home / "tps.log"

    def smsc(port: int) -> Sequence[str]:
        return (sys.executable, "-m", "bench.smsc", "--port", str(port), "--log", str(stamps))

    with site(server, "tps", smsc, f"?tps={TPS}") as installation:
        installation.start("web", "cron")
        worker = next(one for one in programs(installation.config) if one.name == "worker-1")
        for number in range(1, WORKERS + 1):
            installation.processes.start(f"worker-{number}", worker.command, installation.env)
        installation.wait_for_workers(WORKERS)
        wanted = int(TPS * (SECONDS + _SETTLED) * 1.2)
        starts = range(0, wanted, PER_REQUEST)
        installation.send([order(phones(first, PER_REQUEST)) for first in starts], CLIENTS)
        return judge(_arrivals(stamps), TPS, SECONDS)


def judge(arrivals: Sequence[float], tps: int, seconds: float) -> Held:
    """Judge arrivals (in order, in seconds of a clock) from two seconds after the first one."""
    start = arrivals[0] + _SETTLED
    first, end = bisect_left(arrivals, start), bisect_left(arrivals, start + seconds)
    counted = arrivals[first:end]
    most = max(bisect_left(counted, one + 1.0) - number for number, one in enumerate(counted))
    return Held(tps, len(counted) / seconds, most, WORKERS)


def _arrivals(stamps: Path) -> list[float]:
    """Return when each submission was read, once there are enough of them."""
    deadline = time.monotonic() + SECONDS + LONGEST
    while True:
        lines = stamps.read_text().splitlines() if stamps.exists() else []
        found = [float(line.partition("\t")[0]) for line in lines]
        if found and found[-1] - found[0] > _SETTLED + SECONDS:
            return found
        if time.monotonic() > deadline:
            raise RuntimeError("The workers sent nothing for too long.")
        time.sleep(0.5)
