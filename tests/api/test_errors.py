"""Errors that no endpoint raises itself: the envelope holds for them too."""

import logging

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flashsms.services import credits
from tests.api.calls import error, get
from tests.factories import Member


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/v1/", "/api/v2/sms", "/api/", "/api/v1/sms/", "/api/%00%ff"]
)
def test_an_unknown_route_is_answered_in_json(client: FlaskClient, path: str):
    error(client.get(path), 404, "unknown_route")


def test_outside_the_api_an_unknown_route_is_a_page(client: FlaskClient):
    response = client.get("/nothing")
    assert (response.status_code, response.mimetype) == (404, "text/html")
    assert response.headers["X-Request-Id"].startswith("req_")


def test_a_method_that_is_not_taken_is_answered_with_those_that_are(client: FlaskClient):
    response = client.delete("/api/v1/balance")
    assert "DELETE" in error(response, 405, "method_not_allowed")
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    ("path", "taken"),
    [("groups", "GET, HEAD, OPTIONS, POST"), ("import", "OPTIONS, POST")],
)
def test_what_stands_beside_the_contacts_is_no_contact(
    client: FlaskClient, ama: Member, path: str, taken: str
):
    for method in ("PUT", "PATCH", "DELETE"):
        response = client.open(f"/api/v1/contacts/{path}", method=method, headers=ama.headers)
        error(response, 405, "method_not_allowed")
        assert response.headers["Allow"] == taken
    offered = client.options(f"/api/v1/contacts/{path}").headers["Allow"]
    assert set(offered.split(", ")) == set(taken.split(", "))


def test_a_sane_request_id_is_kept(client: FlaskClient):
    response = client.get("/api/v1/nothing", headers={"X-Request-Id": "job-17.Retry_2"})
    assert response.json["requestId"] == "job-17.Retry_2"
    assert response.headers["X-Request-Id"] == "job-17.Retry_2"


@pytest.mark.parametrize("given", ["", "x" * 65, "two words", "<script>", "%s", "é", "a\x00"])
def test_any_other_request_id_is_replaced(client: FlaskClient, given: str):
    response = client.get("/api/v1/nothing", headers={"X-Request-Id": given})
    assert response.headers["X-Request-Id"].startswith("req_")


def test_every_answer_has_its_own_request_id(client: FlaskClient, ama: Member):
    first, second = (get(client, ama, "balance").headers["X-Request-Id"] for _ in range(2))
    assert first != second


def test_a_crash_shows_nothing_and_is_logged_under_its_request_id(
    app: Flask,
    client: FlaskClient,
    ama: Member,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    def crash(account_id: int) -> int:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(credits, "balance_of", crash)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with caplog.at_level(logging.ERROR):
        response = get(client, ama, "balance")
    error(response, 500, "internal_error")
    assert "secret" not in response.text
    assert response.json["requestId"] in caplog.text
    assert "the secret of the house" in caplog.text
