"""Webhooks through the API: one's own, and nobody else's."""

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from flashsms.extensions import db
from flashsms.models import AuditEntry, DeliveryStatus, IdempotencyKey, Scope, WebhookEndpoint, now
from flashsms.services import keys
from flashsms.services.webhooks import endpoints, secrets
from tests.api.calls import call, data, error, get, write
from tests.factories import Member
from tests.services.webhooks.told import URL, deliver

HOOK = {"url": URL, "events": ["sms.received", "message.completed"]}
SHOWN = {
    "id",
    "url",
    "description",
    "events",
    "paused",
    "pausedReason",
    "failures",
    "failingSince",
    "createdAt",
}


def create(
    client: FlaskClient, member: Member, headers: dict[str, str] | None = None, **body: Any
) -> TestResponse:
    """Add HOOK, with the fields of `body` instead of its own."""
    return call(client, member, "POST", "webhooks", HOOK | body, headers)


def change(
    client: FlaskClient, member: Member, webhook_id: str, method: str = "PATCH", **body: Any
) -> TestResponse:
    return call(client, member, method, f"webhooks/{webhook_id}", body)


def post(client: FlaskClient, member: Member, path: str, **headers: str) -> TestResponse:
    return call(client, member, "POST", path, None, headers)


def listed(client: FlaskClient, member: Member) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = data(get(client, member, "webhooks"))["webhooks"]
    return found


def stored(webhook_id: str) -> WebhookEndpoint:
    db.session.commit()
    query = select(WebhookEndpoint).where(WebhookEndpoint.public_id == webhook_id)
    return db.session.scalars(query, execution_options={"populate_existing": True}).one()


def test_a_webhook_is_added_shown_and_listed_and_its_secret_is_shown_once(
    client: FlaskClient, ama: Member
):
    made = data(create(client, ama, description="Till"))
    assert made.keys() == SHOWN | {"secret"}
    secret = made.pop("secret")
    assert secrets.of(stored(made["id"])) == [secret]
    assert made["id"].startswith("whk_")
    assert (made["url"], made["description"]) == (URL, "Till")
    assert made["events"] == ["message.completed", "sms.received"]
    assert (made["paused"], made["pausedReason"], made["failures"]) == (False, None, 0)
    assert data(get(client, ama, f"webhooks/{made['id']}")) == made
    assert listed(client, ama) == [made]
    log = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (log.action, log.actor, log.subject) == ("webhook added", "API key tests", URL)
    assert secret not in str(vars(log))


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({"url": None}, "invalid_request", "url must be a string"),
        ({"url": 5}, "invalid_request", "url must be a string"),
        ({"events": "sms.received"}, "invalid_request", "events must be an array"),
        ({"events": [5]}, "invalid_request", "events[0] must be a string"),
        ({"description": ["x"]}, "invalid_request", "description must be a string"),
        ({"secret": "whsec_mine"}, "invalid_request", "'secret' is not a field"),
        ({"url": ""}, "bad_url", "url: "),
        ({"url": "http://localhost/"}, "bad_url", "private"),
        ({"url": "http://[::1]/"}, "bad_url", "private"),
        ({"url": "http://169.254.169.254/latest"}, "bad_url", "private"),
        ({"url": "javascript:alert(1)"}, "bad_url", "must be a URL"),
        ({"url": f"{URL}\0"}, "bad_url", "plain characters"),
        ({"events": []}, "bad_webhook", "events must name at least one"),
        ({"events": ["webhook.test"]}, "bad_webhook", "'webhook.test' is no event"),
        ({"events": ["sms.received", "a\0"]}, "bad_webhook", "is no event"),
        ({"events": ["x" * 9999]}, "bad_webhook", "is no event"),
        ({"description": "two\nlines"}, "bad_webhook", "description must be one line"),
        ({"description": "x" * 121}, "bad_webhook", "121 characters"),
    ],
)
def test_a_bad_webhook_is_refused_and_named(
    client: FlaskClient, ama: Member, body: dict[str, Any], code: str, words: str
):
    assert words in error(create(client, ama, **body), 400, code)
    assert listed(client, ama) == []
    if body != {"url": None}:
        made = data(create(client, ama))
        del made["secret"]
        for method in ("PUT", "PATCH"):
            said = error(change(client, ama, made["id"], method, **body), 400, code)
            assert words in said
            assert len(said) < 400
        assert listed(client, ama) == [made]


