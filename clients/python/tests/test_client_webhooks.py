"""Requests to a webhook: signed by the library that the product signs with, verified by ours."""

import base64
import json
from datetime import datetime, timedelta, timezone

import pytest
from flashsms.models import EventType
from standardwebhooks import Webhook

from flashsms_client import webhooks
from flashsms_client.events import DATA
from flashsms_client.webhooks import BadSignature, RecipientOutcome, verify

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
OLD = "whsec_" + base64.b64encode(b"another secret that is long enough").decode()
EVENTS = [
    {
        "id": "evt_1",
        "type": "recipient.failed",
        "createdAt": "2024-12-21T10:30:00Z",
        "data": {
            "messageId": "c1",
            "phone": "233201234567",
            "status": "FAILED",
            "reason": "phone off",
            "test": False,
            "newField": 1,
        },
    },
    {
        "id": "evt_2",
        "type": "moon.full",
        "createdAt": "2024-12-21T10:30:00Z",
        "data": {"bright": True},
    },
    {
        "id": "evt_3",
        "type": "sms.received",
        "createdAt": "2024-12-21T10:30:00Z",
        "data": {
            "id": "in_1",
            "from": "233201234567",
            "to": "1234",
            "text": "Yɛ ₵5",
            "kind": "TEXT",
            "receivedAt": "2024-12-21T10:30:00Z",
        },
    },
]
BODY = json.dumps({"id": "dlv_1", "events": EVENTS}, ensure_ascii=False).encode()


def signed(*secrets: str, age: float = 0, body: bytes = BODY) -> dict[str, str]:
    moment = datetime.now(timezone.utc) - timedelta(seconds=age)
    signatures = [Webhook(secret).sign("dlv_1", moment, body.decode()) for secret in secrets]
    return {
        "Webhook-Id": "dlv_1",
        "Webhook-Timestamp": str(int(moment.timestamp())),
        "Webhook-Signature": " ".join(signatures),
    }


def test_a_genuine_request_tells_its_events():
    failed, unknown, received = verify(BODY, signed(SECRET), SECRET)
    assert failed.created_at == datetime(2024, 12, 21, 10, 30, tzinfo=timezone.utc)
    assert failed.data == RecipientOutcome("c1", "233201234567", "FAILED", "phone off")
    assert unknown.data == {"bright": True}
    assert isinstance(received.data, webhooks.ReceivedSms)
    assert (received.data.from_, received.data.text) == ("233201234567", "Yɛ ₵5")


def test_every_type_of_event_is_known():
    assert set(DATA) == set(EventType)


def test_either_secret_will_do_while_the_old_one_is_good():
    headers = signed(SECRET, OLD)
    assert len(verify(BODY, headers, SECRET)) == len(verify(BODY, headers, OLD)) == 3


@pytest.mark.parametrize("age", [-299, 299])
def test_clocks_may_differ_by_five_minutes(age: int):
    assert verify(BODY, signed(SECRET, age=age), SECRET)


@pytest.mark.parametrize("age", [-305, 305])
def test_an_old_request_is_refused(age: int):
    headers = signed(SECRET, age=age)
    with pytest.raises(BadSignature, match="too old"):
        verify(BODY, headers, SECRET)
    assert verify(BODY, headers, SECRET, tolerance=600)


@pytest.mark.parametrize(
    "change",
    [
        {"Webhook-Id": "dlv_2"},
        {"Webhook-Signature": ""},
        {"Webhook-Signature": "v1,"},
        {"Webhook-Signature": "v1,ééé v2,x"},
        {"Webhook-Signature": signed(SECRET)["Webhook-Signature"].replace("v1,", "v1a,")},
        {"Webhook-Timestamp": "soon"},
        {"Webhook-Timestamp": "²"},
        {"Webhook-Timestamp": ""},
    ],
)
def test_anything_else_is_refused(change: dict[str, str]):
    with pytest.raises(BadSignature):
        verify(BODY, signed(SECRET) | change, SECRET)


def test_a_changed_body_and_another_secret_are_refused():
    with pytest.raises(BadSignature):
        verify(BODY.replace(b"FAILED", b"SENT"), signed(SECRET), SECRET)
    with pytest.raises(BadSignature):
        verify(BODY, signed(OLD), SECRET)
    with pytest.raises(BadSignature):
        verify(BODY, {}, SECRET)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_*", "bms_live_x y"])
def test_what_cannot_be_a_secret_is_our_own_mistake(secret: str):
    with pytest.raises(ValueError, match="secret must be"):
        verify(BODY, signed(SECRET), secret)


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"events": [{}]}', b"no", b'{"events": null}'])
def test_a_genuine_request_without_events_is_told(body: bytes):
    with pytest.raises(webhooks.BadAnswer):
        verify(body, signed(SECRET, body=body), SECRET)
