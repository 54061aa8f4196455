"""Carriers that stay open between the jobs of one worker process.

Nothing starts at import or construction: the first use starts one thread with an asyncio loop for
all carriers and one thread for their receipts, so a process may fork before.
"""

import asyncio
import logging
import threading
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from flashsms.carriers import rehearsal
from flashsms.carriers.contract import (
    AskedCarrier,
    Carrier,
    CarrierError,
    CarrierStats,
    Fate,
    Outcome,
    Receipt,
    Submission,
)
from flashsms.carriers.gather import Apply, Gatherer
from flashsms.carriers.urls import create

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

    url: str = field(repr=False)  # it has a password
    carrier: Carrier | None
    trouble: str
    wait_until: float  # on the loop's clock: how long its first use waits for the bind
    waited: bool = False
    closing: bool = False


class Sessions:
    """The carriers of a worker, by their key. Its methods are for the main thread but for `keep`,
    `reopen`, `stats` and `trouble`, which any thread may call.

    `apply(key, arrivals)` is blocking and runs in the receipts thread; it returns once they are
    committed. When it raises, the carrier is asked to send them again.
    """

    def __init__(self, apply: Apply) -> None:
        self._apply = apply
        self._entries: dict[int, _Entry] = {}
        self._changing: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._gatherer: Gatherer | None = None
        self._stopped = False
        self._starting = threading.Lock()

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

    def ask(
        self, key: int, url: str, questions: Sequence[str], within: float
    ) -> list[Sequence[Receipt] | None]:
        """Ask a carrier for its receipts, as `AskedCarrier.ask` says; blocks like `submit`.

        Without an answer at all where the carrier is none that is asked.
        """
        if self._stopped:
            return []
        return self._call(self._ask(key, url, questions, within))

    def keep(self, wanted: Mapping[int, str], *, open_all: bool) -> None:
        """Close the carriers that are not `wanted` (URLs by key) any more; returns at once.

        The one of tests stays: it is always there.
        One whose URL changed is opened anew. With `open_all` the others are opened, too: receipts
        may wait there although nothing is sent.
        """
        if self._stopped or (self._loop is None and not open_all):
            return
        keeping = self._keep(dict(wanted), open_all=open_all)
        try:
            asyncio.run_coroutine_threadsafe(keeping, self._start()).add_done_callback(_log_failure)
        except RuntimeError:  # the loop ended just now
            keeping.close()

    def reopen(self, key: int) -> None:
        """Hang up and open a carrier anew, for what kept it from working was mended."""
        if self._stopped or self._loop is None:
            return
        opening = self._reopen(key)
        try:
            asyncio.run_coroutine_threadsafe(opening, self._loop).add_done_callback(_log_failure)
        except RuntimeError:  # the loop ended just now
            opening.close()

    def trouble(self, key: int) -> str:
        """Why a carrier is not ready, for the operator; empty when it is."""
        entry = self._entries.get(key)
        if entry is None:
            return _NEVER_OPENED
        return entry.carrier.trouble if entry.carrier else entry.trouble

    def stats(self) -> dict[int, CarrierStats]:
        """The figures of every open carrier but for the one of tests, which has none to watch."""
        entries = [item for item in self._entries.items() if item[0] != rehearsal.ID]
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
        with self._starting:
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

    async def _ask(
        self, key: int, url: str, questions: Sequence[str], within: float
    ) -> list[Sequence[Receipt] | None]:
        entry = await self._open(key, url)
        if self._stopped or not isinstance(entry.carrier, AskedCarrier):
            return []
        return await entry.carrier.ask(questions, within)

    async def _is_ready(self, key: int, url: str) -> bool:
        entry = await self._open(key, url)
        return entry.carrier is not None and entry.carrier.ready

    async def _keep(self, wanted: Mapping[int, str], *, open_all: bool) -> None:
        for key in self._entries.keys() - wanted.keys() - {rehearsal.ID}:
            self._close(self._entries.pop(key))
        for key, url in wanted.items():
            if not self._stopped and (open_all or key in self._entries):
                await self._entry(key, url)

    async def _reopen(self, key: int) -> None:
        entry = self._entries.get(key)
        if entry is None or self._stopped:
            return
        closing = self._close(entry)
        entry = self._entries[key] = self._create(key, entry.url)
        if closing is not None:
            self._track(self._connect_after(closing, entry))
        else:
            await self._connect(entry)

    async def _open(self, key: int, url: str) -> _Entry:
        entry = await self._entry(key, url)
        await self._wait_once(entry)
        return entry

    async def _entry(self, key: int, url: str) -> _Entry:
        entry = self._entries.get(key)
        if entry is None or entry.url != url:
            closing = self._close(entry) if entry is not None else None
            entry = self._entries[key] = self._create(key, url)
            if closing is None:
                await self._connect(entry)
            else:
                self._track(self._connect_after(closing, entry))
        return entry

    async def _connect(self, entry: _Entry) -> None:
        if entry.carrier is not None and not (entry.closing or self._stopped):
            await entry.carrier.open()

    async def _connect_after(self, closing: asyncio.Task[None], entry: _Entry) -> None:
        """Connect once the old session has hung up: some carriers allow an account one bind."""
        await asyncio.wait([closing])
        await self._connect(entry)

    def _create(self, key: int, url: str) -> _Entry:
        gatherer = self._gatherer
        if gatherer is None:
            raise RuntimeError("a carrier is created on the loop, which starts with the gatherer")
        wait_until = asyncio.get_running_loop().time() + _FIRST_BIND
        try:
            return _Entry(url, create(url, partial(gatherer.take, key)), "", wait_until)
        except CarrierError as error:
            logger.error("carrier %d: %s", key, error.reason)  # no URL: it has secrets
            return _Entry(url, None, error.reason, wait_until)

    async def _wait_once(self, entry: _Entry) -> None:
        """Give the first bind some time, so that a worker's first job is not turned away."""
        if entry.waited or entry.carrier is None:
            return
        entry.waited = True
        while not (entry.carrier.ready or entry.closing or self._stopped):
            if asyncio.get_running_loop().time() > entry.wait_until:
                return
            await asyncio.sleep(_POLL)

    def _close(self, entry: _Entry) -> asyncio.Task[None] | None:
        """Start closing a carrier that is open; the task ends when it has hung up."""
        if entry.carrier is None or entry.closing:
            return None
        entry.closing = True
        return self._track(entry.carrier.close(_GRACE))

    def _track(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._changing.add(task)
        task.add_done_callback(self._changing.discard)
        return task

    def _close_all(self) -> None:
        for entry in self._entries.values():
            self._close(entry)

    async def _closed(self) -> None:
        """Wait for every carrier to hang up, and end what still runs on the loop."""
        self._close_all()
        if self._changing:
            await asyncio.wait(self._changing, timeout=_GRACE + _HANG_UP)
        late = asyncio.all_tasks() - {asyncio.current_task()}
        for task in late:
            task.cancel()
        if late:
            logger.error("%d tasks of the carriers could not end in time", len(late))
            await asyncio.wait(late, timeout=0.2)


def _unsent(submissions: Sequence[Submission], reason: str) -> list[Outcome]:
    return [Outcome(sub.reference, Fate.UNSENT, reason=reason) for sub in submissions]


def _log_failure(kept: Future[None]) -> None:
    if not kept.cancelled() and (error := kept.exception()):
        logger.error("carriers could not be opened or closed", exc_info=error)
