"""A client that costs little: whole requests as bytes over connections that are kept alive.

`bench.client` needs a third of a millisecond of Python for each request; where each recipient is a
request of its own, it would be the client that is measured.
"""

import asyncio
from collections import deque
from collections.abc import Sequence

_LENGTH = b"content-length:"


def post(port: int, path: str, body: bytes, headers: Sequence[str] = ()) -> bytes:
    """Return a whole POST request of JSON."""
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def get(port: int, path: str) -> bytes:
    """Return a whole GET request."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()


def run(port: int, requests: Sequence[bytes], connections: int) -> None:
    """Make the requests over so many connections, one at a time on each.

    Raises RuntimeError with the answer that is none of success, and OSError for a hang-up.
    """
    asyncio.run(_run(port, deque(requests), connections))


async def _run(port: int, left: deque[bytes], connections: int) -> None:
    loop = asyncio.get_running_loop()
    callers = []
    for _ in range(min(connections, len(left))):
        _, caller = await loop.create_connection(lambda: _Caller(left), "127.0.0.1", port)
        callers.append(caller)
    await asyncio.gather(*(caller.done for caller in callers))


class _Caller(asyncio.Protocol):
    """One connection: the next request goes out when the last answer is whole."""

    def __init__(self, left: deque[bytes]) -> None:
        self._left = left
        self._heard = b""
        self._transport: asyncio.Transport
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._next()

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, blank, body = self._heard.partition(b"\r\n\r\n")
        if not blank:
            return
        _, found, rest = head.lower().partition(_LENGTH)
        if found and len(body) < int(rest.partition(b"\r\n")[0]):
            return
        self._heard = b""
        if head[9:10] == b"2":
            self._next()
        else:
            self._end(RuntimeError(f"Refused: {(head + body).decode(errors='replace')[:500]}"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or ConnectionError("The server hung up."))

    def _next(self) -> None:
        if self._left:
            self._transport.write(self._left.popleft())
        else:
            self._end(None)

    def _end(self, error: Exception | None) -> None:
        if self.done.done():
            return
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)
        self._transport.close()
