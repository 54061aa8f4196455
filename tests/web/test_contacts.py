"""The address book in a browser."""

import re

import pytest
from flask.testing import FlaskClient

from flashsms.extensions import db
from flashsms.models import OptSource
from flashsms.services import contacts, opt_outs
from flashsms.services.contacts import Draft
from tests.factories import Member, phones
from tests.web.browsing import fill, sign_in

SCRIPT = '<script>alert("x")</script>'


@pytest.fixture(autouse=True)
def _signed_in(client: FlaskClient, ama: Member) -> None:
    sign_in(client, "ama@example.com")


def names(page: str) -> list[str]:
    return re.findall(r'<td class="text-break">([^<]+)</td>\s*<td class="text-nowrap">', page)


def test_an_empty_book_says_what_to_do(client: FlaskClient) -> None:
    assert "There is nobody here yet" in client.get("/contacts").text


def test_contacts_are_listed_searched_and_paged(client: FlaskClient, ama: Member) -> None:
    people = [Draft(phone, f"Person{at}") for at, phone in enumerate(phones(60))]
    contacts.add(ama.account.id, people)
    assert names(client.get("/contacts").text)[0] == "Person59"
    second = client.get("/contacts?page=2").text
    assert len(names(second)) == 10
    assert 'rel="prev" href="/contacts"' in second
    assert names(client.get("/contacts?q=person1").text)[-1] == "Person1"
    assert "Nobody was found" in client.get("/contacts?q=nobody").text


def test_htmx_gets_the_table_alone(client: FlaskClient, ama: Member) -> None:
    contacts.add(ama.account.id, [Draft("233201234567", "Ama")])
    part = client.get("/contacts?q=am", headers={"HX-Request": "true"}).text.strip()
    assert part.startswith('<div id="contacts-table">')
    assert "<html" not in part


def test_a_contact_is_added_into_a_group_and_deleted(client: FlaskClient, ama: Member) -> None:
    made = fill(client, "/contacts", to="/contacts/groups", name="VIP")
    assert made.status_code == 302
    [group] = contacts.groups.every(ama.account.id)
    fields = {"phone": "0201234567", "first_name": "Esi", "group": group.public_id}
    answer = fill(client, "/contacts", **fields)
    assert answer.location == f"/contacts?group={group.public_id}"
    page = client.get(answer.location).text
    assert names(page) == ["Esi"]
    db.session.commit()  # a look at the database as it is now
    [contact] = contacts.page(ama.account.id, 1, 10).items
    fill(client, "/contacts", to=f"/contacts/{contact.public_id}/delete")
    db.session.commit()
    assert contacts.page(ama.account.id, 1, 10).total == 0


def test_a_wrong_number_is_said_at_its_field(client: FlaskClient) -> None:
    answer = fill(client, "/contacts", phone="12", first_name="Esi")
    assert answer.status_code == 400
    assert re.search(r'id="phone-hint">[^<]*cannot be sent to', answer.text)
    assert 'value="Esi"' in answer.text


def test_who_opted_out_is_marked(client: FlaskClient, ama: Member) -> None:
    contacts.add(ama.account.id, [Draft("233201234567", "Ama")])
    opt_outs.opt_out(ama.account.id, "233201234567", OptSource.REPLY)
    assert "opted out</span>" in client.get("/contacts").text


def test_script_in_any_field_is_text(client: FlaskClient, ama: Member) -> None:
    group = contacts.groups.create(ama.account.id, SCRIPT)
    contacts.add(ama.account.id, [Draft("233201234567", SCRIPT, SCRIPT, "<b>@x.yz")], group.id)
    for path in ("/contacts", f"/contacts?group={group.public_id}", f"/contacts?q={SCRIPT}"):
        page = client.get(path).text
        assert SCRIPT not in page
        assert "<b>@x.yz" not in page
        assert "&lt;script&gt;" in page


def test_another_accounts_contacts_and_groups_are_unknown(
    client: FlaskClient, kofi: Member
) -> None:
    theirs = contacts.groups.create(kofi.account.id, "Theirs")
    contacts.add(kofi.account.id, [Draft("233201234567", "Secret")], theirs.id)
    [contact] = contacts.page(kofi.account.id, 1, 10).items
    assert "Secret" not in client.get("/contacts").text
    assert client.get(f"/contacts?group={theirs.public_id}").status_code == 404
    away = fill(client, "/contacts", to=f"/contacts/{contact.public_id}/delete")
    assert away.status_code == 404
    assert contacts.page(kofi.account.id, 1, 10).total == 1


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=x", "page=99999999999", "q=%00", "q=%"]
)
def test_odd_addresses_are_answered(client: FlaskClient, query: str) -> None:
    assert client.get(f"/contacts?{query}").status_code == 200
