"""An HTTP server over sockets that remembers everything it was asked."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What the server sends; `cut` bytes of it, and then it hangs up."""

    status: int = 200
    body: bytes | dict = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None

    @property
    def payload(self) -> bytes:
        return json.dumps(self.body).encode() if isinstance(self.body, dict) else self.body


class FakeServer:
    """`answer` is what a fake provider is: a request in, a reply out.

    `seen` has every request, `connections` counts those opened, `busiest` how many requests were
    under way at once. A reply put in `replies` goes out instead of what `answer` says. While
    `held` is cleared no answer goes out.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.seen: list[Seen] = []
        self.replies: list[Reply] = []
        self.connections = self.busy = self.busiest = 0
        self.held = threading.Event()
        self.held.set()
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self)
        if context:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    def answer(self, seen: Seen) -> Reply:
        return Reply()

    @contextmanager
    def running(self) -> Iterator["FakeServer"]:
        self._thread.start()
        try:
            yield self
        finally:
            self.held.set()
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    def take(self, seen: Seen) -> Reply:
        with self.lock:
            self.seen.append(seen)
            self.busy += 1
            self.busiest = max(self.busy, self.busiest)
            reply = self.replies.pop(0) if self.replies else None
        self.held.wait(10)
        return reply or self.answer(seen)

    def done(self) -> None:
        with self.lock:
            self.busy -= 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 100

    def __init__(self, address: tuple[str, int], fake: FakeServer) -> None:
        self.fake = fake
        super().__init__(address, _Handler)

    def handle_error(self, request, client_address) -> None:
        """A client that hangs up is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet

    def setup(self) -> None:
        super().setup()
        self.counted = False

    def _respond(self) -> None:
        fake = self.server.fake
        if not self.counted:
            self.counted = True
            with fake.lock:
                fake.connections += 1
        reply = fake.take(self._seen())
        try:
            self._write(reply)
        finally:
            fake.done()

    do_GET = do_POST = _respond  # noqa: N815 - the names that http.server calls

    def _seen(self) -> Seen:
        split = urlsplit(self.path)
        length = int(self.headers.get("Content-Length", 0))
        headers = {name.lower(): text for name, text in self.headers.items()}
        query = dict(parse_qsl(split.query, keep_blank_values=True))
        return Seen(self.command, split.path, query, headers, self.rfile.read(length))

    def _write(self, reply: Reply) -> None:
        payload = reply.payload
        lines = [f"HTTP/1.1 {reply.status} Said", f"Content-Length: {len(payload)}"]
        lines += [f"{name}: {text}" for name, text in reply.headers.items()]
        whole = "\r\n".join([*lines, "", ""]).encode() + payload
        self.wfile.write(whole if reply.cut is None else whole[: reply.cut])
        self.wfile.flush()
        self.close_connection = reply.cut is not None

    def log_message(self, *_args) -> None:
        """Quiet."""
