"""Passwords of people who are not in: how strong, and what if one was forgotten."""

import re
from collections.abc import Callable

import pyotp
import pytest
from flask.testing import FlaskClient

from flashsms.extensions import db
from flashsms.models import User
from flashsms.services import people
from tests.factories import Member
from tests.web.browsing import fill, sign_in, token

NEW = "tin roof rain"


@pytest.fixture
def link(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """Return the path of the link that was mailed, or rather logged, last."""
    return lambda: re.findall(rf"{people.RESET_PATH}\S+", caplog.text)[-1]


def owner_of(member: Member) -> User:
    return db.session.query(User).filter_by(account_id=member.account.id).one()


def strength(client: FlaskClient, **fields: str) -> str:
    sent = fields | {"csrf_token": token(client, "/signup")}
    return client.post("/password-strength", data=sent, headers={"HX-Request": "true"}).text.strip()


def test_strength_is_a_part_of_the_page_that_asks_for_it(client: FlaskClient) -> None:
    assert 'id="strength"' in client.get("/signup").text
    weak = strength(client, password="yaw and ama")
    strong = strength(client, password="Yaw and Ama like 3 mangoes")
    assert weak.startswith('<div class="form-hint" id="strength">')
    assert "<html" not in weak
    assert "Strong." in strong
    assert "Strong." not in weak
    assert "w-100" in strong


def test_strength_says_what_would_be_refused(client: FlaskClient) -> None:
    assert "8 characters or more" in strength(client, password="")
    assert "guessed first" in strength(client, password="password1")
    assert "not be your e-mail" in strength(client, password="amaserwaa", email="amaserwaa@x.com")
    for odd in ("\0" * 9, "x" * 10_000, "<script>alert(1)</script>"):
        assert "<script>" not in strength(client, password=odd)


def test_the_answer_is_the_same_whoever_asks_for_a_link(
    client: FlaskClient, ama: Member, caplog: pytest.LogCaptureFixture
) -> None:
    pages = []
    for email in ("ama@example.com", "nobody@example.com", "\0", "x" * 10_000, "\U0001f600"):
        answer = fill(client, "/forgot-password", email=email)
        assert (answer.status_code, answer.location) == (302, "/login")
        pages.append(
            re.sub(r'value="[^"]{40,}"|content="[^"]{40,}"', "", client.get("/login").text)
        )
    assert "a link is on its way" in pages[0]
    assert len(set(pages)) == 1
    assert caplog.text.count(people.RESET_PATH) == 1
    assert fill(client, "/forgot-password", email="").status_code == 400


def test_a_forgotten_password_is_replaced_and_old_sessions_end(
    client: FlaskClient, ama: Member, link: Callable[[], str]
) -> None:
    elsewhere = client.application.test_client()
    sign_in(elsewhere, "ama@example.com")
    fill(client, "/forgot-password", email="ama@example.com")
    address = link()
    asked = client.get(address)
    assert "ama@example.com" in asked.text
    assert asked.headers["Cache-Control"] == "no-store"
    weak = fill(client, address, password="password")
    assert weak.status_code == 400
    assert "guessed first" in weak.text
    done = fill(client, address, password=NEW)
    assert done.location == "/"
    assert "new password is set" in client.get("/").text
    assert client.get("/settings").status_code == 200
    assert elsewhere.get("/settings").status_code == 302
    again = client.get(address)
    assert again.location == "/forgot-password"
    assert "too old or was used already" in client.get(again.location).text


def test_a_link_does_not_replace_the_second_factor(
    client: FlaskClient, ama: Member, link: Callable[[], str]
) -> None:
    user = owner_of(ama)
    codes = people.confirm(user, pyotp.TOTP(people.begin(user).secret).now())
    fill(client, "/forgot-password", email="ama@example.com")
    done = fill(client, link(), password=NEW)
    assert done.location == "/login/code"
    assert client.get("/settings").status_code == 302
    assert fill(client, "/login/code", code=codes[0]).location == "/"
    assert client.get("/settings").status_code == 200


def test_a_link_for_somebody_else_says_who_is_signed_in(
    client: FlaskClient, ama: Member, kofi: Member, link: Callable[[], str]
) -> None:
    people.ask_reset("ama@example.com", "197.251.1.2")
    address = link()
    sign_in(client, "kofi@example.com")
    assert "signed in here as kofi@example.com" in client.get(address).text
    fill(client, address, password=NEW)
    assert "ama@example.com" in client.get("/settings").text


@pytest.mark.parametrize("wrong", ["x", "%00", "a.b.c", "x" * 5000])
def test_made_up_links_lead_to_asking_for_a_real_one(client: FlaskClient, wrong: str) -> None:
    assert client.get(f"/reset-password/{wrong}").location == "/forgot-password"
