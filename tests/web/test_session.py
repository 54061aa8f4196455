"""Getting in and out with a browser's cookies."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import Member
from tests.web.browsing import fill, token

SHOP = {
    "name": "Ama's Shop",
    "phone": "0241234567",
    "email": "shop@example.com",
    "password": "a fine long password",
}


def test_a_new_user_signs_up_and_is_in(client: FlaskClient) -> None:
    response = fill(client, "/signup", **SHOP)
    assert (response.status_code, response.location) == (302, "/")
    home = client.get("/")
    assert "Ama&#39;s Shop" in home.text
    assert ">5</p>" in home.text  # the welcome credits
    assert home.headers["Cache-Control"] == "no-store"


def test_somebody_signs_out_and_in_again(client: FlaskClient) -> None:
    fill(client, "/signup", **SHOP)
    out = client.post("/logout", data={"csrf_token": token(client, "/")})
    assert out.location == "/login"
    assert "Create your account" in client.get("/").text
    again = fill(client, "/login", email=SHOP["email"], password=SHOP["password"])
    assert again.location == "/"
    assert "Ama&#39;s Shop" in client.get("/").text


def test_a_wrong_password_is_said_without_saying_who_exists(
    client: FlaskClient, ama: Member
) -> None:
    answers = [
        fill(client, "/login", email=email, password="wrong password")
        for email in ("ama@example.com", "nobody@example.com")
    ]
    assert [answer.status_code for answer in answers] == [400, 400]
    said = {re.search(r'invalid-feedback"[^>]*>([^<]+)', one.text)[1] for one in answers}
    assert len(said) == 1


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "http://[",
        "////evil.example",
        "/\t/evil.example",
        "\0",
        "x" * 5000,
        "",
    ],
)
def test_nobody_is_led_away_after_signing_in(client: FlaskClient, ama: Member, target: str) -> None:
    fields = {"email": "ama@example.com", "password": "correct horse", "next": target}
    assert fill(client, "/login", **fields).location == "/"


def test_who_was_going_somewhere_arrives_there(client: FlaskClient, ama: Member) -> None:
    fields = {"email": "ama@example.com", "password": "correct horse", "next": "/contacts?page=2"}
    assert fill(client, "/login", **fields).location == "/contacts?page=2"


def test_a_form_without_its_token_is_refused(client: FlaskClient) -> None:
    assert client.post("/signup", data=SHOP).status_code == 400


def test_faults_are_shown_at_their_fields(client: FlaskClient, ama: Member) -> None:
    wrong = SHOP | {"email": "ama@example.com"}
    page = fill(client, "/signup", **wrong).text
    assert re.search(r'id="email-hint">[^<]*already', page), page


def test_the_session_cookie_is_for_this_site_alone(client: FlaskClient) -> None:
    response = fill(client, "/signup", **SHOP)
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_what_a_visitor_asks_beside_signing_up_cannot_undo_it(client: FlaskClient) -> None:
    """The hint about a password may be answered after the sign-up, with the cookie from before."""
    typed = {"password": SHOP["password"], "csrf_token": token(client, "/signup")}
    for path in ("/password-strength", "/login"):
        answer = client.post(path, data=typed)
        assert "Set-Cookie" not in answer.headers, path
    assert "Set-Cookie" not in client.get("/signup").headers


def test_every_page_but_the_public_ones_asks_to_sign_in(app: Flask, client: FlaskClient) -> None:
    public = {
        *("web.index", "web.healthz", "web.readyz", "web.metrics"),
        *("web.sign_in", "web.sign_up", "web.enter_code", "web.show_strength"),
        *("web.forgot_password", "web.reset_password", "web.accept_invitation"),
        "web.take_callback",  # with the secret in its address
        *("web.show_docs", "web.show_reference"),
    }
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("web.") and rule.endpoint not in public:
            path = rule.rule.replace("<contact_id>", "cnt_1")
            method = "GET" if "GET" in rule.methods else "POST"
            app.config["WTF_CSRF_ENABLED"] = False
            answer = client.open(path, method=method)
            assert answer.status_code == 302, path
            assert answer.location.startswith("/login"), path
