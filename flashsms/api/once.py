"""Requests that create something: an Idempotency-Key makes each happen once."""

from collections.abc import Callable
from typing import Any

from flask import Response, request
from pydantic import BaseModel

from flashsms.api.answers import respond, success
from flashsms.api.auth import current_key
from flashsms.services import idempotency


def answer_once(wanted: BaseModel, act: Callable[[], dict[str, Any]]) -> Response:
    """Answer what `act` returns, or what it returned when this request came before.

    The same request has the same method, path and fields: neither blanks in the body nor the order
    of its fields count, and a null is as good as nothing. Inside fields of any type (the rows of an
    import) the order counts.
    """
    done = idempotency.once(
        current_key().account_id,
        request.headers.get("Idempotency-Key"),
        f"{request.method} {request.path} {wanted.model_dump_json()}",
        lambda: success(act()).decode(),
    )
    response = respond(done.body)
    if done.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response
