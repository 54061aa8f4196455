"""Contacts through the API: made, listed, found, changed, deleted, and nobody else's."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from flashsms.models import OptSource
from flashsms.services import opt_outs
from tests.api.calls import call, data, error, everything, get
from tests.factories import Member, phones

AMA = {
    "phone": "0201234567",
    "firstName": "Ama",
    "lastName": "Mensah",
    "email": "ama@example.com",
    "customFields": {"town": "Kumasi"},
}
KEY = {"Idempotency-Key": "contact-17"}
ODD = [
    "Ɛsi Ŋkɔ",
    "👩🏾‍🌾🎉",
    "עברית",
    "محمد",
    "e\u0301a\u0300\u0302",
    "%",
    "_",
    "'",
    '"',
    "\\",
    ";--",
]


def create(client: FlaskClient, member: Member, **body: Any) -> Any:
    """Create AMA, with the fields of `body` instead of its own."""
    return data(call(client, member, "POST", "contacts", AMA | body))


def group(client: FlaskClient, member: Member, name: str = "VIP") -> str:
    found: str = data(call(client, member, "POST", "contacts/groups", {"name": name}))["id"]
    return found


def listed(client: FlaskClient, member: Member, query: str = "") -> list[dict[str, Any]]:
    found = data(get(client, member, f"contacts?{query}"))
    assert found.keys() == {"contacts", "pagination"}
    contacts: list[dict[str, Any]] = found["contacts"]
    return contacts


def names(client: FlaskClient, member: Member, **query: Any) -> list[str]:
    response = client.get("/api/v1/contacts", query_string=query, headers=member.headers)
    return [contact["firstName"] for contact in data(response)["contacts"]]


def test_a_new_contact_is_answered_with_all_its_fields(client: FlaskClient, ama: Member):
    vip = group(client, ama)
    with time_machine.travel("2024-12-21T10:30:00Z", tick=False):
        made = create(client, ama, groupId=vip)
    assert made.pop("id").startswith("cnt_")
    assert made == AMA | {
        "phone": "233201234567",
        "optedOut": False,
        "createdAt": "2024-12-21T10:30:00Z",
        "updatedAt": "2024-12-21T10:30:00Z",
        "groups": [{"id": vip, "name": "VIP"}],
    }


def test_a_number_alone_is_enough(client: FlaskClient, ama: Member):
    made = data(call(client, ama, "POST", "contacts", {"phone": "+233 20 123 4567"}))
    assert (made["phone"], made["customFields"], made["groups"]) == ("233201234567", {}, [])
    assert made["firstName"] is made["lastName"] is made["email"] is None
    assert data(get(client, ama, f"contacts/{made['id']}")) == made


def test_the_newest_contact_is_listed_first(client: FlaskClient, ama: Member):
    first = create(client, ama)
    second = create(client, ama, phone="0241234567", groupId=group(client, ama))
    for contact in (first, second):
        contact.pop("groups")
    assert listed(client, ama) == [second, first]


def test_a_list_comes_in_pages_of_50_or_up_to_200(client: FlaskClient, ama: Member):
    people = [{"phone": phone} for phone in phones(201)]
    data(call(client, ama, "POST", "contacts/import", {"contacts": people}))
    assert data(get(client, ama, "contacts"))["pagination"] == {
        "page": 1,
        "limit": 50,
        "total": 201,
        "totalPages": 5,
        "hasMore": True,
        "totalIsExact": True,
    }
    assert len(listed(client, ama, "limit=200")) == 200
    assert [one["phone"] for one in listed(client, ama, "limit=200&page=2")] == phones(1)
    assert listed(client, ama, "page=1000000&limit=200") == []


@pytest.mark.parametrize(
    "query", ["page=0", "page=x", "page=", "limit=0", "limit=201", "limit=ten", "page=1&page=2"]
)
def test_a_page_out_of_range_is_named(client: FlaskClient, ama: Member, query: str):
    sentence = error(get(client, ama, f"contacts?{query}"), 400, "invalid_request")
    assert query.partition("=")[0] in sentence


def test_a_search_finds_names_and_numbers_in_any_form(client: FlaskClient, ama: Member):
    create(client, ama)
    create(client, ama, phone="0241234567", firstName="Kofi", lastName=None)
    for term in ("am", "MENSAH", "020 123", "+23320", "00233 20"):
        assert names(client, ama, search=term) == ["Ama"], term
    assert names(client, ama, search="1234567") == ["Kofi", "Ama"]
    assert names(client, ama, search="Kwame") == []


@pytest.mark.parametrize("term", ["x" * 101, "a\x00"])
def test_a_bad_search_is_refused(client: FlaskClient, ama: Member, term: str):
    response = client.get("/api/v1/contacts", query_string={"search": term}, headers=ama.headers)
    assert "search" in error(response, 400, "bad_search")


def test_a_group_lists_and_searches_its_own(client: FlaskClient, ama: Member):
    vip = group(client, ama)
    create(client, ama, groupId=vip)
    create(client, ama, phone="0241234567", firstName="Amanda")
    assert names(client, ama, groupId=vip) == ["Ama"]
    assert names(client, ama, groupId=vip, search="ama") == ["Ama"]
    assert names(client, ama, search="ama") == ["Amanda", "Ama"]


def test_who_opted_out_is_shown_so(client: FlaskClient, ama: Member):
    made = create(client, ama)
    create(client, ama, phone="0241234567")
    opt_outs.opt_out(ama.account.id, made["phone"], OptSource.REPLY)
    assert [one["optedOut"] for one in listed(client, ama)] == [False, True]
    assert data(get(client, ama, f"contacts/{made['id']}"))["optedOut"] is True


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_only_what_is_named_changes(client: FlaskClient, ama: Member, method: str):
    with time_machine.travel("2024-12-21T10:30:00Z", tick=False):
        made = create(client, ama)
    change = {"lastName": "Owusu", "email": None, "customFields": {"town": None, "size": "M"}}
    with time_machine.travel("2024-12-22T10:30:00Z", tick=False):
        changed = data(call(client, ama, method, f"contacts/{made['id']}", change))
    assert changed == made | {
        "lastName": "Owusu",
        "email": None,
        "customFields": {"size": "M"},
        "updatedAt": "2024-12-22T10:30:00Z",
    }
    assert data(get(client, ama, f"contacts/{made['id']}")) == changed


def test_empty_and_null_clear(client: FlaskClient, ama: Member):
    path = f"contacts/{create(client, ama)['id']}"
    change = {"firstName": "", "lastName": None, "email": "", "customFields": None}
    changed = data(call(client, ama, "PATCH", path, change))
    assert changed["firstName"] is changed["lastName"] is changed["email"] is None
    assert changed["customFields"] == {}


@pytest.mark.parametrize("phone", [None, "", "12"])
def test_the_number_cannot_be_cleared(client: FlaskClient, ama: Member, phone: str | None):
    made = create(client, ama)
    response = call(client, ama, "PUT", f"contacts/{made['id']}", {"phone": phone})
    assert "phone" in error(response, 400, "bad_contact")
    assert data(get(client, ama, f"contacts/{made['id']}")) == made


def test_a_number_that_is_there_is_refused(client: FlaskClient, ama: Member):
    made = create(client, ama)
    other = create(client, ama, phone="0241234567")
    before = everything()
    response = call(client, ama, "POST", "contacts", {"phone": "+233201234567"})
    assert made["id"] in error(response, 400, "contact_exists")
    change = {"phone": "0201234567", "firstName": "X"}
    response = call(client, ama, "PATCH", f"contacts/{other['id']}", change)
    assert made["id"] in error(response, 400, "contact_exists")
    assert everything() == before


def test_a_deleted_contact_is_gone_and_comes_back_as_given_then(client: FlaskClient, ama: Member):
    made = create(client, ama, groupId=group(client, ama))
    path = f"contacts/{made['id']}"
    assert data(call(client, ama, "DELETE", path)) == {"id": made["id"], "deleted": True}
    for method in ("GET", "PUT", "DELETE"):
        response = call(client, ama, method, path, {} if method == "PUT" else None)
        error(response, 404, "contact_unknown")
    assert listed(client, ama) == listed(client, ama, "search=ama") == []
    again = data(call(client, ama, "POST", "contacts", {"phone": "0201234567"}))
    assert (again["id"], again["firstName"], again["groups"]) == (made["id"], None, [])
    assert len(listed(client, ama)) == 1


@pytest.mark.parametrize(
    ("body", "code", "named"),
    [
        ({"phone": None}, "invalid_request", "phone"),
        ({"phone": 201234567}, "invalid_request", "phone"),
        ({"phone": ""}, "bad_contact", "phone"),
        ({"phone": "0201234567\x00"}, "bad_contact", "phone"),
        ({"firstName": 5}, "invalid_request", "firstName"),
        ({"firstName": "A\x00"}, "bad_contact", "firstName"),
        ({"lastName": "two\nlines"}, "bad_contact", "lastName"),
        ({"lastName": "x" * 10_000}, "bad_contact", "lastName"),
        ({"email": "nobody"}, "bad_contact", "email"),
        ({"email": "a@\x1bb.example"}, "bad_contact", "email"),
        ({"customFields": ["town"]}, "bad_contact", "customFields"),
        ({"customFields": {"town": 5}}, "bad_contact", "customFields.town"),
        ({"customFields": {"town": "x" * 10_000}}, "bad_contact", "customFields.town"),
        ({"customFields": {"town": "\x7f"}}, "bad_contact", "customFields.town"),
        ({"customFields": {"a\x00": "x"}}, "bad_contact", "customFields"),
        ({"customFields": {"phone": "x"}}, "bad_contact", "customFields"),
        ({"customFields": {f"a{n}": "x" for n in range(21)}}, "bad_contact", "customFields"),
        ({"groupId": 5}, "invalid_request", "groupId"),
        ({"optedOut": True}, "invalid_request", "'optedOut'"),
        ({"first_name": "Ama"}, "invalid_request", "'first_name'"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_stored(
    client: FlaskClient, ama: Member, body: dict[str, Any], code: str, named: str
):
    made = create(client, ama, phone="0241234567")
    before = everything()
    response = call(client, ama, "POST", "contacts", AMA | body, KEY)
    assert named in error(response, 400, code)
    if body != {"phone": None}:
        response = call(client, ama, "PATCH", f"contacts/{made['id']}", body)
        assert named in response.json["error"]
        assert response.status_code == 400
    assert everything() == before


@pytest.mark.parametrize("path", ["contacts", "contacts/import"])
def test_what_is_nested_deeply_is_refused_as_json(client: FlaskClient, ama: Member, path: str):
    deep: list[Any] = []
    for _ in range(300):
        deep = [deep]
    body = {"contacts": deep} if path.endswith("import") else AMA | {"customFields": deep}
    assert "nested" in error(call(client, ama, "POST", path, body, KEY), 400, "bad_json")


@pytest.mark.parametrize("name", ODD)
def test_any_script_is_kept_as_given_and_found(client: FlaskClient, ama: Member, name: str):
    people = [
        {"phone": phone, "firstName": one} for phone, one in zip(phones(11), ODD, strict=True)
    ]
    data(call(client, ama, "POST", "contacts/import", {"contacts": people}))
    assert names(client, ama, search=name) == [name]
    made = create(client, ama, firstName="x", lastName=name, customFields={"note": name})
    assert (made["lastName"], made["customFields"]) == (name, {"note": name})
    assert names(client, ama, search=name) == ["x", name]
    vip = group(client, ama, name)
    assert data(get(client, ama, "contacts/groups"))["groups"][0]["name"] == name
    data(call(client, ama, "DELETE", f"contacts/groups/{vip}"))


def test_a_repeated_request_gets_the_first_answer(client: FlaskClient, ama: Member):
    first = call(client, ama, "POST", "contacts", AMA, KEY)
    turned = dict(reversed(AMA.items())) | {"groupId": None}
    second = call(client, ama, "POST", "contacts", turned, KEY)
    assert data(second) == data(first)
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    other = call(client, ama, "POST", "contacts", AMA | {"firstName": "Esi"}, KEY)
    error(other, 409, "idempotency_key_reused")
    error(call(client, ama, "POST", "contacts/groups", {"name": "A"}, KEY), 409, other.json["code"])


def test_eight_at_once_make_one_contact(app: Flask, ama: Member):
    def once(_: int):
        return call(app.test_client(), ama, "POST", "contacts", AMA)

    with ThreadPoolExecutor(8) as pool:
        statuses = [response.status_code for response in pool.map(once, range(8))]
    assert sorted(statuses) == [200, *[400] * 7]
    assert len(listed(app.test_client(), ama)) == 1


def test_two_accounts_can_hold_the_same_number(client: FlaskClient, ama: Member, kofi: Member):
    hers, his = create(client, ama), create(client, kofi, firstName="Ei")
    assert hers["phone"] == his["phone"]
    assert (names(client, ama), names(client, kofi)) == (["Ama"], ["Ei"])
    data(call(client, ama, "DELETE", f"contacts/{hers['id']}"))
    assert names(client, kofi) == ["Ei"]
