"""The collection for Postman: every operation once, ready to be sent."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.api.contract import validator


@pytest.fixture
def collection(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/v1/postman.json").json
    return found


def requests(collection: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Return the folder, the name and the request of each item."""
    for folder in collection["item"]:
        for item in folder["item"]:
            yield folder["name"], item["name"], item["request"]


def operations(app: Flask) -> dict[tuple[str, str], dict[str, Any]]:
    paths = app.extensions["openapi"]()["paths"]
    return {
        (method.upper(), re.sub(r"\{(\w+)\}", r":\1", path)): operation
        for path, methods in paths.items()
        for method, operation in methods.items()
    }


def test_it_is_a_collection_whose_variables_are_all_that_is_to_be_filled_in(
    app: Flask, collection: dict[str, Any]
):
    assert collection["info"]["schema"].endswith("/collection/v2.1.0/collection.json")
    assert collection["info"]["name"]
    given = {one["key"]: one["value"] for one in collection["variable"]}
    assert given == {
        "baseUrl": app.config["PUBLIC_URL"] + "/api/v1",
        "apiKey": "bms_live_your_api_key",
    }
    used = set(re.findall(r"\{\{(\w+)\}\}", json.dumps([collection["auth"], *_urls(collection)])))
    assert used == set(given)


def test_every_operation_is_in_it_once_in_the_folder_of_its_tag(
    app: Flask, collection: dict[str, Any]
):
    known = operations(app)
    places = []
    for folder, name, request in requests(collection):
        place = (request["method"], request["url"]["raw"].removeprefix("{{baseUrl}}"))
        places.append(place)
        operation = known[place]
        assert (operation["tags"], operation["summary"]) == ([folder], name)
        assert ("auth" in request) is not bool(operation["security"])
    assert sorted(places) == sorted(known)


def test_a_request_brings_its_parameters_and_a_body_that_is_in_order(
    app: Flask, collection: dict[str, Any]
):
    document, known = app.extensions["openapi"](), operations(app)
    for _, _, request in requests(collection):
        url = request["url"]
        path = "/" + "/".join(url["path"])
        operation = known[request["method"], path]
        assert url["raw"] == "{{baseUrl}}" + path
        assert [one["key"] for one in url["variable"]] == re.findall(r":(\w+)", path)
        wanted = [one["name"] for one in operation["parameters"] if one.get("in") == "query"]
        assert [one["key"] for one in url["query"]] == wanted
        assert ("body" in request) is ("requestBody" in operation)
        if "body" in request:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            validator(schema, document).validate(json.loads(request["body"]["raw"]))


def _urls(collection: dict[str, Any]) -> list[str]:
    return [request["url"]["raw"] for _, _, request in requests(collection)]
