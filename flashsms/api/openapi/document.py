"""The whole document: all operations, and what they share."""

import functools
import sys
from collections.abc import Iterator
from typing import Any

from flask import Flask
from pydantic import BaseModel
from werkzeug.routing import Rule

from flashsms.api.describing import Description
from flashsms.api.openapi import operations, words
from flashsms.api.openapi.operations import HEADERS, PARAMETERS, Part
from flashsms.api.openapi.schemas import components

PREFIX = "/api/v1"
_OPEN = "Needs no key."
_BEARER = {"type": "http", "scheme": "bearer", "description": words.BEARER}
_API_KEY = {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": words.API_KEY}


def init_app(app: Flask) -> None:
    """Let every part of the application ask for its document; it is built once, on demand."""
    app.extensions["openapi"] = functools.cache(lambda: document(app))


def document(app: Flask) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of an application's API, at its public address."""
    routes = list(_routes(app))
    paths: dict[str, Part] = {}
    for rule, method in routes:
        paths.setdefault(operations.path(rule), {})[method.lower()] = _operation(app, rule, method)
    _link(paths)
    return {
        "openapi": "3.1.0",
        "info": {"title": "FlashSMS API", "version": words.VERSION, "description": words.ABOUT},
        "servers": [{"url": f"{app.config['PUBLIC_URL']}{PREFIX}"}],
        "tags": _tags(app, routes),
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": _BEARER, "apiKey": _API_KEY},
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "schemas": {"Error": words.ERROR, **components(_models(app, routes))},
        },
    }


def _routes(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Return the API's routes with each of their methods, in the order of the tags."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api.")]
    tags = list(words.TAGS.values())
    for rule in sorted(rules, key=lambda rule: tags.index(_tag(_module(app, rule)))):
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            if method in (rule.methods or ()):
                yield rule, method


def _module(app: Flask, rule: Rule) -> str:
    return app.view_functions[rule.endpoint].__module__


def _operation(app: Flask, rule: Rule, method: str) -> Part:
    view = app.view_functions[rule.endpoint]
    found = {"tags": [_tag(view.__module__)]}
    if not hasattr(view, "required_scope"):
        heading = operations.heading(rule, method, view, _OPEN)
        return found | heading | {"parameters": [], "responses": words.PUBLIC, "security": []}
    return found | operations.operation(rule, method, view)


def _tags(app: Flask, routes: list[tuple[Rule, str]]) -> list[Part]:
    modules = dict.fromkeys(_module(app, rule) for rule, _ in routes)
    return [
        {"name": _tag(module), "description": sys.modules[module].__doc__ or ""}
        for module in modules
    ]


def _tag(module: str) -> str:
    return words.TAGS[module.rpartition(".")[2]]


def _models(app: Flask, routes: list[tuple[Rule, str]]) -> set[type[BaseModel]]:
    found: set[type[BaseModel]] = set()
    for rule, _ in routes:
        described: Description | None = getattr(
            app.view_functions[rule.endpoint], "description", None
        )
        if described:
            found |= {*described.answered, *([described.body] if described.body else [])}
    return found


def _link(paths: dict[str, Part]) -> None:
    """Say of what creates something where its id leads: to the operations on that one thing."""
    for path, methods in paths.items():
        if "post" not in methods:
            continue
        field, start = ("messageId", "/sms/") if path == "/sms/send" else ("id", f"{path}/{{")
        links = {
            operation["operationId"]: {
                "operationId": operation["operationId"],
                "parameters": {name: f"$response.body#/data/{field}"},
            }
            for other, operations_there in paths.items()
            for operation in operations_there.values()
            if other.startswith(start)
            for name in _only_id(operation)
        }
        if links:
            methods["post"]["responses"]["200"]["links"] = links


def _only_id(operation: Part) -> list[str]:
    names = [one["name"] for one in operation["parameters"] if one.get("in") == "path"]
    return names if len(names) == 1 else []
