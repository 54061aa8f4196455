"""Carriers that stay open between the jobs of one worker process.

Nothing starts at import or construction: the first use starts one thread with an asyncio loop for
all carriers and one thread for their receipts, so a process may fork before.
"""

import asyncio
import logging
import threading
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from flashsms.carriers.contract import (
    Carrier,
    CarrierError,
    CarrierStats,
    Fate,
    Outcome,
    Submission,
)
from flashsms.carriers.gather import Apply, Gatherer
from flashsms.carriers.urls import create, redact

logger = logging.getLogger(__name__)

_FIRST_BIND = 5.0  # seconds that the first use of a carrier waits for it
_GRACE = 5.0  # seconds for outstanding answers when the worker stops
_HANG_UP = 2.0  # seconds more to unbind
_POLL = 0.01
_STOPPING = "The worker is stopping."
_NEVER_OPENED = "The carrier has not been used yet."

Result = TypeVar("Result")


@dataclass(slots=True)
class _Entry:
    """One configured carrier; `carrier` is None when its URL describes none."""

    url: str
    carrier: Carrier | None
    trouble: str
    waited: bool = False
    closing: bool = False


class Sessions:
    """The carriers of a worker, by their key. Its methods are for the main thread.

    `apply(key, receipts)` is blocking and runs in the receipts thread; it returns once they are
    committed. When it raises, the carrier is asked to send them again.
    """

    def __init__(self, apply: Apply) -> None:
        self._apply = apply
        self._entries: dict[int, _Entry] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._gatherer: Gatherer | None = None
        self._stopped = False

    def submit(self, key: int, url: str, submissions: Sequence[Submission]) -> list[Outcome]:
        """Send them; one outcome each, in order. Blocks, and lets signal handlers run.

        Opens the carrier on first use, and again when its URL has changed. A URL that is no
        carrier's gives UNSENT with the reason.
        """
        if self._stopped:
            return _unsent(submissions, _STOPPING)
        return self._call(self._submit(key, url, submissions))

    def ready(self, key: int, url: str) -> bool:
        """Whether a submission would reach the wire; opens the carrier if it is not open."""
        if self._stopped:
            return False
        entry = self._entries.get(key)
        if entry is not None and entry.waited and entry.url == url and entry.carrier is not None:
            return entry.carrier.ready  # known without a trip to the loop, which costs a switch
        return self._call(self._is_ready(key, url))

    def open(self, key: int, url: str) -> None:
        """Open a carrier and return at once: receipts may wait there although nothing is sent."""
        asyncio.run_coroutine_threadsafe(self._open(key, url), self._start())

    def trouble(self, key: int) -> str:
        """Why a carrier is not ready, for the operator; empty when it is."""
        entry = self._entries.get(key)
        if entry is None:
            return _NEVER_OPENED
        return entry.carrier.trouble if entry.carrier else entry.trouble

    def stats(self) -> dict[int, CarrierStats]:
        """The figures of every open carrier."""
        entries = list(self._entries.items())
        return {key: entry.carrier.stats for key, entry in entries if entry.carrier}

    def stop_sending(self) -> None:
        """Write nothing more, await outstanding answers for 5 s, unbind; returns at once.

        May be called from a signal handler: it takes no lock.
        """
        if self._stopped:
            return
        self._stopped = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._close_all)

    def close(self) -> None:
        """Flush the receipts, unbind and stop the threads, within 8 s. Final."""
        self.stop_sending()
        if self._loop is None or self._thread is None or self._gatherer is None:
            return
        self._call(self._closed())
        self._gatherer.stop(timeout=0.5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._loop = None

    # --- between the threads

    def _call(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._start()).result()

    def _start(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._gatherer = Gatherer(self._apply, self._loop)
            self._thread = threading.Thread(
                target=self._loop.run_forever, name="carriers", daemon=True
            )
            self._thread.start()
        return self._loop

    # --- on the loop

    async def _submit(self, key: int, url: str, submissions: Sequence[Submission]) -> list[Outcome]:
        entry = await self._open(key, url)
        if self._stopped:
            return _unsent(submissions, _STOPPING)
        if entry.carrier is None:
            return _unsent(submissions, entry.trouble)
        return await entry.carrier.submit(submissions)

    async def _is_ready(self, key: int, url: str) -> bool:
        entry = await self._open(key, url)
        return entry.carrier is not None and entry.carrier.ready

    async def _open(self, key: int, url: str) -> _Entry:
        entry = self._entries.get(key)
        if entry is None or entry.url != url:
            if entry is not None:
                self._close(entry)
            entry = self._entries[key] = self._create(key, url)
            if entry.carrier is not None:
                await entry.carrier.open()
        await self._wait_once(entry)
        return entry

    def _create(self, key: int, url: str) -> _Entry:
        gatherer = self._gatherer
        if gatherer is None:
            raise RuntimeError("a carrier is created on the loop, which starts with the gatherer")
        try:
            return _Entry(url, create(url, partial(gatherer.take, key)), "")
        except CarrierError as error:
            logger.error("carrier %d, %s: %s", key, redact(url), error.reason)
            return _Entry(url, None, error.reason)

    async def _wait_once(self, entry: _Entry) -> None:
        """Give the first bind some time, so that a worker's first job is not turned away."""
        if entry.waited or entry.carrier is None:
            return
        entry.waited = True
        deadline = asyncio.get_running_loop().time() + _FIRST_BIND
        while not (entry.carrier.ready or self._stopped):
            if asyncio.get_running_loop().time() > deadline:
                return
            await asyncio.sleep(_POLL)

    def _close(self, entry: _Entry) -> None:
        if entry.carrier is not None and not entry.closing:
            entry.closing = True
            task = asyncio.get_running_loop().create_task(entry.carrier.close(_GRACE))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def _close_all(self) -> None:
        for entry in self._entries.values():
            self._close(entry)

    async def _closed(self) -> None:
        """Wait for every carrier to hang up, and end what still runs on the loop."""
        self._close_all()
        if self._closing:
            await asyncio.wait(self._closing, timeout=_GRACE + _HANG_UP)
        late = asyncio.all_tasks() - {asyncio.current_task()}
        for task in late:
            task.cancel()
        if late:
            logger.error("%d tasks of the carriers could not end in time", len(late))
            await asyncio.wait(late, timeout=0.2)


def _unsent(submissions: Sequence[Submission], reason: str) -> list[Outcome]:
    return [Outcome(sub.reference, Fate.UNSENT, reason=reason) for sub in submissions]
