"""Getting in: the code after the password, and what the pages say on the way."""

import re
from collections.abc import Callable, Iterator

import pyotp
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from config import TestConfig
from flashsms import create_app
from flashsms.extensions import db
from flashsms.models import User
from flashsms.services import people
from tests.factories import Member
from tests.web.browsing import fill, sign_in, token

NOON = 1_900_000_020
AMA = {"email": "ama@example.com", "password": "correct horse"}


@pytest.fixture
def totp(ama: Member) -> pyotp.TOTP:
    """Ama's authenticator app, set up an hour before noon."""
    user = db.session.query(User).filter_by(account_id=ama.account.id).one()
    with time_machine.travel(NOON - 3600, tick=False):
        made = pyotp.TOTP(people.begin(user).secret)
        people.confirm(user, made.now())
    return made


@pytest.fixture
def behind(config: TestConfig, app: Flask) -> Iterator[Callable[[int], Flask]]:
    """Make the application as it is behind a number of trusted proxies."""
    made: list[Flask] = []

    def make(proxies: int) -> Flask:
        config.TRUSTED_PROXIES = proxies
        made.append(create_app(config))
        return made[-1]

    yield make
    for trusting in made:
        with trusting.app_context():
            db.engine.dispose()
        trusting.extensions["redis"].close()


def fault(page: str) -> str:
    found = re.search(r'invalid-feedback"[^>]*>([^<]+)', page)
    assert found, page
    return found[1]


def test_the_password_is_typed_once_and_then_a_code(client: FlaskClient, totp: pyotp.TOTP) -> None:
    with time_machine.travel(NOON, tick=False):
        asked = fill(client, "/login", **AMA, next="/contacts?q=esi")
        assert asked.location == "/login/code?next=/contacts?q%3Desi"
        assert client.get("/contacts").location.startswith("/login")
        wrong = fill(client, asked.location, to="/login/code", code="000000")
        assert wrong.status_code == 400
        assert "not right" in fault(wrong.text)
        fields = {"code": totp.now(), "next": "/contacts?q=esi"}
        done = fill(client, asked.location, to="/login/code", **fields)
        assert done.location == "/contacts?q=esi"
        assert client.get("/contacts").status_code == 200


def test_neither_the_password_nor_its_hash_goes_into_the_session(
    app: Flask, client: FlaskClient, ama: Member, totp: pyotp.TOTP
) -> None:
    fill(client, "/login", **AMA)
    with client.session_transaction() as kept:
        written = str(dict(kept))
    user = db.session.query(User).filter_by(account_id=ama.account.id).one()
    assert "correct horse" not in written
    assert user.password_hash not in written


def test_a_code_that_comes_too_late_leads_back_to_the_password(
    client: FlaskClient, totp: pyotp.TOTP
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        fill(client, "/login", **AMA)
        sent = token(client, "/login/code")
        clock.shift(301)
        answer = client.post("/login/code", data={"code": totp.now(), "csrf_token": sent})
        assert answer.location == "/login"
        assert "took too long" in client.get("/login").text
        assert client.get("/login/code").location == "/login"


def test_nobody_is_led_away_after_the_code(client: FlaskClient, totp: pyotp.TOTP) -> None:
    with time_machine.travel(NOON, tick=False):
        fill(client, "/login", **AMA)
        fields = {"code": totp.now(), "next": "//evil.example"}
        assert fill(client, "/login/code", **fields).location == "/"


def test_what_was_kept_half_way_in_is_of_no_use_after_the_code(
    app: Flask, client: FlaskClient, totp: pyotp.TOTP
) -> None:
    with time_machine.travel(NOON, tick=False):
        fill(client, "/login", **AMA)
        thief = app.test_client()
        thief.set_cookie("session", client.get_cookie("session").value)
        assert fill(client, "/login/code", code=totp.now()).location == "/"
        assert fill(thief, "/login/code", code=totp.at(NOON + 30)).location == "/login"
        assert thief.get("/login/code").location == "/login"


def test_signing_in_begins_a_session_of_its_own(client: FlaskClient, ama: Member) -> None:
    before = token(client, "/login")
    with client.session_transaction() as kept:
        kept["left"] = "by somebody before"
    sign_in(client, "ama@example.com")
    with client.session_transaction() as kept:
        assert "left" not in kept
    assert client.post("/settings", data={"csrf_token": before}).status_code == 400
    assert fill(client, "/settings", name="Ama").status_code == 302


@pytest.mark.parametrize("code", ["", "\0", "\U0001f511" * 6, "0" * 10_000])
def test_odd_codes_are_refused_in_words(client: FlaskClient, totp: pyotp.TOTP, code: str) -> None:
    fill(client, "/login", **AMA)
    answer = fill(client, "/login/code", code=code)
    assert answer.status_code == 400
    assert "code" in fault(answer.text)


def test_whoever_signs_up_on_the_way_goes_on(client: FlaskClient) -> None:
    new = {"name": "Kente", "phone": "0241234567", "email": "new@example.com"}
    assert "/signup?next=/docs" in client.get("/login?next=/docs").text
    assert "/login?next=/docs" in client.get("/signup?next=/docs").text
    page = client.get("/signup?next=/docs").text
    assert re.search(r'name="next"[^>]*value="/docs"', page)
    fields = new | {"password": "correct horse battery", "next": "/docs"}
    assert fill(client, "/signup?next=/docs", to="/signup", **fields).location == "/docs"


@pytest.mark.parametrize("way", ["//evil.example", "http://[", f"/contacts?q={'x' * 500}"])
def test_a_way_back_that_cannot_be_taken_is_not_carried_along(
    client: FlaskClient, totp: pyotp.TOTP, way: str
) -> None:
    assert fill(client, "/login", **AMA, next=way).location == "/login/code"
    with time_machine.travel(NOON, tick=False) as clock:
        fill(client, "/login", **AMA)
        sent = {"code": totp.now(), "next": way, "csrf_token": token(client, "/login/code")}
        clock.shift(301)
        assert client.post("/login/code", data=sent).location == "/login"
    assert client.get("/login/code", query_string={"next": way}).location == "/login"


def test_a_page_with_a_long_address_asks_to_sign_in_all_the_same(client: FlaskClient) -> None:
    assert client.get(f"/contacts?q={'x' * 400}").location.startswith("/login?next=/contacts?q")
    assert client.get(f"/contacts?q={'x' * 500}").location == "/login"


@pytest.mark.parametrize(
    ("here", "back"),
    [
        ("http://localhost/campaigns?q=a#top", "/login?next=/campaigns?q%3Da"),
        ("http://[", "/login"),
        ("//[", "/login"),
        ("http://x]/", "/login"),
        ("http://localhost//evil.example", "/login"),
        ("", "/login"),
        ("x" * 5000, "/login"),
    ],
)
def test_htmx_is_led_to_sign_in_wherever_it_says_it_is(
    client: FlaskClient, here: str, back: str
) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": here}
    answer = client.get("/campaigns", headers=headers)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, back)


