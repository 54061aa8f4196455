"""Thousands of contacts in one request: each counts by itself, and all are stored or none."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.api.calls import call, data, error, everything, get
from tests.factories import Member, phones

KEY = {"Idempotency-Key": "import-17"}
MIB = 1024 * 1024
GOOD = {"phone": "0201234567", "firstName": "Kofi"}


def bring(
    client: FlaskClient,
    member: Member,
    contacts: Any,
    headers: dict[str, str] | None = None,
    **body: Any,
) -> TestResponse:
    """Import contacts, with the fields of `body` beside them."""
    wanted = {"contacts": contacts} | body
    return call(client, member, "POST", "contacts/import", wanted, headers)


def bring_bytes(
    client: FlaskClient, member: Member, body: bytes, path: str = "/import"
) -> TestResponse:
    return client.post(
        f"/api/v1/contacts{path}",
        data=body,
        content_type="application/json",
        headers=member.headers,
    )


def people(numbers: list[str]) -> list[dict[str, str]]:
    return [{"phone": number} for number in numbers]


def total(client: FlaskClient, member: Member, query: str = "") -> int:
    found: int = data(get(client, member, f"contacts?{query}"))["pagination"]["total"]
    return found


def group(client: FlaskClient, member: Member) -> str:
    found: str = data(call(client, member, "POST", "contacts/groups", {"name": "VIP"}))["id"]
    return found


def test_new_known_and_invalid_ones_are_counted(client: FlaskClient, ama: Member):
    data(bring(client, ama, [GOOD, {"phone": "0501234567"}]))
    given = [
        {"phone": "+233201234567", "firstName": "Esi"},
        {"phone": "0241234567"},
        {"phone": "024 123 4567"},
        {"phone": "12"},
        {"phone": 5},
        "0551234567",
        {"phone": "0551234567", "firstName": "A\x00"},
    ]
    answer = data(bring(client, ama, given))
    invalid = answer.pop("invalidContacts")
    assert answer == {"imported": 3, "created": 1, "skipped": 2, "invalid": 4, "total": 7}
    shown = [(one["index"], one["phone"], one["error"].split()[0]) for one in invalid]
    assert shown == [
        (3, "12", "phone:"),
        (4, None, "phone"),
        (5, None, "A"),
        (6, "0551234567", "firstName"),
    ]
    assert {frozenset(one) for one in invalid} == {frozenset({"index", "phone", "error"})}
    assert total(client, ama) == 3


def test_who_is_known_keeps_their_name_and_joins_the_group(client: FlaskClient, ama: Member):
    vip = group(client, ama)
    data(bring(client, ama, [GOOD]))
    answer = data(bring(client, ama, [GOOD | {"firstName": "Esi"}, GOOD], groupId=vip))
    assert (answer["created"], answer["skipped"], answer["invalidContacts"]) == (0, 2, [])
    [only] = data(get(client, ama, f"contacts?groupId={vip}"))["contacts"]
    assert only["firstName"] == "Kofi"


def test_everything_that_is_given_is_stored(client: FlaskClient, ama: Member):
    given = GOOD | {
        "lastName": "Ɔwusu",
        "email": "kofi@example.com",
        "customFields": {"note": "👩🏾‍🌾 '%_\"\\;--"},
    }
    data(bring(client, ama, [given]))
    [stored] = data(get(client, ama, "contacts"))["contacts"]
    assert {name: stored[name] for name in given} == given | {"phone": "233201234567"}


def test_ten_thousand_are_taken_and_one_more_is_not(client: FlaskClient, ama: Member):
    everybody = people(phones(10_001))
    before = everything()
    assert "10,001" in error(bring(client, ama, everybody), 400, "too_many_contacts")
    assert everything() == before
    answer = data(bring(client, ama, everybody[:10_000]))
    assert (answer["imported"], answer["created"], answer["total"]) == (10_000, 10_000, 10_000)
    assert total(client, ama) == 10_000


def test_ten_thousand_bad_ones_are_all_told_of(client: FlaskClient, ama: Member):
    answer = data(bring(client, ama, [{"phone": "x"}] * 10_000, KEY))
    assert (answer["imported"], answer["invalid"]) == (0, 10_000)
    assert [one["index"] for one in answer["invalidContacts"]] == list(range(10_000))
    assert total(client, ama) == 0


def test_a_body_may_have_8_mib_and_no_more(client: FlaskClient, ama: Member):
    body = orjson.dumps({"contacts": [GOOD]})
    padded = body + b" " * (8 * MIB - len(body))
    assert data(bring_bytes(client, ama, padded))["created"] == 1
    assert "8 MiB" in error(bring_bytes(client, ama, padded + b" "), 413, "too_large")


def test_a_single_contact_may_not_have_more_than_one_mib(client: FlaskClient, ama: Member):
    body = orjson.dumps(GOOD)
    padded = body + b" " * (MIB - len(body))
    assert "1 MiB" in error(bring_bytes(client, ama, padded + b" ", ""), 413, "too_large")
    assert data(bring_bytes(client, ama, padded, ""))["firstName"] == "Kofi"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "contacts is required"),
        ({"contacts": None}, "contacts"),
        ({"contacts": []}, "contacts must be an array"),
        ({"contacts": GOOD}, "contacts must be an array"),
        ({"contacts": "0201234567"}, "contacts must be an array"),
        ({"contacts": [GOOD], "groupId": 5}, "groupId"),
        ({"contacts": [GOOD], "groupIds": ["x"]}, "'groupIds'"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_stored(
    client: FlaskClient, ama: Member, body: dict[str, Any], named: str
):
    before = everything()
    response = call(client, ama, "POST", "contacts/import", body, KEY)
    assert named in error(response, 400, "invalid_request")
    assert everything() == before


@pytest.mark.parametrize("group_id", ["", "grp_nobody", "\x00", "x" * 10_000])
def test_an_unknown_group_stores_nothing(client: FlaskClient, ama: Member, group_id: str):
    before = everything()
    response = bring(client, ama, [GOOD], KEY, groupId=group_id)
    assert len(error(response, 404, "group_unknown")) < 300
    assert everything() == before


def test_a_repeated_import_gets_the_first_answer(client: FlaskClient, ama: Member):
    first = bring(client, ama, [GOOD, {"phone": "\x00"}], KEY)
    before = everything()
    second = bring(client, ama, [GOOD, {"phone": "\x00"}], KEY, groupId=None)
    assert data(second) == data(first)
    assert data(first)["created"] == 1
    assert second.headers["Idempotency-Replayed"] == "true"
    error(bring(client, ama, [GOOD], KEY), 409, "idempotency_key_reused")
    assert everything() == before


def test_overlapping_imports_at_once_neither_fail_nor_double(app: Flask, ama: Member):
    vip = group(app.test_client(), ama)
    everybody = phones(700)

    def bring_some(at: int) -> Any:
        mine = everybody[at * 100 : at * 100 + 300]
        return data(bring(app.test_client(), ama, people(mine), groupId=vip))

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(bring_some, range(5)))
    assert sum(one["created"] for one in answers) == 700
    assert [one["imported"] for one in answers] == [300] * 5
    assert total(app.test_client(), ama) == total(app.test_client(), ama, f"groupId={vip}") == 700


def test_a_name_given_twice_in_a_contact_is_refused(client: FlaskClient, ama: Member):
    body = b'{"contacts": [{"phone": "0201234567", "phone": "0241234567"}]}'
    assert "'phone' is given twice" in error(bring_bytes(client, ama, body), 400, "bad_json")
