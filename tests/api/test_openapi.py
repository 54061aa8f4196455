"""The API's document: valid, complete, and in step with what the API takes and answers."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from flashsms.api.openapi import operations
from tests.test_house_rules import PUBLIC_API

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    found: dict[str, Any] = app.extensions["openapi"]()
    return found


def test_the_document_is_valid_openapi_and_the_same_for_everybody(
    client: FlaskClient, document: dict[str, Any]
):
    response = client.get("/api/v1/openapi.json")
    assert response.json == document
    validate(response.json)
    again = client.get("/api/v1/openapi.json", headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_every_route_and_method_is_in_it_with_its_scope(app: Flask, document: dict[str, Any]):
    routes = {
        (operations.path(rule), method): app.view_functions[rule.endpoint]
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in set(METHODS) & rule.methods
    }
    found = {
        (path, method.upper()): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert found.keys() == routes.keys()
    for place, operation in found.items():
        scope = getattr(routes[place], "required_scope", None)
        assert operation.get("x-scope") == scope
        wanted = [{"bearer": [scope]}, {"apiKey": [scope]}] if scope else []
        assert operation["security"] == wanted
    open_to_all = {o["operationId"] for o in found.values() if not o["security"]}
    assert open_to_all == {name.removeprefix("api.") for name in PUBLIC_API}
