"""One operation of the document: what a view takes, what it answers, what it refuses."""

import inspect
import re
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel
from werkzeug.routing import Rule

from flashsms.api.describing import Description
from flashsms.api.openapi import examples, refusals
from flashsms.api.openapi.schemas import components, reference, without_null
from flashsms.api.schemas import DeletedAnswer

View = Callable[..., Any]
Part = dict[str, Any]
_PLACE = re.compile(r"<(?:\w+:)?(\w+)>")  # of an id in a rule
_LIMITS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
_ONCE = (
    "A text of your own choice, such as an order number. A repeated call with the same key gets "
    "the first answer again within 24 hours, and nothing happens twice."
)


def operation(rule: Rule, method: str, view: View) -> Part:
    """Return the operation of a view that a key with a scope is needed for."""
    described: Description = view.description  # type: ignore[attr-defined]
    scope: str = view.required_scope  # type: ignore[attr-defined]
    codes = refusals.of(described, has_id=bool(rule.arguments))
    return {
        **heading(rule, method, view, f"Needs a key with the scope `{scope}`."),
        "parameters": [*_path(rule), *_query(described), *_headers(described)],
        **({"requestBody": _body(described.body)} if described.body else {}),
        "responses": {"200": _success(described, rule), **refusals.responses(codes, scope)},
        "security": [{"bearer": [scope]}, {"apiKey": [scope]}],
        "x-scope": scope,
    }


def heading(rule: Rule, method: str, view: View, remark: str) -> Part:
    """Return what the view's docstring says, and its name; `remark` ends the description."""
    summary, _, rest = (inspect.getdoc(view) or "").partition("\n\n")
    paragraphs = [" ".join(part.split()) for part in rest.split("\n\n") if part]
    return {
        "operationId": operation_id(rule, method),
        "summary": " ".join(summary.split()).rstrip("."),
        "description": "\n\n".join([*paragraphs, remark]),
    }


def operation_id(rule: Rule, method: str) -> str:
    """Return the view's name in camelCase; a view that takes PUT beside PATCH has two."""
    name = camel(rule.endpoint.partition(".")[2])
    return f"{name}ByPut" if method == "PUT" and "PATCH" in (rule.methods or ()) else name


def camel(name: str) -> str:
    """Return `contactId` for `contact_id`."""
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)


def path(rule: Rule) -> str:
    """Return a path below /api/v1 as the document writes it: `/contacts/{contactId}`."""
    short = rule.rule.removeprefix("/api/v1")
    return _PLACE.sub(lambda found: "{" + camel(found[1]) + "}", short)


def _path(rule: Rule) -> list[Part]:
    names = [camel(name) for name in _PLACE.findall(rule.rule)]
    return [_id(name, *examples.IDS[name]) for name in names]


def _id(name: str, prefix: str, length: int, example: str, meaning: str) -> Part:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": meaning,
        "schema": {"type": "string", "pattern": f"^{prefix}[0-9a-z]{{{length}}}$"},
        "example": example,
    }


def _query(described: Description) -> list[Part]:
    if described.query is None:
        return []
    schema = components([described.query])[described.query.__name__]
    return [_parameter(name, dict(one)) for name, one in schema["properties"].items()]


def _parameter(name: str, schema: Part) -> Part:
    meaning = schema.pop("description", "")
    return {"name": name, "in": "query", "description": meaning, "schema": without_null(schema)}


def _headers(described: Description) -> list[Part]:
    if not described.once:
        return []
    return [{"$ref": "#/components/parameters/IdempotencyKey"}]


def _body(model: type[BaseModel]) -> Part:
    shown = {
        camel(re.sub(r"\W+", "_", name.lower()).strip("_")): {"summary": name, "value": value}
        for name, value in examples.BODIES[model].items()
    }
    content = {"schema": reference(model), "examples": shown}
    return {"required": True, "content": {"application/json": content}}


def _success(described: Description, rule: Rule) -> Part:
    models = described.answered
    data = reference(models[0]) if len(models) == 1 else {"anyOf": [*map(reference, models)]}
    schema = {
        "type": "object",
        "properties": {"success": {"const": True}, "data": data},
        "required": ["success", "data"],
        "additionalProperties": False,
    }
    headers = ["X-Request-Id", *_LIMITS, *(["Idempotency-Replayed"] if described.once else [])]
    return {
        "description": " ".join((models[0].__doc__ or "").split()),
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
        "content": {"application/json": {"schema": schema, "examples": _answers(models, rule)}},
    }


def _answers(models: tuple[type[BaseModel], ...], rule: Rule) -> Part:
    return {
        camel(model.__name__[0].lower() + model.__name__[1:]).removesuffix("Answer"): {
            "value": {"success": True, "data": _answer(model, rule)}
        }
        for model in models
    }


def _answer(model: type[BaseModel], rule: Rule) -> Part:
    """Return an example of an answer; what was deleted is what the path names."""
    answer = examples.ANSWERS[model]
    if model is not DeletedAnswer:
        return answer
    [name] = _PLACE.findall(rule.rule)
    own: Part = {"id": examples.IDS[camel(name)][2]}
    return answer | own


PARAMETERS: Part = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": _ONCE,
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": 255,
            "pattern": r"^[\u0020-\u007e\u00a1-\u00ac\u00ae-\u00ff]*$",
        },
        "example": "invoice-1017",
    }
}


def _header(meaning: str, kind: str, **more: Any) -> Part:
    return {"description": meaning, "schema": {"type": kind, **more}}


HEADERS: Part = {
    "X-Request-Id": _header("Names this request in the log.", "string", maxLength=64),
    "RateLimit-Limit": _header("How many requests a minute this key may make.", "integer"),
    "RateLimit-Remaining": _header("How many are left.", "integer", minimum=0),
    "RateLimit-Reset": _header("Seconds until one comes back.", "integer", minimum=1),
    "Retry-After": _header("Seconds to wait before the next request.", "integer", minimum=1),
    "WWW-Authenticate": _header("How to authenticate.", "string"),
    "Idempotency-Replayed": _header(
        "`true` on an answer that was given before; nothing happened again.",
        "string",
        const="true",
    ),
}
