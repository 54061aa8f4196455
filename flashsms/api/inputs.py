"""What the caller sent, checked: a JSON body or a query string, as a model from `schemas`."""

import json
from collections import Counter
from collections.abc import Iterable
from itertools import chain
from typing import Any, TypeVar

import orjson
from flask import request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.exceptions import RequestEntityTooLarge

from flashsms.api.errors import Refusal
from flashsms.services.errors import DomainError

_MIB = 1024 * 1024
_MOST_BYTES = _MIB  # of a body; 1,000 recipients take about 20,000
_DEEPEST = 32  # levels of brackets; no request needs more than four
_MOST_DETAILS = 20
_MOST_FIELDS = 1000  # of a body, far more than any has
_SHOWN = 40  # characters of a wrong name worth repeating

Model = TypeVar("Model", bound=BaseModel)

_SENTENCES = {  # pydantic's error type to ours; `{}` is what its context says
    "missing": "{field} is required.",
    "string_type": "{field} must be a string in quotes.",
    "string_too_long": "{field} may have at most {max_length} characters.",
    "too_long": "{field} may have at most {max_length} entries.",
    "dict_type": "{field} must be an object of strings.",
    "list_type": "{field} must be an array of strings.",
    "bool_type": "{field} must be true or false, without quotes.",
    "int_type": "{field} must be a whole number, without quotes or a decimal point.",
    "greater_than_equal": "{field} must be at least {ge:,}.",
    "less_than_equal": "{field} must be at most {le:,}.",
    "enum": "{field} must be one of {expected}.",
}


def body(model: type[Model], most_bytes: int = _MOST_BYTES) -> Model:
    """Read the JSON body. Raises a 400 that names each wrong field, a 413 or a 415."""
    if request.mimetype != "application/json":
        raise Refusal(
            415, "not_json", "The body must be JSON: send Content-Type: application/json."
        )
    value = _parse(_read(most_bytes))
    if not isinstance(value, dict):
        raise DomainError("bad_json", "The body must be a JSON object, in curly brackets.")
    if len(value) > _MOST_FIELDS:
        raise DomainError("bad_json", f"The body has {len(value):,} fields, most of them unknown.")
    return _check(model, value)


def query(model: type[Model]) -> Model:
    """Read the query string; parameters that the model does not know are ignored."""
    known = {field.alias or name for name, field in model.model_fields.items()}
    twice = [name for name in known if len(request.args.getlist(name)) > 1]
    if twice:
        raise DomainError("invalid_request", f"{min(twice)} is given more than once.")
    return _check(model, {name: request.args[name] for name in known & request.args.keys()})


def _read(most_bytes: int) -> bytes:
    request.max_content_length = most_bytes
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        raise Refusal(
            413,
            "too_large",
            f"The body is larger than {most_bytes // _MIB} MiB. Send less at a time.",
        ) from error


def _parse(data: bytes) -> Any:
    """Read JSON strictly: UTF-8, no NaN, no broken characters, no name twice, no endless depth."""
    try:
        value = orjson.loads(data)  # strict about everything but names given twice
        _check_depth(value)
        return json.loads(data, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise DomainError("bad_json", f"The body is not valid JSON: {error}.") from error


def _check_depth(value: Any) -> None:
    """Refuse what is nested so deeply that walking through it would overflow the stack."""
    level = [value]
    for _ in range(_DEEPEST):
        lists = (inner for inner in level if isinstance(inner, list))
        objects = (inner.values() for inner in level if isinstance(inner, dict))
        level = [*chain.from_iterable(lists), *chain.from_iterable(objects)]
        if not level:
            return
    raise DomainError("bad_json", "The body is nested too deeply.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise DomainError("bad_json", f"{twice[:_SHOWN]!r} is given twice. Give it once.")
    return found


def _check(model: type[Model], values: dict[str, Any]) -> Model:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        raise _refusal([_explain(model, fault) for fault in faults]) from error


def _refusal(sentences: list[str]) -> DomainError:
    more = len(sentences) - 1
    first = sentences[0] if not more else f"{sentences[0]} ({more:,} more in details.)"
    shown = sentences[:_MOST_DETAILS]
    if len(sentences) > _MOST_DETAILS:
        shown.append(f"And {len(sentences) - _MOST_DETAILS:,} more.")
    return DomainError("invalid_request", first, tuple(shown))


def _explain(model: type[BaseModel], fault: ErrorDetails) -> str:
    """Say what is wrong with one field, under the name that the caller gave it."""
    field = _path(fault["loc"])
    if fault["type"] == "extra_forbidden":
        known = ", ".join(field.alias or name for name, field in model.model_fields.items())
        return f"{field[:_SHOWN]!r} is not a field of this request. Its fields are {known}."
    sentence = _SENTENCES.get(fault["type"], "{field} {message}")
    return sentence.format(field=field, message=fault["msg"], **fault.get("ctx", {})).lstrip()


def _path(loc: Iterable[str | int]) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step[:_SHOWN]}" for step in loc)
    return "".join(steps).removeprefix(".")
