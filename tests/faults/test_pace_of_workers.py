"""A carrier's limit holds for all workers together, by the clock of who reads the submissions."""

from bisect import bisect_left
from collections import Counter

import pytest

from flashsms.services import carriers
from tests.factories import Member, phones
from tests.faults.installation import LONG, Installation, eventually
from tests.faults.peers import Peers
from tests.faults.verdict import send

pytestmark = [pytest.mark.database, pytest.mark.alone]

TPS = 150
SECONDS, OFF_BY = (30.0, 0.02) if LONG else (8.0, 0.05)
WARM_UP = 2.0  # seconds from the first submission until all three are at it
WINDOW = 3.0  # seconds: whoever reads a busy machine's clock late finds a second's worth at once
WORKERS = ("worker-1", "worker-2", "worker-3")


def test_three_workers_share_one_limit(installed: Installation, ama: Member) -> None:
    with Peers("mtn") as peers:
        carriers.set_url(f"{peers.peers[0].url}?tps={TPS}")
        installed.start(*WORKERS, "cron")
        eventually(lambda: peers.peers[0].sign_ins == len(WORKERS), 20, "all are signed in")
        send(ama, phones(int(TPS * (WARM_UP + SECONDS + 2))), per_request=100)
        seen, enough = peers.seen, WARM_UP + SECONDS
        eventually(lambda: seen and seen[-1].at - seen[0].at > enough, 30 + enough)
        times = [one.at for one in seen]
    start = bisect_left(times, times[0] + WARM_UP)
    end = bisect_left(times, times[start] + SECONDS)
    assert (end - start) / SECONDS == pytest.approx(TPS, rel=OFF_BY)
    busiest = max(bisect_left(times, one + WINDOW) - at for at, one in enumerate(times[:end]))
    assert busiest <= TPS * WINDOW * 1.2
    shares = Counter(one.line for one in seen[start:end])
    assert len(shares) == len(WORKERS)
    assert min(shares.values()) > TPS  # nobody stood by