def test_too_many_sign_ups_are_refused_in_words(app: Flask, client: FlaskClient) -> None:
    app.config["SIGNUP_LIMIT"] = 10
    fields = {"name": "Shop", "phone": "0241234567", "password": "tin roof rain"}
    for number in range(10):
        visitor = app.test_client()
        answer = fill(visitor, "/signup", **fields, email=f"bot{number}@example.com")
        assert answer.location == "/"
    refused = fill(client, "/signup", **fields, email="bot@example.com")
    assert refused.status_code == 400
    assert "Wait 60 minutes" in fault(refused.text)


def from_behind(client: FlaskClient, forwarded: str, **fields: str) -> int:
    """Sign in through proxies that say where the visitor is; return the status."""
    fields |= {"csrf_token": token(client, "/login")}
    headers = {"X-Forwarded-For": forwarded}
    return client.post("/login", data=fields, headers=headers).status_code


def test_visitors_behind_trusted_proxies_are_told_apart(
    behind: Callable[[int], Flask], ama: Member
) -> None:
    trusting = behind(2)
    for number in range(20):
        wrong = {"email": f"user{number}@example.com", "password": "wrong"}
        made_up = f"10.0.0.{number}, 198.51.100.7, 10.1.1.1"
        assert from_behind(trusting.test_client(), made_up, **wrong) == 400
    assert from_behind(trusting.test_client(), "198.51.100.7, 10.1.1.1", **AMA) == 400
    assert from_behind(trusting.test_client(), "203.0.113.9, 10.1.1.1", **AMA) == 302


def test_nobody_is_believed_who_only_says_to_be_a_proxy(app: Flask, ama: Member) -> None:
    for number in range(20):
        wrong = {"email": f"user{number}@example.com", "password": "wrong"}
        assert from_behind(app.test_client(), f"10.0.0.{number}", **wrong) == 400
    assert from_behind(app.test_client(), "203.0.113.9", **AMA) == 400


@pytest.mark.parametrize("proxies", [0, 1, 2])
def test_a_trusted_proxy_is_believed_about_tls(
    behind: Callable[[int], Flask], proxies: int
) -> None:
    client = behind(proxies).test_client()
    answer = client.get("/login", headers={"X-Forwarded-Proto": "https"})
    assert ("Strict-Transport-Security" in answer.headers) is (proxies > 0)


def test_forms_are_taken_behind_a_proxy_that_speaks_tls(
    behind: Callable[[int], Flask], ama: Member
) -> None:
    client = behind(1).test_client()
    told = {"X-Forwarded-Proto": "https", "Host": "sms.example.com"}
    page = client.get("/login", headers=told).text
    fields = AMA | {"csrf_token": re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]}
    for site, status in (("https://evil.example", 400), ("https://sms.example.com", 302)):
        headers = told | {"Referer": f"{site}/login"}
        assert client.post("/login", data=fields, headers=headers).status_code == status


def test_who_is_in_is_sent_home_by_the_ways_in(client: FlaskClient, ama: Member) -> None:
    sign_in(client, "ama@example.com")
    for path in ("/signup", "/login"):
        answer = client.get(path)
        assert (answer.status_code, answer.location) == (302, "/")


def test_forms_keep_what_was_typed_but_never_a_password(client: FlaskClient) -> None:
    typed = {
        "name": "Ama's Shop",
        "phone": "12",
        "email": "x@example.com",
        "password": "tin roof x",
    }
    page = fill(client, "/signup", **typed).text
    assert 'value="Ama&#39;s Shop"' in page
    assert 'value="12"' in page
    assert "tin roof x" not in page
    page = fill(client, "/login", email="x@example.com", password="tin roof x").text
    assert 'value="x@example.com"' in page
    assert "tin roof x" not in page


@pytest.mark.parametrize(
    "odd", ["\0", "\U0001f600" * 100, "x" * 10_000, "<script>alert(1)</script>"]
)
def test_odd_entries_are_refused_in_words(client: FlaskClient, odd: str) -> None:
    for path, fields in {
        "/signup": {"name": odd, "phone": odd, "email": odd, "password": odd},
        "/login": {"email": odd, "password": odd, "next": odd},
        "/signup ": {},
        "/login ": {},
    }.items():
        answer = fill(client, path.strip(), **fields)
        assert answer.status_code == 400
        assert fault(answer.text)
        assert "<script>alert" not in answer.text
