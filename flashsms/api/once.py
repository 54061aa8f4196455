"""Requests that create something: an Idempotency-Key makes each happen once."""

import json
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
    of its fields count, and a null is as good as nothing.
    """
    key = request.headers.get("Idempotency-Key")
    same = "" if key is None else f"{request.method} {request.path} {_canonical(wanted)}"
    account_id = current_key().account_id
    done = idempotency.once(account_id, key, same, lambda: success(act()).decode())
    response = respond(done.body)
    if done.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def _canonical(wanted: BaseModel) -> str:
    """Return the fields in one way of writing them."""
    return json.dumps(_without_nulls(wanted.model_dump()), sort_keys=True, default=str)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(one) for name, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value
