"""What the server answered: the data of a success, or the error that it means."""

from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx

from flashsms_client.errors import (
    BY_STATUS,
    BadAnswer,
    FlashSMSError,
    InvalidRequest,
    ServerError,
)


def data(response: httpx.Response) -> Any:
    """Return the `data` of an answer; raises what an error means."""
    body = _json(response)
    if response.status_code == HTTPStatus.OK and body.get("success") is True and "data" in body:
        return body["data"]
    if response.status_code < HTTPStatus.BAD_REQUEST:
        raise BadAnswer(_not_ours(response), status=response.status_code)
    raise _error(response, body)


def _not_ours(response: httpx.Response) -> str:
    place = response.headers.get("Location")
    did = f"redirects to {place}" if place else "does not answer as FlashSMS does"
    return f"{response.url.copy_with(query=None)} {did}. Check the base URL."


def _json(response: httpx.Response) -> Mapping[str, Any]:
    """Return the JSON object of an answer; an empty one if it is something else."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _error(response: httpx.Response, body: Mapping[str, Any]) -> FlashSMSError:
    status, details = response.status_code, body.get("details")
    server = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    kind = ServerError if server else BY_STATUS.get(status, InvalidRequest)
    error = kind(
        str(body.get("error") or f"FlashSMS answered {status} {response.reason_phrase}".strip()),
        status=status,
        code=str(body.get("code", "")),
        details=[str(one) for one in details] if isinstance(details, list) else [],
        request_id=body.get("requestId") or response.headers.get("X-Request-Id"),
    )
    error.retry_after = _retry_after(response.headers.get("Retry-After", ""))
    return error


def _retry_after(header: str) -> float | None:
    """Read seconds, or a date, as seconds from now."""
    if header.isdecimal():
        return float(header)
    try:
        then = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    then = then if then.tzinfo else then.replace(tzinfo=timezone.utc)
    return max(0.0, (then - datetime.now(timezone.utc)).total_seconds())
