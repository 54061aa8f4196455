"""Groups through the API: made, counted, deleted without their contacts."""

from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient

from tests.api.calls import call, data, error, everything, get
from tests.factories import Member, phones

KEY = {"Idempotency-Key": "group-17"}


def create(client: FlaskClient, member: Member, name: str) -> Any:
    return data(call(client, member, "POST", "contacts/groups", {"name": name}))


def listed(client: FlaskClient, member: Member) -> list[dict[str, Any]]:
    found = data(get(client, member, "contacts/groups"))
    assert found.keys() == {"groups"}
    groups: list[dict[str, Any]] = found["groups"]
    return groups


def filled(client: FlaskClient, member: Member, group_id: str, count: int) -> None:
    people = [{"phone": phone} for phone in phones(count)]
    body = {"contacts": people, "groupId": group_id}
    data(call(client, member, "POST", "contacts/import", body))


def test_a_new_group_is_empty(client: FlaskClient, ama: Member):
    with time_machine.travel("2024-12-01T09:00:00Z", tick=False):
        made = create(client, ama, " VIP Customers ")
    assert made.pop("id").startswith("grp_")
    assert made == {
        "name": "VIP Customers",
        "contactCount": 0,
        "createdAt": "2024-12-01T09:00:00Z",
    }


def test_without_groups_the_list_is_empty(client: FlaskClient, ama: Member):
    assert listed(client, ama) == []


def test_groups_are_listed_by_name_with_their_counts(client: FlaskClient, ama: Member):
    vip, accra = create(client, ama, "vip"), create(client, ama, "Accra")
    filled(client, ama, vip["id"], 3)
    filled(client, ama, accra["id"], 2)
    assert listed(client, ama) == [accra | {"contactCount": 2}, vip | {"contactCount": 3}]
    [newest, *_] = data(get(client, ama, "contacts"))["contacts"]
    data(call(client, ama, "DELETE", f"contacts/{newest['id']}"))
    assert [one["contactCount"] for one in listed(client, ama)] == [2, 2]


def test_a_deleted_group_leaves_its_contacts(client: FlaskClient, ama: Member):
    vip = create(client, ama, "VIP")["id"]
    filled(client, ama, vip, 3)
    path = f"contacts/groups/{vip}"
    assert data(call(client, ama, "DELETE", path)) == {"id": vip, "deleted": True}
    error(call(client, ama, "DELETE", path), 404, "group_unknown")
    assert listed(client, ama) == []
    left = data(get(client, ama, "contacts"))
    assert left["pagination"]["total"] == 3
    one = data(get(client, ama, f"contacts/{left['contacts'][0]['id']}"))
    assert one["groups"] == []


@pytest.mark.parametrize("again", ["VIP", "vip", " Vip "])
def test_a_name_that_is_there_is_refused(client: FlaskClient, ama: Member, again: str):
    create(client, ama, "VIP")
    before = everything()
    response = call(client, ama, "POST", "contacts/groups", {"name": again}, KEY)
    assert "name" in error(response, 400, "group_exists")
    assert everything() == before


@pytest.mark.parametrize(
    ("body", "code", "named"),
    [
        ({}, "invalid_request", "name"),
        ({"name": None}, "invalid_request", "name"),
        ({"name": 5}, "invalid_request", "name"),
        ({"name": ""}, "bad_group", "name"),
        ({"name": " "}, "bad_group", "name"),
        ({"name": "a\x00b"}, "bad_group", "name"),
        ({"name": "two\nlines"}, "bad_group", "name"),
        ({"name": "x" * 10_000}, "bad_group", "name"),
        ({"name": "VIP", "contacts": []}, "invalid_request", "'contacts'"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_stored(
    client: FlaskClient, ama: Member, body: dict[str, Any], code: str, named: str
):
    before = everything()
    response = call(client, ama, "POST", "contacts/groups", body, KEY)
    assert named in error(response, 400, code)
    assert everything() == before


def test_a_repeated_request_gets_the_first_answer(client: FlaskClient, ama: Member):
    first = call(client, ama, "POST", "contacts/groups", {"name": "VIP"}, KEY)
    second = call(client, ama, "POST", "contacts/groups", {"name": "VIP"}, KEY)
    assert data(second) == data(first)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(listed(client, ama)) == 1


def test_two_accounts_can_use_the_same_name(client: FlaskClient, ama: Member, kofi: Member):
    hers, his = create(client, ama, "VIP"), create(client, kofi, "VIP")
    filled(client, kofi, his["id"], 2)
    assert listed(client, ama) == [hers]
    assert listed(client, kofi) == [his | {"contactCount": 2}]
