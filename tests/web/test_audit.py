"""What an account's owners see of the audit log."""

from flask.testing import FlaskClient

from flashsms.extensions import db
from flashsms.models import Role, User
from flashsms.services import keys
from tests.factories import Member
from tests.web.browsing import fill, sign_in


def test_an_owner_sees_who_did_what(client: FlaskClient, ama: Member, kofi: Member) -> None:
    keys.create(kofi.account.id, "Kofi's secret key")
    sign_in(client, "ama@example.com")
    answer = fill(client, "/settings/security", current="wrong", password="a fine long password")
    assert answer.status_code == 400
    page = client.get("/settings/activity").text
    assert "Signed in" in page
    assert "127.0.0.1" in page
    assert "ama@example.com" in page
    assert "secret key" not in page
    assert "Password changed" not in page


def test_what_is_done_in_the_browser_is_the_visitors_doing(
    client: FlaskClient, ama: Member
) -> None:
    sign_in(client, "ama@example.com")
    made = {"name": "<b>Website</b>", "scopes": "sms:send", "expires": "never"}
    page = fill(client, "/api-keys/new", **made)
    assert page.status_code in (200, 400), page.text
    listed = client.get("/settings/activity").text
    assert "<b>Website</b>" not in listed


def test_pages_go_back(client: FlaskClient, ama: Member) -> None:
    for number in range(30):
        keys.create(ama.account.id, f"Key {number}")
    sign_in(client, "ama@example.com")
    first = client.get("/settings/activity").text
    assert "Key 29" in first
    assert "Key 1<" not in first
    assert 'rel="next"' in first
    assert client.get("/settings/activity?before=aud_nothing").status_code == 404


def test_a_member_does_not_see_it(client: FlaskClient, ama: Member) -> None:
    user = db.session.query(User).filter_by(account_id=ama.account.id).one()
    user.role = Role.MEMBER
    db.session.commit()
    sign_in(client, "ama@example.com")
    assert client.get("/settings/activity").status_code == 403
    assert "/settings/activity" not in client.get("/settings").text
