"""A day in which three carriers go through everything that carriers do, an hour in a second."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import Row, select

from flashsms.extensions import db
from flashsms.models import Recipient, RecipientStatus
from flashsms.services import carriers, sending
from flashsms.simulator.magic import behaviour
from tests.factories import Member, ledger_sum, member, phones
from tests.faults.installation import LONG, Installation, eventually
from tests.faults.peers import SYSTEM_ERROR, Peer, Peers, Seen
from tests.faults.verdict import assert_the_sums_agree, standing, waiting

pytestmark = pytest.mark.database

COUNT = 20_000 if LONG else 5_000
HOUR = 2.0 if LONG else 0.75  # seconds
HOURS = 24
WINDOW = 50
SIZES = (1, 700, 40, 300)  # recipients in the requests of an account, in turn
THROTTLED, ALREADY_BOUND = 0x58, 0x05
TIMES_AWAY = 9  # how often the schedule breaks a peer's lines besides
LINES = 2  # one of each worker


@pytest.fixture
def env(env: dict[str, str]) -> dict[str, str]:
    """An outcome that stays unknown is given up within the test, but after the last receipt."""
    return {**env, "CLAIM_LEASE": "4s", "UNKNOWN_AFTER": f"{16 + 12 * HOUR:g}s"}


@pytest.fixture
def peers() -> Iterator[Peers]:
    with Peers("mtn", "telecel", "at") as peers:
        yield peers


@pytest.fixture
def senders(ama: Member) -> list[Member]:
    """Three accounts that can pay for all."""
    return [member(name, f"{name}@example.com", credits=COUNT) for name in ("esi", "yaw", "abe")]


@dataclass(frozen=True)
class Day:
    """The schedule: what happens at each hour."""

    peers: Peers

    def events(self) -> dict[int, Callable[[], None]]:
        mtn, telecel, at = self.peers.peers
        away, back = self.peers.go_away, self.peers.come_back
        every = (mtn, telecel, at)
        return {
            1: lambda: _set(mtn, cut_after=20),
            2: lambda: _set(mtn, errors=15),
            3: lambda: _set(telecel, errors=15),  # should mtn not be back yet
            4: lambda: [_set(one, refusal=THROTTLED) for one in every],
            5: lambda: [_set(one, refusal=0) for one in every],
            6: lambda: self._turn_away(mtn),
            7: lambda: _set(telecel, cut_after=20),
            8: lambda: _set(mtn, sign_in=0),
            9: lambda: [_set(one, refusal=THROTTLED) for one in every],
            10: lambda: [_set(one, refusal=0) for one in every],
            11: lambda: (away(mtn), away(telecel)),
            13: lambda: back(telecel),
            14: lambda: back(mtn),
            15: lambda: [_set(one, late=HOUR) for one in every],
            16: lambda: [away(one) for one in every],
            17: lambda: [back(one) for one in every],
            18: lambda: [_set(one, late=0.0) for one in every],
            19: lambda: [_set(one, cut_after=20) for one in every],
            20: lambda: _set(mtn, silent=True),
            21: lambda: _set(telecel, silent=True),
            22: lambda: self.peers.tell(mtn.speak),
            23: lambda: self.peers.tell(telecel.speak),
        }

    def _turn_away(self, peer: Peer) -> None:
        peer.sign_in = ALREADY_BOUND
        self.peers.tell(peer.hang_up)

    def live(self, send: Callable[[int], None]) -> None:
        """Let the hours pass, each with its trouble and its messages."""
        events, began = self.events(), time.monotonic()
        for hour in range(HOURS):
            events.get(hour, lambda: None)()
            send(hour)
            time.sleep(max(0.0, began + (hour + 1) * HOUR - time.monotonic()))


def _set(peer: Peer, **trouble: object) -> None:
    for name, value in trouble.items():
        setattr(peer, name, value)


def send_in_turns(senders: list[Member], numbers: list[str]) -> Callable[[int], None]:
    """Each hour's numbers go out as messages of different sizes, the accounts taking turns."""
    hourly = -(-len(numbers) // HOURS)
    turn = 0

    def send(hour: int) -> None:
        nonlocal turn
        left = numbers[hour * hourly : (hour + 1) * hourly]
        while left:
            size = SIZES[turn // len(senders) % len(SIZES)]
            order = sending.Order(text=f"Hour {hour}", recipients=left[:size])
            sending.accept(senders[turn % len(senders)].account.id, order)
            left, turn = left[size:], turn + 1

    return send


def everybody() -> list[str]:
    """Ordinary numbers, and among them some that are refused, undelivered or expire."""
    few = COUNT // 100
    numbers = phones(COUNT - 3 * few)
    for place, ending in enumerate(("0002", "0003", "0004"), start=1):
        for number, phone in enumerate(phones(few, ending)):
            numbers.insert(number * 97 + place, phone)
    return numbers


def test_a_day_of_faults_ends_right_for_everybody(
    installed: Installation, peers: Peers, senders: list[Member]
) -> None:
    ways = {
        peer.name: carriers.add(
            peer.name, f"{peer.url}?window={WINDOW}&response_timeout=1&enquire=1", priority=place
        ).id
        for place, peer in enumerate(peers.peers, start=1)
    }
    workers = installed.start("worker-1", "urgent", "cron")
    eventually(lambda: all(peer.sign_ins for peer in peers.peers), 20, "a worker is signed in")
    numbers = everybody()
    Day(peers).live(send_in_turns(senders, numbers))
    eventually(lambda: not waiting(), 120, "everybody was handed over or given up")
    final = {RecipientStatus.DELIVERED, RecipientStatus.FAILED}
    eventually(lambda: standing().keys() <= final, 60, "everybody is final")
    assert all(worker.running for worker in workers)
    assert_every_trouble_came(peers)
    assert_nobody_was_sent_to_twice(peers.seen)
    refunded = assert_everybody_ended_right(peers, ways, numbers)
    for sender in senders:
        assert_the_sums_agree(sender)
    assert sum(map(paid, senders)) == COUNT - refunded


def paid(sender: Member) -> int:
    """Return what an account is poorer by, going by its ledger."""
    return COUNT - ledger_sum(sender.account)


def assert_every_trouble_came(peers: Peers) -> None:
    """A schedule that missed its mark would prove nothing."""
    mtn, telecel, at = peers.peers
    assert all(peer.sign_ins > 1 for peer in peers.peers)
    assert mtn.turned_away
    assert mtn.cuts
    assert telecel.cuts or at.cuts
    statuses = Counter(seen.status for seen in peers.seen)
    assert statuses[THROTTLED]
    assert statuses[SYSTEM_ERROR]
    taken_in_silence = [one for one in peers.seen if not (one.status or one.answered)]
    assert len(taken_in_silence) > 2
    took = Counter(seen.peer for seen in peers.seen if not seen.status)
    assert min(took[peer.name] for peer in peers.peers) > COUNT // 500, took


def assert_nobody_was_sent_to_twice(seen: list[Seen]) -> None:
    """Only a submission that was definitely refused is ever followed by another."""
    ended: dict[str, Seen] = {}
    for one in seen:
        earlier = ended.get(one.number)
        assert earlier is None or (earlier.status and earlier.answered), (earlier, one)
        ended[one.number] = one


def assert_everybody_ended_right(peers: Peers, ways: dict[str, int], numbers: list[str]) -> int:
    """Each recipient ended as the last peer that read of it says, and names that peer's carrier.

    Returns how many were refused for good, whose credits came back.
    """
    last = {one.number: one for one in peers.seen}
    columns = (Recipient.phone, Recipient.status, Recipient.carrier_id, Recipient.reason)
    found = {row.phone: row for row in db.session.execute(select(*columns))}
    assert found.keys() == set(numbers)
    ended = Counter(ending(found[number], last.get(number), ways) for number in numbers)
    breaks = sum(peer.cuts for peer in peers.peers) + TIMES_AWAY
    assert ended["never known"] <= breaks * LINES * WINDOW
    assert ended["refused"] > COUNT // 200
    return ended["refused"]


def ending(row: Row, seen: Seen | None, ways: dict[str, int]) -> str:
    """Return how a recipient ended, which must be what the last peer to read of it did."""
    magic = behaviour(row.phone)
    if seen is not None and not seen.status:
        status = "DELIVERED" if magic.stat == "DELIVRD" else "FAILED"
        assert (row.status, row.carrier_id) == (status, ways[seen.peer]), (row, seen)
        return "taken"
    assert row.status == RecipientStatus.FAILED, (row, seen)
    if "unknown" in row.reason:  # written into a line that broke, or the refusal was
        return "never known"
    assert seen is not None, row
    assert (seen.status, row.carrier_id) == (magic.refusal, ways[seen.peer]), (row, seen)
    return "refused"
