"""Requests under way, on a thread of their own that outlives the jobs of one worker process.

So a job may end while slow receivers are waited for, and nobody's database delays an answer.
Nothing starts at construction: the first parcel starts the thread.
"""

import asyncio
import logging
import queue
import threading
from collections.abc import Collection, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from aiohttp import ClientSession

from flashsms.services.webhooks.parcels import Parcel, Result
from flashsms.services.webhooks.targets import Network
from flashsms.services.webhooks.transport import new_session, post

PLACES = 400  # requests under way at most
LOOK_UPS = PLACES  # names that are looked up at a time: each holds a thread while it hangs

log = logging.getLogger(__name__)


class Courier:
    """Carries parcels. Its methods are for one thread, but `leave`, which a signal may call."""

    def __init__(self, allowed: Collection[Network] = ()) -> None:
        self._allowed = allowed
        self._results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._session: ClientSession | None = None
        self._thread: threading.Thread | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.under_way: dict[int, Parcel] = {}  # by endpoint, until its result was collected
        self.leaving = False

    @property
    def free(self) -> int:
        """How many more parcels it takes."""
        return PLACES - len(self.under_way)

    @property
    def failing(self) -> int:
        """How many of those under way go where the last attempt was in vain."""
        return sum(parcel.failures > 0 for parcel in self.under_way.values())

    def send(self, parcels: Iterable[Parcel]) -> None:
        """Set parcels on their way; their results can be collected."""
        for parcel in parcels:
            self.under_way[parcel.endpoint_id] = parcel
            self._running().call_soon_threadsafe(self._start, parcel)

    def collect(self, wait: float) -> list[Result]:
        """Return the results that are there, after up to `wait` seconds for the first."""
        results: list[Result] = []
        try:
            results.append(self._results.get(timeout=wait) if wait else self._results.get_nowait())
            while True:
                results.append(self._results.get_nowait())
        except queue.Empty:
            pass
        for result in results:
            self.under_way.pop(result.parcel.endpoint_id, None)
        return results

    def leave(self) -> None:
        """Say that the process is to end, so that no more is taken on."""
        self.leaving = True

    def close(self) -> None:
        """Break off what is under way, and end the thread."""
        self.leaving = True
        if self._loop is None or self._thread is None:
            return
        ended: Future[None] = asyncio.run_coroutine_threadsafe(self._end(), self._loop)
        ended.result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()
        self._loop = None

    # --- on the thread

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._loop.set_default_executor(ThreadPoolExecutor(LOOK_UPS, "webhook-names"))
            self._thread = threading.Thread(
                target=self._loop.run_forever, name="webhooks", daemon=True
            )
            self._thread.start()
        return self._loop

    def _start(self, parcel: Parcel) -> None:
        task = asyncio.get_running_loop().create_task(self._carry(parcel))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, parcel: Parcel) -> None:
        """Carry a parcel; whatever a receiver does, there is a result, or its place is lost."""
        if self._session is None:
            self._session = new_session(self._allowed)
        result = Result(parcel, 0, error="Its answer could not be understood.")
        try:
            result = await post(self._session, parcel)
        except Exception:
            log.exception("Delivery %s met a fault of ours.", parcel.name)
        finally:
            self._results.put(result)

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
        await asyncio.sleep(0)  # lets the connections close
