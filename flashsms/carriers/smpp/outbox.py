"""What a session has to send, has sent, and waits to try again."""

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from flashsms.carriers.contract import Fate
from flashsms.carriers.options import CarrierOptions
from flashsms.carriers.smpp.batch import Batch, Part, Recipient
from flashsms.carriers.smpp.pace import Pace
from flashsms.carriers.smpp.pdu import HEADER, MAX_SEQUENCE, SUBMIT_SM, Pdu, read_cstring
from flashsms.carriers.smpp.status import Kind, Verdict, judge

logger = logging.getLogger(__name__)

_RETRY = 0.2  # seconds before the first new try of one part, doubled each time
_WEIGHT = 1 / 16  # of one more answer in the running average of their times


def _sequences() -> Iterator[int]:
    """From 1, and again from 1 after the last."""
    while True:
        yield from range(1, MAX_SEQUENCE + 1)


class Outbox:
    """The queue, the window and the parts in flight of one bound session.

    `write` takes bytes for the transport; whatever was given to it counts as sent. `latency` is a
    running average of how long answers take, in seconds.
    """

    def __init__(self, options: CarrierOptions, write: Callable[[bytes], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._numbers = _sequences()
        self._write = write
        self._pace = Pace(options.window)
        self._permanent = options.permanent
        self._queue: deque[Part] = deque()
        self._in_flight: dict[int, Part] = {}
        self._resting: set[Part] = set()
        self._retries = True
        self.held = False  # the transport takes nothing now
        self.submitted = 0
        self.latency = 0.0
        self._answered_at = 0.0

    @property
    def in_flight(self) -> int:
        """How many parts wait for an answer."""
        return len(self._in_flight)

    @property
    def window(self) -> int:
        """How many may, at the moment."""
        return self._pace.window

    @property
    def idle(self) -> bool:
        """Whether nothing is left to send or to wait for."""
        return not (self._queue or self._in_flight or self._resting)

    @property
    def load(self) -> int:
        """How many parts are ahead of a new one."""
        return len(self._queue) + len(self._in_flight)

    def number(self) -> int:
        """The next sequence number of this session that is not in flight."""
        number = next(self._numbers)
        while number in self._in_flight:
            number = next(self._numbers)
        return number

    def add(self, recipients: Iterable[Recipient]) -> None:
        """Queue them; nothing is written before `pump`."""
        for recipient in recipients:
            self._queue.extend(recipient.parts)

    def pump(self) -> None:
        """Write as much as the window has room for, in one go."""
        if self.held or not self._queue:
            return
        now = self._loop.time()
        count = min(self._pace.room(len(self._in_flight), now), len(self._queue))
        chunks = []
        for _ in range(count):
            part = self._queue.popleft()
            sequence = self.number()
            part.sent_at = now
            part.tries += 1
            self._in_flight[sequence] = part
            chunks.append(HEADER.pack(HEADER.size + len(part.body), SUBMIT_SM, 0, sequence))
            chunks.append(part.body)
        if chunks:
            self.submitted += count
            self._write(b"".join(chunks))

    def answer(self, pdu: Pdu) -> Verdict | None:
        """Take a submit_sm_resp or a generic_nack; returns a refusal's verdict.

        An answer to nothing is logged: its part timed out earlier.
        Raises ProtocolError for an acceptance whose id cannot be read; its part stays in flight.
        """
        part = self._in_flight.get(pdu.sequence)
        if part is None:
            logger.warning("an answer to nothing, sequence %d", pdu.sequence)
            return None
        carrier_id = read_cstring(pdu.body) if pdu.body and not pdu.status else ""
        del self._in_flight[pdu.sequence]
        self._answered_at = self._loop.time()
        self._clock(self._answered_at - part.sent_at)
        if pdu.status == 0:
            part.carrier_id = carrier_id
            self._pace.succeed()
            self._settle(part, Fate.ACCEPTED)
            return None
        return self._refuse(part, judge(pdu.status, self._permanent))

    def expire(self, before: float, reason: str) -> bool:
        """Give up on parts sent before a moment, of which the oldest come first.

        Returns whether the carrier has answered nothing at all since the first of them.
        """
        late = list(
            itertools.takewhile(lambda item: item[1].sent_at < before, self._in_flight.items())
        )
        for sequence, part in late:
            del self._in_flight[sequence]
            self._clock(self._loop.time() - part.sent_at)
            self._settle(part, Fate.UNKNOWN, reason)
        return bool(late) and self._answered_at < late[0][1].sent_at

    def give_back(self, reason: str, *, begun: bool = False) -> None:
        """Return what was not written as UNSENT.

        Recipients half sent too, if `begun`: then nothing is ever written again.
        """
        queued = [*self._queue, *self._resting]
        self._retries = self._retries and not begun
        kept = [] if begun else [part for part in queued if part.recipient.begun]
        self._queue = deque(part for part in kept if part not in self._resting)
        self._resting.intersection_update(kept)
        for part in queued:
            if begun or not part.recipient.begun:
                self._settle(part, Fate.UNSENT, reason)

    def withdraw(self, batch: Batch, reason: str) -> None:
        """Return what was not written of one batch as UNSENT."""
        unwritten = {
            part
            for part in self._queue
            if part.recipient.batch is batch and not part.recipient.begun
        }
        self._queue = deque(part for part in self._queue if part not in unwritten)
        for part in unwritten:
            self._settle(part, Fate.UNSENT, reason)

    def lose(self, reason: str) -> None:
        """The connection is gone: what was written is UNKNOWN, everything else UNSENT."""
        lost, self._in_flight = self._in_flight, {}
        self.give_back(reason, begun=True)
        for part in lost.values():
            self._settle(part, Fate.UNKNOWN, reason)

    def _clock(self, seconds: float) -> None:
        self.latency += (seconds - self.latency) * _WEIGHT if self.latency else seconds

    def _refuse(self, part: Part, verdict: Verdict) -> Verdict:
        if verdict.kind is Kind.THROTTLE:
            pause = self._pace.slow_down(self._loop.time())
            if pause:
                logger.warning("%s Window %d.", verdict.reason, self.window)
                self._loop.call_later(pause, self.pump)
        self._settle(part, verdict.fate, verdict.reason, verdict.code)
        if self._pace.hopeless:
            self.give_back(verdict.reason)
        return verdict

    def _settle(self, part: Part, fate: Fate, reason: str = "", code: str = "") -> None:
        part.fate, part.reason, part.code = fate, reason, code
        recipient = part.recipient
        recipient.open -= 1
        if recipient.open:
            return
        again = recipient.parts_to_retry() if self._retries else []
        if again:
            self._rest(recipient, again)
        else:
            recipient.conclude()

    def _rest(self, recipient: Recipient, parts: list[Part]) -> None:
        recipient.open = len(parts)
        self._resting.update(parts)
        pause = _RETRY * 2.0 ** (max(part.tries for part in parts) - 1)
        self._loop.call_later(pause, self._wake, parts)

    def _wake(self, parts: list[Part]) -> None:
        for part in reversed(parts):
            if part in self._resting:
                self._resting.remove(part)
                self._queue.appendleft(part)
        self.pump()
