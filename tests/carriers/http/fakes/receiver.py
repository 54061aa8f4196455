"""Our end of the callbacks: real HTTP, and what a provider's `hear` makes of each call."""

import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from flashsms.carriers.contract import Arrival
from flashsms.carriers.http.provider import (
    Call,
    CallRefusedError,
    CallUnreadableError,
    Provider,
    Step,
)


class Receiver:
    """Answers as the product does: 403 to a stranger, 400 to what tells nothing.

    The next `away` calls find it unable to store anything: 503.
    """

    def __init__(self) -> None:
        self.away = 0
        self.arrivals: list[Arrival] = []
        self.provider: Provider | None = None
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.address = f"http://127.0.0.1:{self._server.server_port}/callbacks/x"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def hear(self, call: Call) -> tuple[int, str, str]:
        """Status, content type and body of the answer."""
        if self.away:
            self.away -= 1
            return 503, "text/plain", "Try again later."
        try:
            heard = self.provider.hear(call)
        except CallRefusedError as error:
            return 403, "text/plain", str(error)
        except CallUnreadableError as error:
            return 400, "text/plain", str(error)
        self.arrivals.extend(heard.arrivals)
        return 200, heard.content_type, heard.body

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, kind, text = receiver.hear(_call(self))
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            do_POST = do_GET  # noqa: N815 - the names that http.server calls

            def log_message(self, *_: object) -> None:
                """Quiet."""

        return Handler


class _Server(ThreadingHTTPServer):
    request_queue_size = 100  # a gateway calls with many receipts at once


def _call(handler: BaseHTTPRequestHandler) -> Call:
    body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
    split = urlsplit(handler.path)
    return Call(
        step=Step(split.path.rpartition("/")[2]),
        method=handler.command,
        url=f"http://{handler.headers['Host']}{handler.path}",
        headers={name.lower(): value for name, value in handler.headers.items()},
        query=parse_qsl(split.query, keep_blank_values=True, errors="replace"),
        form=parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True),
        body=body,
    )


def visit(
    url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, str, str]:
    """Call an address, with a form by POST: status, content type, body."""
    body = None if form is None else urlencode(form).encode()
    request = urllib.request.Request(url, body, dict(headers or {}))
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()
