"""A receiver of webhooks on a real socket: it answers as a test says and remembers all of it."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Arrival:
    """A request: when it came in (monotonic), its headers and its body."""

    at: float
    headers: dict[str, str]
    body: str

    @property
    def events(self) -> list[dict[str, Any]]:
        return list(json.loads(self.body)["events"])

    def verified(self, secret: str) -> Any:
        """Return the body if it is signed with a secret, as a receiver looks."""
        return Webhook(secret).verify(self.body, self.headers)


def says(status: int, text: str = "", **headers: str) -> Answer:
    """Answer with a status, a text and headers (`Retry_After`)."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(text.encode())))
        request.end_headers()
        request.wfile.write(text.encode())

    return answer


takes = says(200, "ok")


def goes_on(request: BaseHTTPRequestHandler) -> None:
    """Answer 200 and never stop talking."""
    request.send_response(200)
    request.end_headers()
    while True:
        request.wfile.write(b"la" * 4096)


def hangs_up(request: BaseHTTPRequestHandler) -> None:
    """Close the connection without a word."""
    request.close_connection = True


@dataclass
class Receiver:
    """What arrived, and how it answers: by `answer`, after `pause` seconds or once it is let go."""

    port: int = 0
    answer: Answer = takes
    pause: float = 0.0
    arrivals: list[Arrival] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"

    @property
    def events(self) -> list[dict[str, Any]]:
        """All events that came, in order, again when they came again."""
        return [event for arrival in list(self.arrivals) for event in arrival.events]

    def up(self) -> None:
        """Listen, at the same port as before."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                receiver.arrivals.append(Arrival(time.monotonic(), dict(self.headers), body))
                receiver.over.wait(receiver.pause)
                receiver.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False
            request_queue_size = 128

            def handle_error(self, *_: object) -> None:  # the other side hung up
                pass

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def down(self) -> None:
        """Refuse connections."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


@contextmanager
def receiver(answer: Answer = takes, pause: float = 0.0) -> Iterator[Receiver]:
    """Yield a receiver that listens."""
    one = Receiver(answer=answer, pause=pause)
    one.up()
    try:
        yield one
    finally:
        one.over.set()
        one.down()
