"""API keys in a browser."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flashsms.extensions import db
from flashsms.models import ApiKey, Scope, now
from flashsms.services import keys, people
from tests.factories import Member
from tests.web.browsing import fill, sign_in, token

SCRIPT = "<script>alert(1)</script>"
NEW = "/api-keys/new"
SEND = {"name": "Till", "scopes": "sms:send", "expires": ""}


@pytest.fixture(autouse=True)
def _signed_in(client: FlaskClient, ama: Member) -> None:
    sign_in(client, "ama@example.com")


def create(client: FlaskClient, **fields: str) -> TestResponse:
    attempt = re.search(r'name="attempt"[^>]*value="([^"]+)"', client.get(NEW).text)
    assert attempt
    return fill(client, NEW, **({"attempt": attempt[1]} | SEND | fields))


def secret_on(page: str) -> str:
    found = re.search(r'id="secret" value="(bms_live_\w{32})"', page)
    assert found, page
    return found[1]


def newest(member: Member) -> ApiKey:
    db.session.commit()
    return keys.newest(member.account.id, 1)[0]


def test_a_key_is_shown_once_with_a_command_that_uses_it(client: FlaskClient, ama: Member) -> None:
    answer = create(client)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    secret = secret_on(answer.text)
    command = html.unescape(answer.text)
    assert f"curl '{client.application.config['PUBLIC_URL']}/api/v1/sms/send'" in command
    assert f"-H 'Authorization: Bearer {secret}'" in command
    page = client.get("/api-keys").text
    assert secret not in page
    assert newest(ama).hint in page
    assert keys.recognise(secret).scopes == {"sms:send"}


@pytest.mark.parametrize("scope", Scope)
def test_the_command_works_with_the_scope_of_the_key(client: FlaskClient, scope: Scope) -> None:
    page = html.unescape(create(client, scopes=scope.value).text)
    [path] = re.findall(r"curl '[^']*(/api/v1/[^']*)'", page)
    body = re.search(r"-d '([^']*)'", page)
    answer = client.open(
        path,
        method="POST" if body else "GET",
        data=body[1] if body else None,
        content_type="application/json" if body else None,
        headers={"Authorization": f"Bearer {secret_on(page)}"},
    )
    assert answer.status_code == 200, answer.text


def test_a_test_key_says_so_wherever_it_is_shown(client: FlaskClient, ama: Member) -> None:
    page = html.unescape(create(client, kind="test").text)
    assert "nothing is sent, nothing is charged" in page
    assert re.search(r'id="secret" value="bms_test_\w{32}"', page)
    assert '"message": "Hello!"}' in page, "a dry run is not needed: it costs nothing anyway"
    assert newest(ama).is_test
    badge = ">Test</span>"
    assert client.get("/api-keys").text.count(badge) == 1
    assert badge not in create(client, kind="live").text
    assert not newest(ama).is_test
    assert create(client, kind="both").status_code == 400


def test_a_reload_neither_shows_the_secret_again_nor_makes_another_key(
    client: FlaskClient, ama: Member
) -> None:
    sent = SEND | {"attempt": "one form", "csrf_token": token(client, NEW)}
    secret = secret_on(client.post(NEW, data=sent).text)
    made = newest(ama).id
    again = client.post(NEW, data=sent)
    assert again.location == "/api-keys"
    page = client.get(again.location).text
    assert "made already" in page
    assert secret not in page
    assert newest(ama).id == made


def test_every_scope_is_chosen_at_first_and_one_is_needed(client: FlaskClient) -> None:
    page = client.get(NEW).text
    assert len(re.findall(r'name="scopes" value="[\w:]+" checked', page)) == len(Scope)
    refused = create(client, scopes="")
    assert refused.status_code == 400
    sent = {"name": "Till", "expires": "", "csrf_token": token(client, NEW)}
    none = client.post(NEW, data=sent)
    assert none.status_code == 400
    assert "at least one thing" in none.text
    assert 'value="Till"' in none.text
    assert 'name="scopes" value="sms:send" checked' not in none.text


@pytest.mark.parametrize("days", [30, 90, 365])
def test_a_key_ends_after_some_days(client: FlaskClient, ama: Member, days: int) -> None:
    create(client, expires=str(days))
    ends = newest(ama).expires_at
    assert abs(ends - now() - timedelta(days=days)) < timedelta(minutes=1)


def test_a_key_works_to_the_end_of_a_day_of_the_account(client: FlaskClient, ama: Member) -> None:
    people.edit_account(ama.account.id, timezone="America/New_York")
    last = (now() + timedelta(days=40)).date()
    create(client, expires="date", last_day=last.isoformat())
    ends = newest(ama).expires_at
    midnight = datetime.combine(last + timedelta(days=1), datetime.min.time(), UTC)
    assert timedelta(hours=3, minutes=59) < ends - midnight < timedelta(hours=5)
    assert f"{last.day} {last:%b %Y}" in client.get("/api-keys").text


@pytest.mark.parametrize(
    "last_day", ["", "soon", "2020-01-01", "9999-12-31", "0001-01-01", "\0", "2999-01-01"]
)
def test_a_date_that_cannot_be_meant_is_refused(client: FlaskClient, last_day: str) -> None:
    answer = create(client, expires="date", last_day=last_day)
    assert answer.status_code == 400
    assert re.search(r'id="(last_day|expires)-hint">[^<]*(last day|expiry)', answer.text)


def test_a_date_counts_only_when_it_was_chosen(client: FlaskClient, ama: Member) -> None:
    assert create(client, expires="", last_day="soon").status_code == 200
    assert newest(ama).expires_at is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "a\0b"},
        {"name": "x" * 10_000},
        {"scopes": "sms:fly"},
        {"scopes": "\0"},
        {"expires": "soon"},
        {"attempt": "\0"},
        {"attempt": "x" * 10_000},
    ],
)
def test_odd_entries_are_refused_in_words(
    client: FlaskClient, ama: Member, wrong: dict[str, str]
) -> None:
    answer = create(client, **wrong)
    assert answer.status_code == 400
    assert 'class="invalid-feedback' in answer.text
    assert newest(ama).name == "tests"


def test_a_key_is_revoked(client: FlaskClient, ama: Member) -> None:
    secret = secret_on(create(client, name="Old till").text)
    path = f"/api-keys/{newest(ama).public_id}/revoke"
    assert fill(client, "/api-keys", to=path).location == "/api-keys"
    page = client.get("/api-keys").text
    assert ">revoked</span>" in page
    assert f'action="{path}"' not in page
    db.session.rollback()  # which also forgets the key as it was read before
    assert keys.recognise(secret) is None
    assert fill(client, "/api-keys", to=path).status_code == 404


def test_states_and_uses_are_shown(client: FlaskClient, ama: Member) -> None:
    assert ">works</span>" in client.get("/api-keys").text
    ama.api_key.expires_at = now() - timedelta(days=1)
    ama.api_key.last_used_at = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    db.session.commit()
    page = client.get("/api-keys").text
    assert ">expired</span>" in page
    assert "2 Jan 2026, 03:04" in page


def test_many_keys_are_paged(client: FlaskClient, ama: Member) -> None:
    for number in range(60):
        keys.create(ama.account.id, f"key {number}")
    first = client.get("/api-keys").text
    assert first.count('<tr id="key-') == 50
    [older] = re.findall(r'rel="next" href="([^"]+)"', first)
    second = client.get(older).text
    assert second.count('<tr id="key-') == 11
    assert 'rel="next"' not in second


def test_no_key_at_all_says_what_one_is_for(client: FlaskClient, ama: Member) -> None:
    db.session.delete(ama.api_key)
    db.session.commit()
    assert "You have no API key yet" in client.get("/api-keys").text


def test_names_are_shown_as_text(client: FlaskClient) -> None:
    for page in (create(client, name=SCRIPT).text, client.get("/api-keys").text):
        assert SCRIPT not in page
        assert "&lt;script&gt;" in page


def test_another_accounts_keys_are_unknown(client: FlaskClient, kofi: Member) -> None:
    theirs = kofi.api_key.public_id
    assert theirs not in client.get("/api-keys").text
    for unknown in (theirs, "key_none", "%00", "x" * 3000):
        assert fill(client, NEW, to=f"/api-keys/{unknown}/revoke").status_code == 404
        assert client.get(f"/api-keys?before={unknown}").status_code == 404
    assert keys.recognise(kofi.key) is not None
