"""A bad line to the API: it answers 503 first, then loses the answer, then lets all through."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

BUSY, LOST = 1, 2  # which request meets what


class _Line(BaseHTTPRequestHandler):
    server: "LossyLine"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.keys.append(self.headers["Idempotency-Key"])
        if len(self.server.keys) == BUSY:
            self.send_response(503)
            self.send_header("Content-Length", "0")
            self.send_header("Retry-After", "1")
            self.end_headers()
            return
        status, answer = self._pass_on(body)
        if len(self.server.keys) == LOST:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _pass_on(self, body: bytes) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.server.target, timeout=10)
        headers = {name: value for name, value in self.headers.items() if name != "Host"}
        connection.request("POST", self.path, body, headers)
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        return response.status, answer


class LossyLine(ThreadingHTTPServer):
    """Stands before the API at `target`; `keys` are the Idempotency-Keys that came by."""

    def __init__(self, url: str) -> None:
        super().__init__(("127.0.0.1", 0), _Line)
        self.target = urlsplit(url).netloc
        self.keys: list[str] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def lossy_line(url: str) -> Iterator[LossyLine]:
    """Yield a bad line to a site, as long as the block lasts."""
    with LossyLine(url) as line:
        Thread(target=line.serve_forever, daemon=True).start()
        yield line
        line.shutdown()
