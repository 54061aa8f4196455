"""Sending through the API: the shapes of the reference, and who is reached at what price."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from flashsms.extensions import db
from flashsms.models import Message, MessageStatus, Recipient, now
from tests.api.calls import data, error, get, post, send, stored
from tests.factories import Member, phones


def test_the_example_of_the_reference_answers_in_its_shape(client: FlaskClient, ama: Member):
    response = post(
        client,
        ama,
        b"""{
            "recipients": ["0201234567", "0241234567"],
            "message": "Hello from FlashSMS!",
            "senderId": "MyBrand",
            "campaignName": "Welcome Campaign"
        }""",
    )
    answer = data(response)
    assert re.fullmatch(r"c[0-9a-z]{24}", answer.pop("messageId"))
    assert answer == {
        "recipientsSent": 2,
        "invalidRecipients": [],
        "optedOutRecipients": 0,
        "deletedRecipients": 0,
        "skippedRecipients": [],
        "skippedCount": 0,
        "creditsUsed": 2,
        "remainingCredits": 998,
        "scheduled": False,
        "scheduleDate": None,
    }
    assert ama.balance == 998


def test_a_message_is_written_down_with_its_recipients(client: FlaskClient, ama: Member):
    public_id = data(send(client, ama, campaignName=" Welcome "))["messageId"]
    message = db.session.scalars(select(Message)).one()
    assert (message.public_id, message.campaign_name) == (public_id, "Welcome")
    assert (message.sender, message.text) == ("MyBrand", "Hello from FlashSMS!")
    assert set(db.session.scalars(select(Recipient.phone))) == {"233201234567", "233241234567"}


def test_duplicates_are_sent_to_once_and_unreadable_numbers_are_listed_as_given(
    client: FlaskClient, ama: Member
):
    answer = data(
        send(client, ama, recipients=["0201234567", "+233 20 123 4567", "12", "", "ten\u0000"])
    )
    assert answer["recipientsSent"] == 1
    assert answer["invalidRecipients"] == ["12", "", "ten\u0000"]
    assert answer["creditsUsed"] == 1


def test_a_schedule_is_kept_in_utc_and_paid_at_once(client: FlaskClient, ama: Member):
    at = (now() + timedelta(days=1)).replace(microsecond=0)
    abroad = at.astimezone(timezone(timedelta(hours=2))).isoformat()
    answer = data(send(client, ama, isScheduled=True, scheduleDate=abroad))
    assert answer["scheduled"] is True
    assert answer["scheduleDate"] == at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert answer["remainingCredits"] == 998
    message = db.session.scalars(select(Message)).one()
    assert (message.status, message.scheduled_at) == (MessageStatus.SCHEDULED, at)


@pytest.mark.parametrize("written", ["2030-01-02T03:04:05", "2030-01-02 03:04:05Z"])
def test_a_schedule_without_an_offset_is_utc(client: FlaskClient, ama: Member, written: str):
    with time_machine.travel(datetime(2030, 1, 1, tzinfo=UTC), tick=False):
        answer = data(send(client, ama, isScheduled=True, scheduleDate=written))
    assert answer["scheduleDate"] == "2030-01-02T03:04:05Z"


def test_null_is_as_good_as_absent(client: FlaskClient, ama: Member):
    nothing = dict.fromkeys(
        ["groupId", "groupIds", "contactIds", "sendToAllContacts", "senderId", "campaignName"]
    )
    answer = data(send(client, ama, **nothing, isScheduled=None, scheduleDate=None))
    assert answer["recipientsSent"] == 2


def test_empty_sources_beside_numbers_add_nobody(client: FlaskClient, ama: Member):
    answer = data(send(client, ama, groupIds=[], contactIds=[], sendToAllContacts=True))
    assert answer["recipientsSent"] == 2


def test_an_empty_group_id_is_unknown(client: FlaskClient, ama: Member):
    before = stored(ama)
    error(send(client, ama, groupId=""), 404, "group_unknown")
    assert stored(ama) == before


def test_a_thousand_recipients_are_taken_and_one_more_is_not(client: FlaskClient, ama: Member):
    assert data(send(client, ama, recipients=phones(1000)))["recipientsSent"] == 1000
    before = stored(ama)
    assert "1,000" in error(send(client, ama, recipients=phones(1001)), 400, "too_many_recipients")
    assert stored(ama) == before


@pytest.mark.parametrize("field", ["groupId", "groupIds", "contactIds"])
def test_an_unknown_group_or_contact_is_named_and_nothing_is_sent(
    client: FlaskClient, ama: Member, field: str
):
    before = stored(ama)
    unknown = "grp_nobody" if field == "groupId" else ["grp_nobody"]
    code = "contact_unknown" if field == "contactIds" else "group_unknown"
    assert "grp_nobody" in error(send(client, ama, **{field: unknown}), 404, code)
    assert stored(ama) == before


def test_all_contacts_of_an_account_without_contacts_are_nobody(client: FlaskClient, ama: Member):
    response = send(client, ama, recipients=None, sendToAllContacts=True)
    assert "contacts that are not empty" in error(response, 400, "no_recipients")


def test_too_few_credits_answer_with_both_numbers(client: FlaskClient, ama: Member):
    before = stored(ama)
    response = send(client, ama, recipients=phones(501), message="x" * 161)
    sentence = error(response, 402, "insufficient_credits")
    assert "1,002" in sentence
    assert "1,000" in sentence
    assert stored(ama) == before


def test_the_estimate_has_the_shape_of_the_reference(client: FlaskClient, ama: Member):
    before = stored(ama)
    response = client.post(
        "/api/v1/sms/estimate",
        json={"message": "x" * 145, "recipientCount": 500},
        headers=ama.headers,
    )
    assert data(response) == {
        "message": {"length": 145, "parts": 1, "encoding": "GSM-7"},
        "recipientCount": 500,
        "creditsRequired": 500,
        "currentBalance": 1000,
        "canAfford": True,
    }
    assert stored(ama) == before


def test_the_estimate_counts_parts_and_says_what_cannot_be_afforded(
    client: FlaskClient, ama: Member
):
    response = client.post(
        "/api/v1/sms/estimate",
        json={"message": "₵" * 71, "recipientCount": 501},
        headers=ama.headers,
    )
    answer = data(response)
    assert answer["message"] == {"length": 71, "parts": 2, "encoding": "UCS-2"}
    assert (answer["creditsRequired"], answer["canAfford"]) == (1002, False)


@pytest.mark.parametrize("count", [0, 10_001, "5", True, 500.0, 1e30, None, [5]])
def test_the_estimate_takes_one_to_ten_thousand_recipients(
    client: FlaskClient, ama: Member, count: object
):
    response = client.post(
        "/api/v1/sms/estimate",
        json={"message": "Hello", "recipientCount": count},
        headers=ama.headers,
    )
    assert "recipientCount" in error(response, 400, "invalid_request")


@pytest.mark.parametrize("message", ["", "  ", "x" * 919, "a\u0000b"])
def test_the_estimate_refuses_what_sending_refuses(client: FlaskClient, ama: Member, message: str):
    response = client.post(
        "/api/v1/sms/estimate",
        json={"message": message, "recipientCount": 1},
        headers=ama.headers,
    )
    sentence = error(response, 400, "bad_message")
    assert sentence == error(send(client, ama, message=message), 400, "bad_message")


def test_the_sender_may_be_named_by_its_id(client: FlaskClient, ama: Member):
    sender_id = data(get(client, ama, "sender-ids"))["senderIds"][0]["id"]
    public_id = data(send(client, ama, senderId=sender_id))["messageId"]
    assert data(get(client, ama, f"sms/status/{public_id}"))["senderId"] == "MyBrand"
