"""Requests that create something: an Idempotency-Key makes each happen once."""

import json
from collections.abc import Callable
from typing import Any

from flask import Response, request
from pydantic import BaseModel

from flashsms.api.answers import respond, success
from flashsms.api.auth import current_key
from flashsms.services import idempotency, vault
from flashsms.services.errors import Conflict

_PURPOSE = "answer kept for an Idempotency-Key"


def answer_once(
    wanted: BaseModel,
    act: Callable[[], dict[str, Any]],
    *,
    secret: bool = False,
    apart: str = "",
) -> Response:
    """Answer what `act` returns, or what it returned when this request came before.

    Keys of requests that stand `apart` are other keys, although they read the same.

    The same request has the same method, path and fields: neither blanks in the body nor the order
    of its fields count, and a null is as good as nothing. A `secret` answer is kept encrypted.
    """
    key = request.headers.get("Idempotency-Key")
    same = "" if key is None else f"{request.method} {request.path} {_canonical(wanted)}"
    account_id = current_key().account_id
    seal, unseal = (_seal, _unseal) if secret else (str, str)
    done = idempotency.once(
        account_id, key, same, lambda: seal(success(act()).decode()), apart=apart
    )
    response = respond(unseal(done.body))
    if done.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def _seal(body: str) -> str:
    return vault.seal(_PURPOSE, body)


def _unseal(kept: str) -> str:
    body = vault.unseal(_PURPOSE, kept)
    if body is None:
        raise Conflict(
            "idempotency_key_reused",
            "The answer that was kept under this Idempotency-Key cannot be read any more. "
            "Look what there is, and use a new key.",
        )
    return body


def _canonical(wanted: BaseModel) -> str:
    """Return the fields in one way of writing them."""
    return json.dumps(_without_nulls(wanted.model_dump()), sort_keys=True, default=str)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(one) for name, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value
