"""What people see when something goes wrong."""

import logging
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from flashsms.services import people
from tests.factories import Member
from tests.web.browsing import sign_in, token

HTMX = {"HX-Request": "true"}


def assert_page(text: str, heading: str, sentence: str) -> None:
    assert f">{heading}</h1>" in text, text
    assert sentence in text
    assert re.search(r'<a [^>]*href="/"[^>]*>Go home</a>', text)


@pytest.fixture
def broken(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The application as it runs in production, with a page that crashes."""
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def crash() -> str:
        raise RuntimeError("the secret reason")

    monkeypatch.setitem(app.view_functions, "web.list_senders", crash)
    return app


def test_an_unknown_address_is_a_page(client: FlaskClient) -> None:
    answer = client.get("/nowhere")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert_page(answer.text, "Not found", "There is no such page.")


def test_an_address_with_a_script_in_it_shows_none(client: FlaskClient) -> None:
    answer = client.get("/<script>alert(1)</script>")
    assert answer.status_code == 404
    assert "alert(1)" not in answer.text


def test_a_wrong_method_is_a_page_that_keeps_what_is_allowed(client: FlaskClient) -> None:
    answer = client.delete("/login", headers={"X-CSRFToken": token(client, "/login")})
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert_page(answer.text, "Not like this", "use the buttons of the page")


def test_too_large_a_form_is_a_page(app: Flask, client: FlaskClient) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 1000
    answer = client.post("/login", data={"email": "a" * 2000})
    assert answer.status_code == 413
    assert_page(answer.text, "Too large", "That is too large to send.")


def test_a_missing_token_is_a_page(client: FlaskClient) -> None:
    answer = client.post("/login", data={"email": "ama@example.com", "password": "x"})
    assert answer.status_code == 400
    assert_page(answer.text, "That cannot be read", "Reload it and try again.")


def test_a_crash_is_a_page_that_names_what_the_log_says(
    broken: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = client.get("/sender-ids")
    assert answer.status_code == 500
    request_id = answer.headers["X-Request-Id"]
    assert_page(answer.text, "Something broke", f"it is in our log as {request_id}.")
    assert "secret reason" not in answer.text
    assert any(request_id in record.getMessage() for record in caplog.records)


def test_a_crash_shows_the_id_that_the_proxy_gave(broken: Flask, client: FlaskClient) -> None:
    answer = client.get("/sender-ids", headers={"X-Request-Id": "edge-42"})
    assert "edge-42" in answer.text


@pytest.mark.parametrize("path", ["/", "/nowhere"])
def test_errors_are_shown_while_the_database_is_away(
    app: Flask, client: FlaskClient, ama: Member, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    sign_in(client, "ama@example.com")
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def gone(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("connection refused"))

    monkeypatch.setattr(people, "load", gone)
    for headers in ({}, HTMX):
        answer = client.get(path, headers=headers)
        assert answer.status_code == (500 if path == "/" else 404)
        assert "connection refused" not in answer.text
        assert 'id="flashes"' in answer.text
    assert_page(client.get("/").text, "Something broke", "This is our fault")


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/nowhere", 404, "There is no such page."),
        ("/sender-ids", 500, "This is our fault"),
    ],
)
def test_a_part_of_a_page_that_fails_says_so_above_the_page(
    broken: Flask, client: FlaskClient, path: str, status: int, sentence: str
) -> None:
    answer = client.get(path, headers=HTMX)
    assert answer.status_code == status
    assert (answer.headers["HX-Retarget"], answer.headers["HX-Reswap"]) == ("#flashes", "outerHTML")
    assert answer.text.startswith('<div id="flashes"')
    assert sentence in answer.text


def test_a_part_that_is_sent_without_a_token_says_so_above_the_page(client: FlaskClient) -> None:
    answer = client.post("/login", headers=HTMX)
    assert answer.status_code == 400
    assert answer.headers["HX-Retarget"] == "#flashes"
    assert "Reload it and try again." in answer.text


def test_going_back_to_what_is_gone_is_a_whole_page(client: FlaskClient) -> None:
    answer = client.get("/nowhere", headers=HTMX | {"HX-History-Restore-Request": "true"})
    assert answer.status_code == 404
    assert "HX-Retarget" not in answer.headers
    assert_page(answer.text, "Not found", "There is no such page.")


def test_what_another_account_has_is_not_found(
    client: FlaskClient, ama: Member, kofi: Member
) -> None:
    sign_in(client, "ama@example.com")
    answer = client.get("/campaigns/cnothingofhersatall000000")
    assert answer.status_code == 404
    assert ">Not found</h1>" in answer.text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_the_api_keeps_its_own_answers(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.get("/api/v1/nowhere", headers=headers)
    assert (answer.status_code, answer.mimetype) == (404, "application/json")
    assert answer.json["code"] == "unknown_route"
    assert "HX-Retarget" not in answer.headers


def test_a_crash_of_the_api_is_json(
    broken: Flask, client: FlaskClient, ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken.extensions["openapi"]()  # describes the views as they are
    crash = broken.view_functions["web.list_senders"]
    monkeypatch.setitem(broken.view_functions, "api.list_transactions", crash)
    answer = client.get("/api/v1/transactions", headers=ama.headers)
    assert (answer.status_code, answer.mimetype) == (500, "application/json")
    assert answer.json["requestId"] == answer.headers["X-Request-Id"]
