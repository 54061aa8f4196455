"""The simulator as an object: in the running loop, or in a thread of its own."""

import asyncio
import ssl
import threading
from typing import Self, TextIO

from flashsms.simulator.connection import Connection
from flashsms.simulator.record import Record
from flashsms.simulator.smsc import Behaviour, Smsc


class Simulator:
    """An SMSC on a port: `async with` in a loop, `with` from a test that has none.

    Port 0 takes a free one, known as `port` once it listens. With `tls` it speaks SMPP inside TLS.
    """

    def __init__(
        self,
        behaviour: Behaviour | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        log: TextIO | None = None,
        record: bool = True,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.host = host
        self.port = port
        behaviour = behaviour or Behaviour()
        self.record = Record(packed=behaviour.packed)
        self._smsc = Smsc(behaviour, self.record if record else None, log)
        self._tls = tls
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The carrier's URL of this simulator."""
        if self._tls is not None:
            return f"smpps://flashsms:simulated@{self.host}:{self.port}"
        return f"simulator://{self.host}:{self.port}"

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connect, self.host, self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and cut every connection, as if the machine were gone.

        Receipts not acknowledged are kept: `start` again and they are delivered.
        """
        if self._server is not None:
            self._server.close()
            for connection in self._connections:
                connection.close()
            await self._server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="simulator")
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.start(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop is None or self._thread is None:
            return
        asyncio.run_coroutine_threadsafe(self.stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _connect(self) -> Connection:
        connection = Connection(self._smsc, self._connections.discard)
        self._connections.add(connection)
        return connection
