"""What the API answers when something is wrong: always the same envelope, whatever failed."""

import logging
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from flask import Flask, Response, g, has_request_context, request
from werkzeug.exceptions import HTTPException

from flashsms.services.errors import DomainError

PREFIX = "/api/"
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_FAILURES = {  # HTTP errors that Flask raises by itself: status to (code, sentence)
    400: ("bad_request", "This request cannot be read."),
    404: ("unknown_route", "There is no such endpoint. Check the path; it starts with /api/v1/."),
    405: ("method_not_allowed", "This endpoint does not take {method}. It takes {allow}."),
    413: ("too_large", "The body is too large. Send fewer recipients at a time."),
    500: (
        "internal_error",
        "Something broke on our side. Contact support and give them the requestId.",
    ),
}


class Refusal(DomainError):
    """A refusal that only HTTP knows: with a `status` and response `headers` of its own."""

    def __init__(
        self, status: int, code: str, sentence: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(code, sentence)
        self.status = status
        self.headers = headers or {}


def init_app(app: Flask) -> None:
    """Give every answer an X-Request-Id, and name it in what is logged meanwhile."""
    app.before_request(_begin)
    app.after_request(_finish)
    app.logger.addFilter(_name_request)


def answer_error(error: DomainError) -> Response:
    """Answer with what a service or the API itself refused."""
    response = _envelope(error.status, error.code, error.sentence, error.details)
    if isinstance(error, Refusal):
        response.headers.update(error.headers)
    return response


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _SANE_ID.fullmatch(given) else f"req_{secrets.token_hex(8)}"


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    return response


def answer_http_error(error: HTTPException) -> Response:
    """Answer an error of Flask's own, such as an unknown endpoint, or a crash.

    Crashes come here too, once Flask has logged their traceback, except while TESTING: then they
    reach the test.
    """
    plain = error.get_response()
    status = plain.status_code
    code, sentence = _FAILURES.get(status, (f"http_{status}", f"{error.description}"))
    allow = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
    response = _envelope(status, code, sentence.format(method=request.method, allow=allow))
    if allow:
        response.headers["Allow"] = allow
    return response


def _envelope(status: int, code: str, sentence: str, details: Sequence[str] = ()) -> Response:
    body: dict[str, Any] = {"success": False, "error": sentence, "code": code}
    if len(details) > 1:
        body["details"] = details
    body["requestId"] = g.request_id
    return Response(orjson.dumps(body), status, mimetype="application/json")


def _name_request(record: logging.LogRecord) -> bool:
    """Start what is logged during a request with the id that its answer shows."""
    if has_request_context() and "request_id" in g:
        record.msg = f"[{g.request_id}] {record.msg}"
    return True