@pytest.mark.parametrize("body", [{}, {"url": None}, {"events": None, "paused": None}])
def test_a_change_of_nothing_is_refused(client: FlaskClient, ama: Member, body: dict[str, None]):
    made = data(create(client, ama))
    said = error(change(client, ama, made["id"], **body), 400, "invalid_request")
    assert "nothing to change" in said


def test_missing_fields_are_named(client: FlaskClient, ama: Member):
    response = call(client, ama, "POST", "webhooks", {})
    error(response, 400, "invalid_request")
    assert response.json["details"] == ["url is required.", "events is required."]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_change_is_partial(client: FlaskClient, ama: Member, method: str):
    made = data(create(client, ama, description="Till"))
    made.pop("secret")
    moved = data(change(client, ama, made["id"], method, url=f"{URL}/2", events=None))
    assert moved == made | {"url": f"{URL}/2"}
    bare = data(change(client, ama, made["id"], method, description="", events=["balance.low"]))
    assert bare == moved | {"description": None, "events": ["balance.low"]}
    paused = data(change(client, ama, made["id"], method, paused=True))
    assert paused == bare | {"paused": True}
    assert data(change(client, ama, made["id"], method, paused=False)) == bare
    assert listed(client, ama) == [bare]


def test_a_webhook_that_gave_up_says_why_until_it_is_resumed(client: FlaskClient, ama: Member):
    made = data(create(client, ama))
    gone = {"paused_at": now(), "paused_for": "It answered 410.", "failures": 4}
    write(WebhookEndpoint.__table__.update().values(gone | {"failing_since": now()}))
    shown = listed(client, ama)[0]
    assert (shown["paused"], shown["pausedReason"]) == (True, "It answered 410.")
    assert shown["failures"] == 4
    assert shown["failingSince"].endswith("Z")
    error(post(client, ama, f"webhooks/{made['id']}/test"), 400, "webhook_paused")
    del made["secret"]
    assert data(change(client, ama, made["id"], paused=False)) == made


def test_a_deleted_webhook_is_gone(client: FlaskClient, ama: Member):
    made = data(create(client, ama))
    path = f"webhooks/{made['id']}"
    assert data(call(client, ama, "DELETE", path)) == {"id": made["id"], "deleted": True}
    assert listed(client, ama) == []
    for response in (
        get(client, ama, path),
        call(client, ama, "DELETE", path),
        post(client, ama, f"{path}/test"),
        post(client, ama, f"{path}/rotate-secret"),
        get(client, ama, f"{path}/deliveries"),
    ):
        assert made["id"] in error(response, 404, "webhook_unknown")


def test_the_same_key_adds_one_and_shows_its_secret_again(client: FlaskClient, ama: Member):
    key = {"Idempotency-Key": "hook-1"}
    first, second = (create(client, ama, key) for _ in range(2))
    assert data(second) == data(first)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(listed(client, ama)) == 1
    error(create(client, ama, key, url=f"{URL}/2"), 409, "idempotency_key_reused")
    db.session.commit()
    [kept] = db.session.scalars(select(IdempotencyKey.answer))
    assert kept
    assert data(first)["secret"] not in kept
    assert URL not in kept


