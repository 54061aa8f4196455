"""Groups of contacts in a browser."""

import re

import pytest
from flask.testing import FlaskClient

from flashsms.extensions import db
from flashsms.services import contacts
from flashsms.services.contacts import Draft
from tests.factories import Member
from tests.web.browsing import fill, sign_in, token

SCRIPT = '<script>alert("x")</script>'


@pytest.fixture(autouse=True)
def _signed_in(client: FlaskClient, ama: Member) -> None:
    sign_in(client, "ama@example.com")


def groups(member: Member) -> list[tuple[str, int]]:
    """The groups as the database has them now, with how many contacts they have."""
    db.session.commit()
    db.session.expire_all()
    return [(group.name, count) for group, count in contacts.groups.counted(member.account.id)]


def test_the_groups_stand_at_the_side_with_their_numbers(client: FlaskClient, ama: Member) -> None:
    group = contacts.groups.create(ama.account.id, "VIP")
    contacts.add(ama.account.id, [Draft("233201234567")], group.id)
    contacts.add(ama.account.id, [Draft("233241234567")])
    page = client.get("/contacts").text
    assert re.search(r"Everybody<span[^>]*>2</span>", page)
    assert re.search(r"VIP</span><span[^>]*>1</span>", page)


def test_an_empty_group_says_what_to_do(client: FlaskClient, ama: Member) -> None:
    group = contacts.groups.create(ama.account.id, "VIP")
    page = client.get(f"/contacts?group={group.public_id}").text
    assert "Nobody is in this group yet" in page
    assert f"/contacts/import?group={group.public_id}" in page


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Enter a name for the group."),
        ("  ", "Enter a name for the group."),
        ("n" * 10_000, "Name has 10,000 characters"),
        ("a\0b", "Name must be one line"),
        ("Vip", "Name: there is a group"),
    ],
)
def test_a_wrong_name_is_said_at_its_field(
    client: FlaskClient, ama: Member, name: str, sentence: str
) -> None:
    contacts.groups.create(ama.account.id, "VIP")
    other = contacts.groups.create(ama.account.id, "Other")
    for path in ("/contacts/groups", f"/contacts/groups/{other.public_id}/edit"):
        answer = fill(client, "/contacts", to=path, name=name)
        assert answer.status_code == 400
        assert re.search(rf'id="name-hint">{sentence}', answer.text)
    assert groups(ama) == [("Other", 0), ("VIP", 0)]


def test_a_group_is_renamed(client: FlaskClient, ama: Member) -> None:
    group = contacts.groups.create(ama.account.id, "VIP")
    path = f"/contacts/groups/{group.public_id}/edit"
    assert 'value="VIP"' in client.get(path).text
    answer = fill(client, path, name="Regulars 😀")
    assert answer.location == f"/contacts?group={group.public_id}"
    assert groups(ama) == [("Regulars 😀", 0)]


def test_deleting_a_group_asks_first_and_leaves_its_contacts(
    client: FlaskClient, ama: Member
) -> None:
    group = contacts.groups.create(ama.account.id, "VIP")
    contacts.add(ama.account.id, [Draft("233201234567")], group.id)
    path = f"/contacts/groups/{group.public_id}/delete"
    asked = fill(client, "/contacts", to=path)
    assert "Its contacts stay in your address book." in asked.text
    assert groups(ama) == [("VIP", 1)]
    assert fill(client, "/contacts", to=path, sure="yes").location == "/contacts"
    assert groups(ama) == []
    assert contacts.page(ama.account.id, 1, 10).total == 1


def test_script_in_a_name_is_text(client: FlaskClient, ama: Member) -> None:
    group = contacts.groups.create(ama.account.id, SCRIPT)
    path = f"/contacts/groups/{group.public_id}"
    pages = [
        client.get(f"/contacts?group={group.public_id}"),
        client.get(f"{path}/edit"),
        fill(client, "/contacts", to=f"{path}/delete"),
        client.get("/contacts/import"),
    ]
    assert not any(SCRIPT in page.text for page in pages)


def test_another_accounts_groups_are_unknown(
    client: FlaskClient, ama: Member, kofi: Member
) -> None:
    theirs = contacts.groups.create(kofi.account.id, "Secret").public_id
    sent = {"csrf_token": token(client, "/contacts"), "name": "Mine", "sure": "yes"}
    for one in (theirs, "nothing", "%00"):
        path = f"/contacts/groups/{one}"
        assert client.get(f"{path}/edit").status_code == 404
        assert client.post(f"{path}/edit", data=sent).status_code == 404
        assert client.post(f"{path}/delete", data=sent).status_code == 404
        assert client.post(f"{path}/delete", data=sent | {"sure": "ask"}).status_code == 404
    assert groups(kofi) == [("Secret", 0)]
