"""Settings: profile, account, password, sessions."""

import re

import pytest
from flask.testing import FlaskClient

from flashsms.extensions import db
from flashsms.models import Account, Role, User
from tests.factories import Member
from tests.web.browsing import fill, sign_in

SCRIPT = '<script>alert("x")</script>'
PASSWORD = "correct horse"
NEW = "tin roof rain"


@pytest.fixture(autouse=True)
def _signed_in(client: FlaskClient, ama: Member) -> None:
    sign_in(client, "ama@example.com")


@pytest.fixture
def elsewhere(client: FlaskClient, ama: Member) -> FlaskClient:
    """Ama's browser at another place."""
    other = client.application.test_client()
    sign_in(other, "ama@example.com")
    return other


def user_of(member: Member) -> User:
    db.session.commit()  # a look at the database as it is now
    query = db.session.query(User).filter_by(account_id=member.account.id)
    return query.populate_existing().one()


def fault(page: str, field: str) -> str:
    found = re.search(rf'id="{field}-(?:hint|fault)">([^<]+)', page)
    assert found, page
    return found[1]


def test_a_name_is_saved_and_shown_as_text(client: FlaskClient, ama: Member) -> None:
    assert fill(client, "/settings", name=SCRIPT).location == "/settings"
    page = client.get("/settings").text
    assert "Your profile was saved." in page
    assert SCRIPT not in page
    assert "&lt;script&gt;" in page
    assert user_of(ama).name == SCRIPT
    fill(client, "/settings", name=" ")
    assert user_of(ama).name is None


@pytest.mark.parametrize("odd", ["a\0b", "x" * 10_000, "two\nlines"])
def test_odd_names_are_refused_at_their_field(client: FlaskClient, odd: str) -> None:
    for path in ("/settings", "/settings/account"):
        answer = fill(client, path, name=odd, phone="0201234567", timezone="Africa/Accra")
        assert answer.status_code == 400
        assert "name" in fault(answer.text, "name")


def test_the_account_is_changed_and_its_clock_with_it(client: FlaskClient, ama: Member) -> None:
    page = client.get("/settings/account").text
    assert re.search(r'<select[^>]*>\s*<option selected value="Africa/Accra"', page)
    fields = {"name": f"Ama & {SCRIPT}", "phone": "0241112223", "timezone": "Asia/Tokyo"}
    assert fill(client, "/settings/account", **fields).location == "/settings/account"
    page = client.get("/settings/account").text
    assert SCRIPT not in page
    assert '<option selected value="Asia/Tokyo"' in page
    db.session.commit()
    account = db.session.get(Account, ama.account.id, populate_existing=True)
    assert (account.name, account.phone) == (f"Ama & {SCRIPT}", "0241112223")


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("phone", "12"),
        ("phone", "\0"),
        ("timezone", "Moon/Base"),
        ("timezone", "../x"),
        ("name", ""),
    ],
)
def test_what_is_wrong_with_an_account_is_said_at_its_field(
    client: FlaskClient, ama: Member, field: str, wrong: str
) -> None:
    fields = {"name": "Ama", "phone": "0241112223", "timezone": "Africa/Accra"} | {field: wrong}
    answer = fill(client, "/settings/account", **fields)
    assert answer.status_code == 400
    assert fault(answer.text, field)
    if field != "name":
        assert 'value="Ama"' in answer.text


def test_another_password_ends_the_other_sessions(
    client: FlaskClient, ama: Member, elsewhere: FlaskClient
) -> None:
    answer = fill(client, "/settings/security", current=PASSWORD, password=NEW)
    assert answer.location == "/settings/security"
    assert "signed out everywhere else" in client.get(answer.location).text
    assert elsewhere.get("/settings").status_code == 302
    again = fill(elsewhere, "/login", email="ama@example.com", password=NEW)
    assert again.location == "/"


def test_the_present_password_is_asked_for(client: FlaskClient, elsewhere: FlaskClient) -> None:
    wrong = fill(client, "/settings/security", current="not it at all", password=NEW)
    assert wrong.status_code == 400
    assert "present password is not right" in fault(wrong.text, "current")
    assert NEW not in wrong.text
    weak = fill(client, "/settings/security", current=PASSWORD, password="password")
    assert "guessed first" in fault(weak.text, "password")
    for empty in ({}, {"current": PASSWORD}, {"password": NEW}):
        assert fill(client, "/settings/security", **empty).status_code == 400
    assert elsewhere.get("/settings").status_code == 200


def test_signing_out_everywhere_spares_this_browser(
    client: FlaskClient, elsewhere: FlaskClient
) -> None:
    answer = fill(client, "/settings/security", to="/settings/security/sign-out-everywhere")
    assert answer.location == "/settings/security"
    assert client.get("/settings").status_code == 200
    assert elsewhere.get("/settings").status_code == 302


def test_the_last_owner_cannot_leave(client: FlaskClient, ama: Member) -> None:
    answer = fill(client, "/settings", to="/settings/leave")
    assert "An account needs an owner" in client.get(answer.location).text
    assert user_of(ama).role is Role.OWNER


def test_a_member_sees_neither_the_account_nor_its_members_nor_its_keys(
    client: FlaskClient, ama: Member
) -> None:
    user_of(ama).role = Role.MEMBER
    db.session.commit()
    for path in ("/settings/account", "/settings/members", "/api-keys", "/api-keys/new"):
        assert client.get(path).status_code == 403
        assert f'href="{path}"' not in client.get("/settings").text
    assert client.get("/settings/security").status_code == 200


def test_a_member_leaves_and_is_out(client: FlaskClient, ama: Member) -> None:
    user_of(ama).role = Role.MEMBER
    db.session.commit()
    answer = fill(client, "/settings", to="/settings/leave")
    assert answer.location == "/login"
    assert "You left the account" in client.get("/login").text
    assert client.get("/settings").status_code == 302
    refused = fill(client, "/login", email="ama@example.com", password=PASSWORD)
    assert refused.status_code == 400
