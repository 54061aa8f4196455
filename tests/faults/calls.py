"""Calls to the API of an installation, as a developer's program makes them."""

import http.client
import json
from dataclasses import dataclass
from typing import Any

from tests.factories import Member
from tests.faults.installation import Installation, eventually


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: dict[str, Any]


def post(installed: Installation, sender: Member, recipients: list[str]) -> Answer:
    """Send to numbers through the web process."""
    connection = http.client.HTTPConnection("127.0.0.1", installed.port, timeout=30)
    try:
        order = json.dumps({"recipients": recipients, "message": "Hello"})
        headers = {**sender.headers, "Content-Type": "application/json"}
        connection.request("POST", "/api/v1/sms/send", order, headers)
        response = connection.getresponse()
        return Answer(response.status, json.loads(response.read()))
    finally:
        connection.close()


def wait_for_web(installed: Installation) -> None:
    """Wait for a web process that is only starting."""
    eventually(lambda: _answers(installed.port), 20, "the web answers")


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