def test_an_answer_is_given_again_although_the_name_means_a_private_address_by_now(
    client: FlaskClient, ama: Member, monkeypatch: pytest.MonkeyPatch
):
    key = {"Idempotency-Key": "hook-1"}
    means = {"address": "93.184.216.34"}

    def look_up(*_: object, **__: object) -> list[tuple[Any, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (means["address"], 0))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    first = data(create(client, ama, key, url="https://shop.example/"))
    means["address"] = "10.0.0.1"
    assert data(create(client, ama, key, url="https://shop.example/")) == first
    error(create(client, ama, url="https://shop.example/"), 400, "bad_url")
    error(change(client, ama, first["id"], url="https://shop.example/"), 400, "bad_url")


def test_a_secret_is_replaced_once_for_a_key(client: FlaskClient, ama: Member):
    made = data(create(client, ama))
    path = f"webhooks/{made['id']}/rotate-secret"
    first, second = (post(client, ama, path, **{"Idempotency-Key": "x"}) for _ in range(2))
    assert data(first).keys() == SHOWN | {"secret", "oldSecretValidUntil"}
    assert data(second) == data(first)
    assert secrets.of(stored(made["id"])) == [data(first)["secret"], made["secret"]]
    third = data(post(client, ama, path))
    assert secrets.of(stored(made["id"])) == [third["secret"], data(first)["secret"]]


def test_six_at_once_leave_ten(app: Flask, ama: Member):
    client = app.test_client()
    for at in range(7):
        data(create(client, ama, url=f"{URL}/{at}"))
    with ThreadPoolExecutor(6) as pool:
        tried = list(pool.map(lambda _: create(app.test_client(), ama), range(6)))
    refused = [one for one in tried if one.status_code != 200]
    assert len(refused) == 3
    assert all("at most 10" in error(one, 400, "too_many_webhooks") for one in refused)
    assert len(listed(client, ama)) == endpoints.MOST


def test_deliveries_are_paged_and_sent_again(client: FlaskClient, ama: Member):
    made = data(create(client, ama))
    path = f"webhooks/{made['id']}/deliveries"
    assert data(get(client, ama, path)) == {
        "deliveries": [],
        "pagination": {"page": 1, "limit": 20, "total": 0, "totalPages": 0, "hasMore": False},
    }
    told = endpoints.find(ama.account.id, made["id"])
    sent = [deliver(told).public_id for _ in range(2)]
    failed = deliver(told, status=DeliveryStatus.FAILED, status_code=None, error="No answer.")
    page = data(get(client, ama, f"{path}?limit=2"))
    assert [one["id"] for one in page["deliveries"]] == [failed.public_id, sent[1]]
    assert page["pagination"] | {"limit": 2, "total": 3, "hasMore": True} == page["pagination"]
    newest = page["deliveries"][0]
    assert newest.keys() == {
        "id",
        "status",
        "events",
        "eventCount",
        "attempts",
        "createdAt",
        "deliveredAt",
        "lastAttempt",
    }
    assert (newest["status"], newest["events"]) == ("FAILED", ["message.completed"])
    assert newest["lastAttempt"].pop("sentAt").endswith("Z")
    assert newest["lastAttempt"] == {"milliseconds": 12, "statusCode": None, "error": "No answer."}
    again = data(post(client, ama, f"{path}/{failed.public_id}/replay"))
    assert again == {name: newest[name] for name in again} | {"status": "PENDING"}
    for query, named in {"page=0": "page", "limit=101": "limit", "page=%00": "page"}.items():
        assert named in error(get(client, ama, f"{path}?{query}"), 400, "invalid_request")


def test_a_strangers_delivery_is_unknown_under_ones_own_webhook(
    client: FlaskClient, ama: Member, kofi: Member
):
    hers, his = data(create(client, ama)), data(create(client, kofi))
    theirs = deliver(endpoints.find(kofi.account.id, his["id"]), status=DeliveryStatus.FAILED)
    for delivery_id in (theirs.public_id, "dlv_none", "%00", "%25", "x" * 3000):
        path = f"webhooks/{hers['id']}/deliveries/{delivery_id}/replay"
        error(post(client, ama, path), 404, "delivery_unknown")
    own = f"webhooks/{his['id']}/deliveries/{theirs.public_id}/replay"
    error(post(client, ama, own), 404, "webhook_unknown")
    assert data(get(client, ama, f"webhooks/{hers['id']}/deliveries"))["deliveries"] == []
    assert data(post(client, kofi, own))["status"] == "PENDING"


def test_reading_and_writing_are_scopes_of_their_own(client: FlaskClient, ama: Member):
    made = data(create(client, ama))
    of = {
        scope: Member(ama.account, *keys.create(ama.account.id, scope, [scope]))
        for scope in (Scope.WEBHOOKS_READ, Scope.WEBHOOKS_WRITE, Scope.SMS_READ)
    }
    for method, path, needed in (
        ("GET", "webhooks", Scope.WEBHOOKS_READ),
        ("GET", f"webhooks/{made['id']}", Scope.WEBHOOKS_READ),
        ("GET", f"webhooks/{made['id']}/deliveries", Scope.WEBHOOKS_READ),
        ("POST", f"webhooks/{made['id']}/test", Scope.WEBHOOKS_WRITE),
        ("POST", f"webhooks/{made['id']}/rotate-secret", Scope.WEBHOOKS_WRITE),
    ):
        for scope, member in of.items():
            answered = call(client, member, method, path)
            if scope is needed:
                data(answered)
            else:
                error(answered, 403, "scope_missing")
