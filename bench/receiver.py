"""`python -m bench.receiver PORT`: whom Kannel tells its receipts, as trivial as it can be.

Answers every GET at once and counts those whose path begins with /dlr; /count says how many.
"""

import asyncio
import sys

_OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s"


class _Receiver(asyncio.Protocol):
    told = 0

    def __init__(self) -> None:
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *requests, self._heard = (self._heard + data).split(b"\r\n\r\n")
        answers = [self._answer(request) for request in requests]
        self._transport.write(b"".join(answers))  # type: ignore[attr-defined]

    def _answer(self, request: bytes) -> bytes:
        if request.startswith(b"GET /dlr"):
            _Receiver.told += 1
            return _OK % (0, b"")
        count = str(_Receiver.told).encode()
        return _OK % (len(count), count)


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Receiver, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
