"""Holds every answer of the API against the document, and what views read against what it says."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from flask import Flask, current_app, request
from jsonschema_rs import Draft202012Validator
from pydantic import BaseModel
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from flashsms.api import inputs
from flashsms.api.openapi import operations

_NOWHERE = {"404": "unknown_route", "405": "method_not_allowed"}  # of no operation, or of all


def check(app: Flask, response: TestResponse) -> None:
    """Fail unless the document has this answer: its status, its code, each of its fields."""
    method, path = response.request.method, response.request.path
    if not path.startswith("/api/") or method in ("HEAD", "OPTIONS"):
        return
    document = app.extensions["openapi"]()
    status, body = str(response.status_code), response.data
    responses = _responses(app, document, method, path)
    assert status in {*responses, *_NOWHERE}, f"{method} {path} does not document {status}"
    if status == "304":
        return
    assert response.mimetype == "application/json"
    said = responses.get(status, {}).get("content", {}).get("application/json")
    schema = said["schema"] if said else {"$ref": "#/components/schemas/Error"}
    validator(schema, document).validate(orjson.loads(body))
    if status >= "400":
        codes = set(said["examples"]) if said else {_NOWHERE[status]}
        codes |= {_NOWHERE[status]} if status in _NOWHERE else set()
        assert response.json["code"] in codes, f"{method} {path} does not document {response.text}"


def hold_views_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a request whose view reads another shape than the document says."""
    for name in ("body", "query"):
        monkeypatch.setattr(inputs, name, _held(name, getattr(inputs, name)))


def _held(name: str, read: Callable[..., Any]) -> Callable[..., Any]:
    def reading(model: type[BaseModel], *args: Any, **kwargs: Any) -> Any:
        described = current_app.view_functions[request.endpoint or ""].description  # type: ignore[attr-defined]
        assert getattr(described, name) is model
        return read(model, *args, **kwargs)

    return reading


def _responses(app: Flask, document: Any, method: str, path: str) -> dict[str, Any]:
    try:
        rule: Rule = app.url_map.bind("").match(path, method, return_rule=True)[0]  # type: ignore[assignment]
    except HTTPException:
        return {}
    if not rule.endpoint.startswith("api."):
        return {}
    found: dict[str, Any] = document["paths"][operations.path(rule)][method.lower()]["responses"]
    return found


_validators: dict[bytes, Draft202012Validator] = {}


def validator(schema: dict[str, Any], document: dict[str, Any]) -> Draft202012Validator:
    """Return what checks by a schema; made once, for the document does not change."""
    written = orjson.dumps(schema)
    if written not in _validators:
        whole = schema | {"components": document["components"]}
        _validators[written] = Draft202012Validator(whole, validate_formats=True)
    return _validators[written]
