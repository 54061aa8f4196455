"""Setting up an authenticator app in a browser."""

import html
import re

import pyotp
import pytest
from flask.testing import FlaskClient

from tests.factories import Member
from tests.web.browsing import fill, sign_in, token

SETUP = "/settings/two-factor"


@pytest.fixture(autouse=True)
def _signed_in(client: FlaskClient, ama: Member) -> None:
    sign_in(client, "ama@example.com")


def begin(client: FlaskClient) -> pyotp.TOTP:
    answer = fill(client, "/settings/security", to=f"{SETUP}/begin")
    assert answer.location == SETUP
    return pyotp.TOTP(secret_on(client.get(SETUP).text))


def secret_on(page: str) -> str:
    found = re.search(r'id="secret" value="([A-Z2-7]{32})"', page)
    assert found, page
    return found[1]


def switch_on(client: FlaskClient) -> list[str]:
    totp = begin(client)
    answer = fill(client, SETUP, code=totp.now())
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    found = re.search(r"<textarea[^>]*>([^<]+)</textarea>", answer.text)
    assert found, answer.text
    return html.unescape(found[1]).split()


def test_the_secret_is_shown_as_a_picture_without_styles(client: FlaskClient) -> None:
    begin(client)
    page = client.get(SETUP).text
    assert "<svg" in page
    assert "style=" not in page
    assert 'href="otpauth://totp/FlashSMS' in page


def test_a_wrong_code_leaves_the_same_secret_to_try_again(client: FlaskClient) -> None:
    totp = begin(client)
    for wrong in ("000000", "", "\0", "x" * 10_000):
        answer = fill(client, SETUP, code=wrong)
        assert answer.status_code == 400
        assert secret_on(answer.text) == totp.secret
        assert re.search(r'id="code-hint">[^<]*(code|digits)', answer.text)
    assert fill(client, SETUP, code=totp.now()).status_code == 200


def test_recovery_codes_are_shown_once(client: FlaskClient) -> None:
    codes = switch_on(client)
    assert len(set(codes)) == 10
    sent = {"code": "000000", "csrf_token": token(client, "/settings/security")}
    again = client.post(SETUP, data=sent)
    assert again.location == "/settings/security"
    page = client.get(again.location).text
    assert "set up already" in page
    assert not any(code in page for code in codes)
    assert "10 recovery codes" in page
    assert client.get(SETUP).location == "/settings/security"


def test_a_recovery_code_lets_in_and_is_counted(client: FlaskClient) -> None:
    codes = switch_on(client)
    other = client.application.test_client()
    fill(other, "/login", email="ama@example.com", password="correct horse")
    assert fill(other, "/login/code", code=codes[0]).location == "/"
    assert "9 recovery codes" in other.get("/settings/security").text


def test_setting_it_up_ends_the_other_sessions_but_not_this_one(client: FlaskClient) -> None:
    other = client.application.test_client()
    sign_in(other, "ama@example.com")
    switch_on(client)
    assert other.get("/settings").location.startswith("/login")
    assert client.get("/settings").status_code == 200
    assert fill(client, "/settings", name="Ama Serwaa").location == "/settings"


def test_it_is_set_up_once(client: FlaskClient) -> None:
    switch_on(client)
    answer = fill(client, "/settings/security", to=f"{SETUP}/begin")
    assert answer.location == "/settings/security"
    assert "set up already" in client.get(answer.location).text


def test_switching_off_takes_the_password(client: FlaskClient) -> None:
    switch_on(client)
    off = f"{SETUP}/switch-off"
    for wrong in ("", "not the password", "\0"):
        answer = fill(client, "/settings/security", to=off, **{"off-current": wrong})
        assert answer.status_code == 400
        assert re.search(r'id="off-current-hint">[^<]*password', answer.text)
    answer = fill(client, "/settings/security", to=off, **{"off-current": "correct horse"})
    assert answer.location == "/settings/security"
    other = client.application.test_client()
    sign_in(other, "ama@example.com")


def test_nothing_begun_is_nothing_to_confirm(client: FlaskClient) -> None:
    sent = {"code": "000000", "csrf_token": token(client, "/settings/security")}
    assert client.post(SETUP, data=sent).location == "/settings/security"
