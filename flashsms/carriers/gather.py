"""One thread that commits what carriers tell, receipts and texts, in groups."""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flashsms.carriers.contract import Arrival

logger = logging.getLogger(__name__)

_MOST = 500  # arrivals that are waiting flush at once
_WAIT = 0.02  # seconds after the first one

Apply = Callable[[int, Sequence[Arrival]], None]


@dataclass(frozen=True, slots=True)
class _Bundle:
    key: int
    arrivals: Sequence[Arrival]
    taken: asyncio.Future[None]


class Gatherer:
    """Calls `apply(carrier key, arrivals)` in its own thread, one group after another."""

    def __init__(self, apply: Apply, loop: asyncio.AbstractEventLoop) -> None:
        self._apply = apply
        self._loop = loop
        self._bundles: queue.SimpleQueue[_Bundle | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="receipts", daemon=True)
        self._thread.start()

    async def take(self, key: int, arrivals: Sequence[Arrival]) -> None:
        """Return once they are applied; raises what `apply` raised for their group."""
        taken: asyncio.Future[None] = self._loop.create_future()
        self._bundles.put(_Bundle(key, arrivals, taken))
        await taken

    def stop(self, timeout: float) -> None:
        """Finish what has arrived, in at most `timeout` seconds."""
        self._bundles.put(None)
        self._thread.join(timeout)

    def _run(self) -> None:
        while (first := self._bundles.get()) is not None:
            stopped = self._flush(self._gather(first))
            if stopped:
                return

    def _gather(self, first: _Bundle) -> list[_Bundle | None]:
        """Everything up to the limit that arrives soon; None at the end means stop."""
        group: list[_Bundle | None] = [first]
        count, deadline = len(first.arrivals), time.monotonic() + _WAIT
        while count < _MOST:
            try:
                bundle = self._bundles.get(timeout=max(deadline - time.monotonic(), 0))
            except queue.Empty:
                break
            group.append(bundle)
            if bundle is None:
                break
            count += len(bundle.arrivals)
        return group

    def _flush(self, group: list[_Bundle | None]) -> bool:
        """Apply a group, one call for each carrier; whether it was the last group."""
        by_key: dict[int, list[_Bundle]] = {}
        for bundle in group:
            if bundle is not None:
                by_key.setdefault(bundle.key, []).append(bundle)
        for key, bundles in by_key.items():
            self._apply_one(key, bundles)
        return group[-1] is None

    def _apply_one(self, key: int, bundles: list[_Bundle]) -> None:
        failure: Exception | None = None
        try:
            self._apply(key, [one for bundle in bundles for one in bundle.arrivals])
        except Exception as error:
            logger.exception("what carrier %d told could not be stored", key)
            failure = error
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_resolve, [one.taken for one in bundles], failure)


def _resolve(waiting: list[asyncio.Future[None]], failure: Exception | None) -> None:
    for taken in waiting:
        if taken.done():
            continue
        if failure is None:
            taken.set_result(None)
        else:
            taken.set_exception(failure)
