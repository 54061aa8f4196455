"""Getting in: the code after the password, and what the pages say on the way."""

import re

import pyotp
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

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


@pytest.mark.parametrize("code", ["", "\0", "\U0001f511" * 6, "0" * 10_000])
def test_odd_codes_are_refused_in_words(client: FlaskClient, totp: pyotp.TOTP, code: str) -> None:
    fill(client, "/login", **AMA)
    answer = fill(client, "/login/code", code=code)
    assert answer.status_code == 400
    assert "code" in fault(answer.text)


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
