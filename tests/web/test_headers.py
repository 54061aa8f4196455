"""What browsers are told with every answer."""

import pytest
from flask import Flask, Response, abort
from flask.testing import FlaskClient

from flashsms.web import headers


@pytest.fixture
def client() -> FlaskClient:
    """A visitor of an application that has nothing but the headers."""
    app = Flask(__name__)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    headers.init_app(app)
    app.add_url_rule("/page", view_func=lambda: "<p>Hello</p>", endpoint="page")
    app.add_url_rule("/private", view_func=_private, endpoint="private")
    app.add_url_rule("/export", view_func=_export, endpoint="export")
    app.add_url_rule("/api/v1/account", view_func=lambda: {"success": True}, endpoint="api")
    app.add_url_rule("/metrics", view_func=_metrics, endpoint="metrics")
    app.add_url_rule("/forbidden", view_func=lambda: abort(403), endpoint="forbidden")
    app.add_url_rule("/broken", view_func=lambda: 1 / 0, endpoint="broken")
    return app.test_client()


def _private() -> str:
    headers.keep_private()
    return "<p>Your balance</p>"


def _export() -> Response:
    headers.keep_private()
    return Response("phone\n", mimetype="text/csv", headers={"Cache-Control": "max-age=60"})


def _metrics() -> Response:
    return Response("up 1\n", content_type="text/plain; version=0.0.4")


def policy(answer: Response) -> dict[str, str]:
    """The Content-Security-Policy: what each kind of thing may be loaded from."""
    rules = answer.headers["Content-Security-Policy"].split("; ")
    return {kind: sources for kind, _, sources in (rule.partition(" ") for rule in rules)}


def test_a_page_loads_only_what_this_server_has(client: FlaskClient) -> None:
    assert policy(client.get("/page")) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }


def test_a_page_is_framed_by_nobody_and_tells_other_sites_nothing(client: FlaskClient) -> None:
    told = client.get("/page").headers
    assert told["X-Frame-Options"] == "DENY"
    assert told["Cross-Origin-Opener-Policy"] == "same-origin"
    assert told["Referrer-Policy"] == "same-origin"
    assert told["X-Content-Type-Options"] == "nosniff"


def test_a_page_uses_no_camera_no_microphone_and_no_place(client: FlaskClient) -> None:
    switched_off = client.get("/page").headers["Permissions-Policy"].split(", ")
    assert {"camera=()", "microphone=()", "geolocation=()"} <= set(switched_off)
    assert all(feature.endswith("=()") for feature in switched_off)


@pytest.mark.parametrize(
    ("path", "status"), [("/nowhere", 404), ("/forbidden", 403), ("/broken", 500)]
)
def test_a_page_that_says_what_went_wrong_is_as_guarded(
    client: FlaskClient, path: str, status: int
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert policy(answer) == policy(client.get("/page"))


@pytest.mark.parametrize("path", ["/api/v1/account", "/metrics"])
def test_what_programs_read_is_only_not_to_be_guessed_at(client: FlaskClient, path: str) -> None:
    told = client.get(path, base_url="https://sms.example.com").headers
    assert dict(told).keys() == {"Content-Type", "Content-Length", "X-Content-Type-Options"}
    assert told["X-Content-Type-Options"] == "nosniff"


def test_only_a_page_that_came_over_tls_asks_for_tls_from_then_on(client: FlaskClient) -> None:
    secure = client.get("/page", base_url="https://sms.example.com")
    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in client.get("/page").headers


def test_a_private_page_is_kept_by_nobody(client: FlaskClient) -> None:
    assert client.get("/private").headers["Cache-Control"] == "no-store"
    assert "Cache-Control" not in client.get("/page").headers


def test_a_private_file_is_kept_by_nobody_whatever_its_view_says(client: FlaskClient) -> None:
    assert client.get("/export").headers.getlist("Cache-Control") == ["no-store"]
