"""The address book in a browser."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy import select as sql_select
from werkzeug.test import TestResponse

from flashsms.extensions import db
from flashsms.models import OptSource, Role, User
from flashsms.services import contacts, opt_outs
from flashsms.services.contacts import Draft
from tests.factories import Member, phones
from tests.web.browsing import fill, sign_in, token

SCRIPT = '<script>alert("x")</script>'
HTMX = {"HX-Request": "true"}
AMA = Draft("233201234567", "Ama", "Mensah", "ama@example.com")


@pytest.fixture(autouse=True)
def _signed_in(client: FlaskClient, ama: Member) -> None:
    sign_in(client, "ama@example.com")


def names(page: str) -> list[str]:
    return re.findall(r'aria-label="Select ([^"+]+)"></td>', page)


def book(member: Member) -> list[tuple[str, str | None, str | None, str | None]]:
    """Everybody as the database has them now, the newest first."""
    db.session.commit()
    found = contacts.page(member.account.id, 1, 100).items
    return [(one.phone, one.first_name, one.last_name, one.email) for one in found]


def add(member: Member, *people: Draft, group_id: int | None = None) -> list[str]:
    """Add people and return their ids, the newest first."""
    contacts.add(member.account.id, people, group_id)
    return [one.public_id for one in contacts.page(member.account.id, 1, 100).items]


def statements(client: FlaskClient, path: str) -> int:
    """Count the SQL statements of a page."""
    heard: list[str] = []

    def hear(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        heard.append(statement)

    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        assert client.get(path).status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)
    return len(heard)


def select(client: FlaskClient, action: str, ids: list[str], **fields: str) -> TestResponse:
    """Tick contacts and press one of the buttons above them."""
    data = {"csrf_token": token(client, "/contacts"), "contact": ids, **fields}
    return client.post(f"/contacts/selected/{action}", data=data)


def test_an_empty_book_says_what_to_do(client: FlaskClient) -> None:
    assert "There is nobody here yet" in client.get("/contacts").text


def test_contacts_are_listed_searched_and_paged(client: FlaskClient, ama: Member) -> None:
    people = [Draft(phone, f"Person{at}") for at, phone in enumerate(phones(35))]
    contacts.add(ama.account.id, people)
    assert names(client.get("/contacts").text)[0] == "Person34"
    second = client.get("/contacts?page=2").text
    assert len(names(second)) == 10
    assert 'rel="prev" href="/contacts"' in second
    assert names(client.get("/contacts?q=person1").text)[-1] == "Person1"
    assert "Nobody was found" in client.get("/contacts?q=nobody").text


def test_htmx_gets_the_table_alone(client: FlaskClient, ama: Member) -> None:
    contacts.add(ama.account.id, [Draft("233201234567", "Ama")])
    part = client.get("/contacts?q=am", headers={"HX-Request": "true"}).text.strip()
    assert part.startswith('<div id="contacts-table"')
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
    away = f"/contacts/{contact.public_id}/delete"
    asked = fill(client, "/contacts", to=away)
    assert "Delete this contact?" in asked.text
    assert len(book(ama)) == 1
    fill(client, "/contacts", to=away, sure="yes")
    assert book(ama) == []


def test_a_wrong_number_is_said_at_its_field(client: FlaskClient) -> None:
    answer = fill(client, "/contacts", phone="12", first_name="Esi")
    assert answer.status_code == 400
    assert re.search(r'id="phone-hint">[^<]*cannot be sent to', answer.text)
    assert 'value="Esi"' in answer.text


def test_who_opted_out_is_marked(client: FlaskClient, ama: Member) -> None:
    contacts.add(ama.account.id, [Draft("233201234567", "Ama")])
    opt_outs.opt_out(ama.account.id, "233201234567", OptSource.REPLY)
    assert "opted out</span>" in client.get("/contacts").text


@pytest.mark.parametrize("field", ["phone", "first_name", "last_name", "email"])
@pytest.mark.parametrize("value", ["a\0b", "x" * 10_000, "a\nb"])
def test_odd_values_are_refused_at_their_field(
    client: FlaskClient, ama: Member, field: str, value: str
) -> None:
    answer = fill(client, "/contacts", **{"phone": "0201234567", field: value})
    assert answer.status_code == 400
    assert f'id="{field}-hint"' in answer.text
    assert book(ama) == []


def test_a_number_that_is_there_is_refused_in_plain_words(client: FlaskClient, ama: Member) -> None:
    add(ama, AMA)
    answer = fill(client, "/contacts", phone="0201234567")
    assert answer.status_code == 400
    assert "There is a contact with this number already" in answer.text


def test_the_forms_without_their_fields_are_shown_again(client: FlaskClient, ama: Member) -> None:
    assert fill(client, "/contacts").status_code == 400
    [contact] = add(ama, AMA)
    edited = fill(client, "/contacts", to=f"/contacts/{contact}/edit")
    assert edited.status_code == 302
    assert book(ama) == [("233201234567", "Ama", "Mensah", "ama@example.com")]


def test_a_row_turns_into_fields_and_back(client: FlaskClient, ama: Member) -> None:
    [contact] = add(ama, AMA)
    row = client.get(f"/contacts/{contact}/edit?q=am", headers=HTMX).text.strip()
    assert row.startswith(f'<tr id="contact-{contact}">')
    assert 'value="+233201234567"' in row
    assert f'action="/contacts/{contact}/edit?q=am"' in row
    back = client.get(f"/contacts/{contact}?q=am", headers=HTMX).text.strip()
    assert back.startswith(f'<tr id="contact-{contact}">')
    assert "+233201234567" in back
    assert '<input type="text"' not in back


def test_a_row_is_changed_in_its_place(client: FlaskClient, ama: Member) -> None:
    [contact] = add(ama, AMA)
    path = f"/contacts/{contact}/edit"
    data = {"csrf_token": token(client, "/contacts"), "phone": "0241234567", "first_name": "Esi"}
    wrong = client.post(path, data=data | {"email": "nobody"}, headers=HTMX)
    assert "is not an e-mail address" in wrong.text
    assert 'value="Esi"' in wrong.text
    data |= {"last_name": "", "email": "esi@example.com"}
    row = client.post(path, data=data, headers=HTMX)
    assert row.text.strip().startswith("<tr")
    assert "Esi" in row.text
    assert book(ama) == [("233241234567", "Esi", None, "esi@example.com")]


def test_without_script_a_contact_is_changed_on_a_page(client: FlaskClient, ama: Member) -> None:
    [contact] = add(ama, AMA)
    path = f"/contacts/{contact}/edit?q=am&page=2"
    assert client.get(f"/contacts/{contact}?q=am&page=2").location == path
    assert "<h1" in client.get(path).text
    assert fill(client, path, phone="12").status_code == 400
    answer = fill(client, path, phone="0201234567", first_name="Adwoa")
    assert answer.location == "/contacts?q=am&page=2"
    assert book(ama)[0][1] == "Adwoa"


def test_a_number_of_another_contact_is_refused(client: FlaskClient, ama: Member) -> None:
    add(ama, AMA)
    contact = add(ama, Draft("233241234567", "Esi"))[0]
    answer = fill(client, f"/contacts/{contact}/edit", phone="0201234567")
    assert answer.status_code == 400
    assert "There is a contact with this number already" in answer.text


def test_what_else_is_known_is_shown(client: FlaskClient, ama: Member) -> None:
    [contact] = add(ama, Draft("233201234567", fields={"town": "Kumasi"}))
    page = client.get(f"/contacts/{contact}/edit").text
    assert re.search("town</dt>.*Kumasi</dd>", page, re.DOTALL)


def test_a_contact_is_opted_out_and_back_in(client: FlaskClient, ama: Member) -> None:
    [contact] = add(ama, AMA)
    out = fill(client, "/contacts", to=f"/contacts/{contact}/opt-out?q=am")
    assert out.location == "/contacts?q=am"
    page = client.get("/contacts").text
    assert "+233201234567 gets no more messages." in page
    assert f"/contacts/{contact}/opt-in" in page
    fill(client, "/contacts", to=f"/contacts/{contact}/opt-in")
    assert opt_outs.among(ama.account.id, ["233201234567"]) == set()
    fill(client, "/contacts", to=f"/contacts/{contact}/opt-in")
    assert "was not opted out" in client.get("/contacts").text


def test_the_selected_join_and_leave_a_group(client: FlaskClient, ama: Member) -> None:
    group = contacts.groups.create(ama.account.id, "VIP")
    ids = add(ama, *(Draft(phone) for phone in phones(3)))
    select(client, "add", ids[:2], into=group.public_id)
    assert "2 contacts joined VIP." in client.get("/contacts").text
    db.session.commit()
    assert contacts.page(ama.account.id, 1, 10, group_id=group.id).total == 2
    here = f"remove?group={group.public_id}"
    answer = select(client, here, ids[:1])
    assert answer.location == f"/contacts?group={group.public_id}"
    assert "1 contact left VIP." in client.get(answer.location).text
    db.session.commit()
    assert contacts.page(ama.account.id, 1, 10, group_id=group.id).total == 1


def test_the_selected_are_opted_out(client: FlaskClient, ama: Member) -> None:
    ids = add(ama, *(Draft(phone) for phone in phones(3)))
    select(client, "opt-out", ids[:2])
    assert "2 contacts will get no more messages." in client.get("/contacts").text
    db.session.commit()
    assert len(opt_outs.among(ama.account.id, phones(3))) == 2


def test_the_selected_are_deleted_once_she_is_sure(client: FlaskClient, ama: Member) -> None:
    ids = add(ama, *(Draft(phone) for phone in phones(3)))
    asked = select(client, "delete?q=233", ids[:2])
    assert "Delete 2 contacts?" in asked.text
    assert [one for one in ids if f'value="{one}"' in asked.text] == ids[:2]
    assert 'href="/contacts?q=233"' in asked.text
    assert len(book(ama)) == 3
    select(client, "delete", ids[:2], sure="yes")
    assert "2 contacts were deleted." in client.get("/contacts").text
    assert len(book(ama)) == 1


@pytest.mark.parametrize("action", ["add", "remove", "opt-out", "delete"])
def test_without_a_selection_it_says_what_to_do(client: FlaskClient, action: str) -> None:
    assert select(client, action, []).location == "/contacts"
    assert "Select contacts first" in client.get("/contacts").text


@pytest.mark.parametrize("action", ["opt-out", "delete"])
def test_odd_and_foreign_selections_change_nothing(
    client: FlaskClient, ama: Member, kofi: Member, action: str
) -> None:
    theirs = add(kofi, Draft("233201234567"))
    answer = select(client, action, [*theirs, "\0", "nobody", "x" * 10_000], sure="yes")
    assert answer.status_code == 302
    assert "0 contacts" in client.get("/contacts").text
    assert len(book(kofi)) == 1
    assert opt_outs.among(kofi.account.id, ["233201234567"]) == set()


def test_groups_of_others_take_nobody(client: FlaskClient, ama: Member, kofi: Member) -> None:
    theirs = contacts.groups.create(kofi.account.id, "Theirs").public_id
    ids = add(ama, AMA)
    assert select(client, "add", ids, into=theirs).status_code == 404
    assert select(client, "add", ids).status_code == 404
    assert select(client, f"remove?group={theirs}", ids).status_code == 404


def test_the_book_or_a_group_of_it_is_exported(client: FlaskClient, ama: Member) -> None:
    group = contacts.groups.create(ama.account.id, "VIP")
    add(ama, AMA, group_id=group.id)
    add(ama, Draft("233241234567", "Esi"))
    whole = client.get("/contacts/export", buffered=True)
    assert whole.mimetype == "text/csv"
    assert whole.headers["Content-Disposition"] == 'attachment; filename="contacts.csv"'
    assert "Ama" in whole.text
    assert "Esi" in whole.text
    part = client.get(f"/contacts/export?group={group.public_id}", buffered=True).text
    assert "Ama" in part
    assert "Esi" not in part
    assert client.get("/contacts/export?group=nothing").status_code == 404


def test_a_member_may_keep_contacts(client: FlaskClient, ama: Member) -> None:
    user = db.session.scalar(sql_select(User).where(User.email == "ama@example.com"))
    assert user
    user.role = Role.MEMBER
    db.session.commit()
    assert fill(client, "/contacts", phone="0201234567").status_code == 302
    for path in ("/contacts/export", "/contacts/opt-outs", "/contacts/import", "/templates/new"):
        assert client.get(path, buffered=True).status_code == 200


def test_a_page_of_contacts_takes_as_many_statements_as_one_contact(
    client: FlaskClient, ama: Member
) -> None:
    group = contacts.groups.create(ama.account.id, "VIP")
    add(ama, Draft("233201234567"), group_id=group.id)
    few = statements(client, "/contacts")
    contacts.add(ama.account.id, [Draft(phone) for phone in phones(60)], group.id)
    for number in range(5):
        contacts.groups.create(ama.account.id, f"Group {number}")
    assert statements(client, "/contacts") == few


def test_script_in_any_field_is_text(client: FlaskClient, ama: Member) -> None:
    group = contacts.groups.create(ama.account.id, SCRIPT)
    contacts.add(ama.account.id, [Draft("233201234567", SCRIPT, SCRIPT, "<b>@x.yz")], group.id)
    for path in ("/contacts", f"/contacts?group={group.public_id}", f"/contacts?q={SCRIPT}"):
        page = client.get(path).text
        assert SCRIPT not in page
        assert "<b>@x.yz" not in page
        assert "&lt;script&gt;" in page
    [contact] = contacts.page(ama.account.id, 1, 10).items
    path = f"/contacts/{contact.public_id}"
    for page in (client.get(path, headers=HTMX), client.get(f"{path}/edit", headers=HTMX)):
        assert SCRIPT not in page.text
    assert SCRIPT not in client.get(f"{path}/edit").text


def test_another_accounts_contacts_and_groups_are_unknown(
    client: FlaskClient, kofi: Member
) -> None:
    theirs = contacts.groups.create(kofi.account.id, "Theirs")
    contacts.add(kofi.account.id, [Draft("233201234567", "Secret")], theirs.id)
    [contact] = contacts.page(kofi.account.id, 1, 10).items
    assert "Secret" not in client.get("/contacts").text
    assert client.get(f"/contacts?group={theirs.public_id}").status_code == 404
    for verb in ("delete", "edit", "opt-out", "opt-in"):
        for sure in ("ask", "yes"):
            path = f"/contacts/{contact.public_id}/{verb}"
            away = fill(client, "/contacts", to=path, sure=sure, phone="0241234567")
            assert away.status_code == 404
    assert client.get(f"/contacts/{contact.public_id}", headers=HTMX).status_code == 404
    assert client.get(f"/contacts/{contact.public_id}/edit").status_code == 404
    assert contacts.page(kofi.account.id, 1, 10).total == 1


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=x", "page=99999999999", "q=%00", "q=%"]
)
def test_odd_addresses_are_answered(client: FlaskClient, query: str) -> None:
    assert client.get(f"/contacts?{query}").status_code == 200
