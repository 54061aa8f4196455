"""The line between a worker and its SMSC, which a test can cut, delay and spoil."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Self

Mischief = Callable[[bytes], tuple[bytes, bool]]
"""Turns what the SMSC says into what arrives, and whether the line breaks right after it."""

_SIGNED_IN = b"\x80\x00\x00\x09"  # bind_transceiver_resp


def break_off(said: bytes) -> tuple[bytes, bool]:
    """The line breaks in the middle of the last PDU."""
    return said[:-5], True


def insert(junk: bytes) -> Mischief:
    """Junk arrives before what the SMSC says."""
    return lambda said: (junk + said, False)


class Call:
    """One connection of a worker through the line; answers arrive in order, `line.delay` late."""

    def __init__(self, line: "Line") -> None:
        self._line = line
        self._late: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry until either side hangs up or the line is cut."""
        self._worker = writer
        smsc_reader, smsc = await asyncio.open_connection("127.0.0.1", self._line.smsc_port)
        ways = [
            asyncio.create_task(self._to_smsc(reader, smsc)),
            asyncio.create_task(self._listen(smsc_reader)),
            asyncio.create_task(self._to_worker()),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for end in (smsc, writer):
                end.close()

    async def _to_smsc(self, reader: asyncio.StreamReader, smsc: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            smsc.write(data)

    async def _listen(self, smsc: asyncio.StreamReader) -> None:
        """Take what the SMSC says by whole PDUs, so that junk falls between two of them."""
        loop, said = asyncio.get_running_loop(), b""
        while data := await smsc.read(65536):
            said += data
            end = _end_of_whole(said)
            if end:
                sign_in = said[4:8] == _SIGNED_IN
                self._late.put_nowait((loop.time() + self._line.delay * (not sign_in), said[:end]))
                said = said[end:]

    async def _to_worker(self) -> None:
        broken = False
        while not broken:
            due, data = await self._late.get()
            await asyncio.sleep(max(0, due - asyncio.get_running_loop().time()))
            data, broken = self._line.spoil(data)
            self._worker.write(data)


def _end_of_whole(said: bytes) -> int:
    end = 0
    while end + 16 <= len(said):
        after = end + int.from_bytes(said[end : end + 4])
        if after > len(said):
            break
        end = after
    return end


class Line:
    """Listens for workers and calls the SMSC for each; runs in a thread of its own.

    `delay` is in seconds and holds for what the SMSC says from now on, but for the answer to a
    sign-in. Each of `mischief` spoils
    one thing that it says. Both may be changed at any time.
    """

    def __init__(self, smsc_port: int) -> None:
        self.smsc_port = smsc_port
        self.port = 0
        self.delay = 0.0
        self.mischief: deque[Mischief] = deque()
        self._calls: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="line")

    @property
    def url(self) -> str:
        return f"smpp://flashsms:simulated@127.0.0.1:{self.port}"

    def spoil(self, said: bytes) -> tuple[bytes, bool]:
        """What arrives of something said, and whether the line breaks after it."""
        return self.mischief.popleft()(said) if self.mischief else (said, False)

    def cut(self) -> None:
        """Break every connection and refuse new ones."""
        self._do(self._cut())

    def mend(self) -> None:
        """Let workers connect again, at the same port."""
        self._do(self._listen())

    def __enter__(self) -> Self:
        self._thread.start()
        self.mend()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        self._server.close()
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        call = self._loop.create_task(Call(self).carry(reader, writer))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
