"""Whoever sends: orders as bytes, and connections that are kept alive."""

import http.client
import json
import threading
from collections.abc import Sequence
from contextlib import closing
from queue import Empty, SimpleQueue

TEXT = (
    "Akwaaba! Your parcel has arrived and waits for you at the counter until Friday evening. "
    "Thank you, Ama."
)
_ENDINGS = 9000  # the last four digits run from 1000: the simulator makes trouble for low ones


def phones(first: int, count: int) -> list[str]:
    """Return `count` different numbers that are delivered; another `first` gives others."""
    numbers = range(first, first + count)
    return [f"23324{number // _ENDINGS:03d}{1000 + number % _ENDINGS}" for number in numbers]


def order(recipients: Sequence[str]) -> bytes:
    """Return the body of a request to send."""
    return json.dumps({"recipients": recipients, "message": TEXT}).encode()


class Client:
    """One connection to the API."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def send(self, body: bytes) -> bytes:
        """Post an order; raises RuntimeError when it is refused."""
        return self.post("sms/send", body)

    def post(self, path: str, body: bytes) -> bytes:
        """Post a body and return the answer; raises RuntimeError when it is refused."""
        return self._ask("POST", path, body)

    def get(self, path: str) -> bytes:
        """Return the answer to a GET; raises RuntimeError when it is refused."""
        return self._ask("GET", path, None)

    def _ask(self, method: str, path: str, body: bytes | None) -> bytes:
        self._connection.request(method, f"/api/v1/{path}", body=body, headers=self._headers)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status != http.HTTPStatus.OK:
            raise RuntimeError(f"The API answered {response.status}: {answer.decode()[:500]}")
        return answer

    def ready(self) -> bool:
        """Return whether the installation says that it is ready; raises OSError when it is away."""
        self._connection.request("GET", "/readyz")
        response = self._connection.getresponse()
        response.read()
        return response.status == http.HTTPStatus.OK

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def send_all(port: int, key: str, orders: Sequence[bytes], clients: int) -> None:
    """Post all orders over `clients` connections side by side; raises what one of them raised."""
    left: SimpleQueue[bytes] = SimpleQueue()
    for body in orders:
        left.put(body)
    failures: list[Exception] = []
    threads = [
        threading.Thread(target=_work, args=(Client(port, key), left, failures), daemon=True)
        for _ in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def _work(client: Client, left: SimpleQueue[bytes], failures: list[Exception]) -> None:
    with closing(client):
        while not failures:
            try:
                client.send(left.get_nowait())
            except Empty:
                return
            except Exception as error:  # told in the main thread
                failures.append(error)
