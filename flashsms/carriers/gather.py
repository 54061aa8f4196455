"""One thread that commits the receipts of all carriers in groups."""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flashsms.carriers.contract import Receipt

logger = logging.getLogger(__name__)

_MOST = 500  # receipts that are waiting flush at once
_WAIT = 0.02  # seconds after the first one

Apply = Callable[[int, Sequence[Receipt]], None]


@dataclass(frozen=True, slots=True)
class _Arrival:
    key: int
    receipts: Sequence[Receipt]
    taken: asyncio.Future[None]


class Gatherer:
    """Calls `apply(carrier key, receipts)` in its own thread, one group after another."""

    def __init__(self, apply: Apply, loop: asyncio.AbstractEventLoop) -> None:
        self._apply = apply
        self._loop = loop
        self._arrivals: queue.SimpleQueue[_Arrival | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="receipts", daemon=True)
        self._thread.start()

    async def take(self, key: int, receipts: Sequence[Receipt]) -> None:
        """Return once they are applied; raises what `apply` raised for their group."""
        taken: asyncio.Future[None] = self._loop.create_future()
        self._arrivals.put(_Arrival(key, receipts, taken))
        await taken

    def stop(self, timeout: float) -> None:
        """Finish what has arrived, in at most `timeout` seconds."""
        self._arrivals.put(None)
        self._thread.join(timeout)

    def _run(self) -> None:
        while (first := self._arrivals.get()) is not None:
            stopped = self._flush(self._gather(first))
            if stopped:
                return

    def _gather(self, first: _Arrival) -> list[_Arrival | None]:
        """Everything up to the limit that arrives soon; None at the end means stop."""
        group: list[_Arrival | None] = [first]
        count, deadline = len(first.receipts), time.monotonic() + _WAIT
        while count < _MOST:
            try:
                arrival = self._arrivals.get(timeout=max(deadline - time.monotonic(), 0))
            except queue.Empty:
                break
            group.append(arrival)
            if arrival is None:
                break
            count += len(arrival.receipts)
        return group

    def _flush(self, group: list[_Arrival | None]) -> bool:
        """Apply a group, one call for each carrier; whether it was the last group."""
        by_key: dict[int, list[_Arrival]] = {}
        for arrival in group:
            if arrival is not None:
                by_key.setdefault(arrival.key, []).append(arrival)
        for key, arrivals in by_key.items():
            self._apply_one(key, arrivals)
        return group[-1] is None

    def _apply_one(self, key: int, arrivals: list[_Arrival]) -> None:
        failure: Exception | None = None
        try:
            self._apply(key, [receipt for arrival in arrivals for receipt in arrival.receipts])
        except Exception as error:
            logger.exception("receipts of carrier %d could not be applied", key)
            failure = error
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_resolve, [a.taken for a in arrivals], failure)


def _resolve(waiting: list[asyncio.Future[None]], failure: Exception | None) -> None:
    for taken in waiting:
        if taken.done():
            continue
        if failure is None:
            taken.set_result(None)
        else:
            taken.set_exception(failure)
