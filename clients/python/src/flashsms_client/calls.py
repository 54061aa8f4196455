"""One call of the API: sent, sent again where that is safe, and its answer or error."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import sleep
from typing import Any
from urllib.parse import quote

import httpx

from flashsms_client import answers, retries
from flashsms_client.errors import BadAnswer, ConnectionFailed, FlashSMSError, NotFound, TimedOut

_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


@dataclass(frozen=True)
class Call:
    """What to ask; `repeatable` says that twice is as good as once."""

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, object] | None = None
    idempotency_key: str | None = None
    repeatable: bool = True


class Caller:
    """Makes the calls of one client; the resources share it."""

    def __init__(self, http: httpx.Client, max_retries: int) -> None:
        self._http = http
        self._max_retries = max_retries

    def get(self, path: str, params: Mapping[str, object] | None = None) -> Any:
        """Look something up."""
        return self._call(Call("GET", path, params or {}))

    def ask(self, path: str, body: Mapping[str, object]) -> Any:
        """Ask with a body; nothing comes of it."""
        return self._call(Call("POST", path, body=body))

    def create(self, path: str, body: Mapping[str, object], key: str | None = None) -> Any:
        """Make something once, however often it has to be sent."""
        return self._call(Call("POST", path, body=body, idempotency_key=key or str(uuid.uuid4())))

    def change(self, path: str, body: Mapping[str, object]) -> Any:
        """Change what is named."""
        return self._call(Call("PATCH", path, body=body))

    def delete(self, path: str) -> None:
        """Delete something."""
        self._call(Call("DELETE", path))

    def act(self, path: str) -> Any:
        """Do something that must not happen twice, and that no key protects."""
        return self._call(Call("POST", path, body={}, repeatable=False))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _call(self, call: Call) -> Any:
        attempt, in_doubt = 0, False
        while True:
            try:
                return self._attempt(call)
            except NotFound:
                if in_doubt and call.method == "DELETE":
                    return None  # an attempt whose answer was lost has deleted it
                raise
            except FlashSMSError as error:
                error.idempotency_key = call.idempotency_key
                pause = retries.pause(error, attempt, repeatable=call.repeatable)
                if pause is None or attempt >= self._max_retries:
                    raise
                in_doubt = in_doubt or retries.in_doubt(error)
            sleep(pause)
            attempt += 1

    def _attempt(self, call: Call) -> Any:
        try:
            response = self._http.request(
                call.method,
                call.path,
                params=dict(call.params) or None,
                json=call.body,
                headers={"Idempotency-Key": call.idempotency_key} if call.idempotency_key else {},
            )
        except httpx.DecodingError as error:
            raise BadAnswer(f"The answer cannot be read: {error}") from error
        except httpx.TransportError as error:
            raise _no_answer(error) from error
        return answers.data(response)


def segment(id: str) -> str:
    """Return an id as a part of a path."""
    return quote(id, safe="")


def _no_answer(error: httpx.TransportError) -> ConnectionFailed:
    kind = TimedOut if isinstance(error, httpx.TimeoutException) else ConnectionFailed
    failed = kind(f"FlashSMS did not answer: {error or type(error).__name__}")
    failed.sent = not isinstance(error, _NEVER_LEFT)
    return failed
