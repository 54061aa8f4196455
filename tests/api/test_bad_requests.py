"""Requests that are refused: each names what is wrong, and nothing is stored or charged."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from flashsms.models import now
from tests.api.calls import HELLO, error, get, post, send, stored
from tests.factories import Member


def moment(**ahead: float) -> str:
    return (now() + timedelta(**ahead)).isoformat()


@pytest.mark.parametrize(
    ("body", "code", "named"),
    [
        ({"message": None}, "invalid_request", "message"),
        ({"message": 5}, "invalid_request", "message"),
        ({"message": ""}, "bad_message", "message"),
        ({"message": " \n"}, "bad_message", "message"),
        ({"message": "x" * 919}, "bad_message", "918"),
        ({"message": "NUL \x00"}, "bad_message", "Character 5"),
        ({"recipients": []}, "no_recipients", "recipients"),
        ({"recipients": None}, "no_recipients", "recipients"),
        ({"recipients": ["12"]}, "no_recipients", "'12'"),
        ({"recipients": "0201234567"}, "invalid_request", "recipients"),
        ({"recipients": {"0": "0201234567"}}, "invalid_request", "recipients"),
        ({"recipients": ["0201234567"] * 3 + [201234567]}, "invalid_request", "recipients[3]"),
        ({"recipients": ["0201234567", None]}, "invalid_request", "recipients[1]"),
        ({"groupId": 5}, "invalid_request", "groupId"),
        ({"groupIds": "grp_1"}, "invalid_request", "groupIds"),
        ({"contactIds": [5]}, "invalid_request", "contactIds[0]"),
        ({"sendToAllContacts": "true"}, "invalid_request", "sendToAllContacts"),
        ({"sendToAllContacts": 1}, "invalid_request", "sendToAllContacts"),
        ({"senderId": 5}, "invalid_request", "senderId"),
        ({"senderId": "My\x00Brand"}, "invalid_request", "senderId"),
        ({"senderId": "Nobody"}, "sender_not_approved", "senderId"),
        ({"senderId": ""}, "sender_not_approved", "senderId"),
        ({"campaignName": "x" * 121}, "invalid_request", "campaignName"),
        ({"campaignName": "two\nlines"}, "invalid_request", "campaignName"),
        ({"isScheduled": "yes"}, "invalid_request", "isScheduled"),
        ({"isScheduled": True}, "invalid_request", "scheduleDate"),
        ({"scheduleDate": moment(days=1)}, "invalid_request", "isScheduled"),
        ({"isScheduled": False, "scheduleDate": moment(days=1)}, "invalid_request", "isScheduled"),
        ({"isScheduled": True, "scheduleDate": moment(hours=-1)}, "schedule_in_past", "past"),
        ({"isScheduled": True, "scheduleDate": moment(days=367)}, "invalid_request", "a year"),
        ({"isScheduled": True, "scheduleDate": 1734775200}, "invalid_request", "scheduleDate"),
        ({"isScheduled": True, "scheduleDate": ""}, "invalid_request", "scheduleDate"),
        ({"isScheduled": True, "scheduleDate": "tomorrow"}, "invalid_request", "scheduleDate"),
        ({"isScheduled": True, "scheduleDate": "2099-01-01"}, "invalid_request", "scheduleDate"),
        ({"isScheduled": True, "scheduleDate": "2099-01-01T00:00\x00"}, "invalid_request", "sch"),
        ({"isScheduled": True, "scheduleDate": "9999-12-31T23:59:59-12:00"}, "invalid_request", ""),
        ({"isScheduled": True, "scheduleDate": "0001-01-01T00:00:00+12:00"}, "invalid_request", ""),
        ({"sheduleDate": moment(days=1)}, "invalid_request", "'sheduleDate'"),
        ({"sender_id": "MyBrand"}, "invalid_request", "'sender_id'"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_stored_or_charged(
    client: FlaskClient, ama: Member, body: dict[str, Any], code: str, named: str
):
    before = stored(ama)
    assert named in error(send(client, ama, **body), 400, code)
    assert stored(ama) == before


def test_a_missing_message_is_named(client: FlaskClient, ama: Member):
    response = post(client, ama, b'{"recipients": ["0201234567"]}')
    sentence = error(response, 400, "invalid_request")
    assert sentence == "message is required, unless a templateId is given."


def test_an_unknown_field_is_answered_with_the_known_ones(client: FlaskClient, ama: Member):
    sentence = error(send(client, ama, sheduleDate="now"), 400, "invalid_request")
    for field in ("recipients", "groupId", "message", "senderId", "isScheduled", "scheduleDate"):
        assert field in sentence


def test_several_faults_are_listed_together(client: FlaskClient, ama: Member):
    response = send(client, ama, message=5, senderId=5, isScheduled=5)
    assert "2 more" in error(response, 400, "invalid_request")
    named = [detail.split()[0] for detail in response.json["details"]]
    assert named == ["message", "senderId", "isScheduled"]


def test_very_many_faults_are_counted_instead(client: FlaskClient, ama: Member):
    response = send(client, ama, **{f"field{number}": 1 for number in range(100)})
    error(response, 400, "invalid_request")
    assert len(response.json["details"]) == 21
    assert response.json["details"][-1] == "And 80 more."


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b"{", "not valid JSON"),
        (b"hello", "not valid JSON"),
        (b"message=Hello", "not valid JSON"),
        (b'{"message": NaN}', "not valid JSON"),
        (b'{"message": Infinity}', "not valid JSON"),
        (b'{"message": 1e999}', "not valid JSON"),
        (b'{"message": "\xff"}', "UTF-8"),
        (b'{"message": "\xed\xa0\x80"}', "UTF-8"),
        (b'{"message": "\\ud83d"}', "surrogate"),
        (b'\xef\xbb\xbf{"message": "x"}', "BOM"),
        ('{"message": "x"}'.encode("utf-16"), "not valid JSON"),
        (b"[" * 5000 + b"]" * 5000, "depth"),
        (b"[" * 1000 + b"]" * 1000, "nested too deeply"),
        (b'{"a":' * 1000 + b"1" + b"}" * 1000, "nested too deeply"),
        (b'{"recipientCount": ' + b"9" * 5000 + b"}", "not valid JSON"),
        (b'{"message": "a", "message": "b"}', "'message' is given twice"),
        (b'{"message": "a", "x": {"y": 1, "y": 2}}', "'y' is given twice"),
        (b"[]", "object"),
        (b'"hello"', "object"),
        (b"null", "object"),
        (b"5", "object"),
    ],
)
def test_a_body_that_is_no_clean_json_object_is_refused(
    client: FlaskClient, ama: Member, body: bytes, says: str
):
    before = stored(ama)
    assert says in error(post(client, ama, body), 400, "bad_json")
    assert stored(ama) == before


def test_numbers_beyond_64_bits_are_only_numbers(client: FlaskClient, ama: Member):
    body = b'{"recipients": ["0201234567"], "message": 123456789012345678901234567890}'
    assert "message" in error(post(client, ama, body), 400, "invalid_request")


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_only_json_is_taken(client: FlaskClient, ama: Member, content_type: str):
    response = post(client, ama, json.dumps(HELLO).encode(), content_type)
    assert "application/json" in error(response, 415, "not_json")


def test_a_character_set_beside_the_content_type_is_fine(client: FlaskClient, ama: Member):
    body = json.dumps(HELLO).encode()
    assert post(client, ama, body, "application/json; charset=utf-8").status_code == 200


def test_a_body_of_more_than_a_megabyte_is_too_large(client: FlaskClient, ama: Member):
    body = json.dumps(HELLO | {"message": "x" * 1024 * 1024}).encode()
    error(post(client, ama, body), 413, "too_large")


def test_a_megabyte_of_faults_is_refused_at_the_first(client: FlaskClient, ama: Member):
    response = post(client, ama, b'{"message":"x","recipients":[' + b"1," * 500_000 + b"1]}")
    assert "recipients[0]" in error(response, 400, "invalid_request")


BAD_PAGES = [
    "page=0",
    "page=-1",
    "page=x",
    "page=",
    "page=1.5",
    "page=%00",
    "page=%D9%A5",
    "page=1000001",
    f"page={10**30}",
    f"page={'9' * 5000}",
    "page=1&page=2",
    "limit=0",
    "limit=1001",
    "limit=ten",
]
BAD_FILTERS = {
    "limit=101": "limit",
    "startDate=yesterday": "startDate",
    "startDate=2024-13-01": "startDate",
    "startDate=20241": "startDate",
    "startDate=": "startDate",
    "startDate=%00": "startDate",
    "startDate=0001-01-01T00:00:00%2B14:00": "startDate",
    "startDate=2024-12-21T10:30:00+02:00": "%2B",
    "endDate=9999-12-31": "endDate",
    "endDate=9999-12-31T23:59:59": "endDate",
    "endDate=99999999999": "endDate",
    "startDate=2024-12-22&endDate=2024-12-21": "startDate must not be after endDate",
}


@pytest.mark.parametrize("path", ["sms", "transactions", "sms/{id}/recipients"])
def test_a_page_out_of_range_is_named(client: FlaskClient, ama: Member, path: str):
    path = path.format(id=send(client, ama).json["data"]["messageId"])
    for query in BAD_PAGES:
        sentence = error(get(client, ama, f"{path}?{query}"), 400, "invalid_request")
        assert query.partition("=")[0] in sentence


@pytest.mark.parametrize(("path", "choice"), [("sms", "status"), ("transactions", "type")])
def test_a_bad_filter_is_named(client: FlaskClient, ama: Member, path: str, choice: str):
    bad_choices = {f"{choice}={junk}": choice for junk in ("", "SCHEDULED", "sent", "%00", "1")}
    for query, named in (BAD_FILTERS | bad_choices).items():
        assert named in error(get(client, ama, f"{path}?{query}"), 400, "invalid_request"), query


def test_a_bad_filter_is_answered_with_the_good_ones(client: FlaskClient, ama: Member):
    sentence = error(get(client, ama, "sms?status=SCHEDULED"), 400, "invalid_request")
    for status in ("PENDING", "SENT", "DELIVERED", "FAILED", "CANCELLED"):
        assert status in sentence


def test_parameters_that_are_not_known_change_nothing(client: FlaskClient, ama: Member):
    assert get(client, ama, "sms?_=1734775200").status_code == 200
