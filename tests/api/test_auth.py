"""Keys: how they are given, what they may do, and when they stop working."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from flashsms.models import Scope, now
from flashsms.services import contacts, keys, templates
from tests.api.calls import HELLO, error, send, stored
from tests.factories import Member
from tests.services.webhooks.told import URL, deliver, endpoint
from tests.test_house_rules import PUBLIC_API

ROUTES = {
    ("POST", "sms/send"): Scope.SMS_SEND,
    ("POST", "sms/estimate"): Scope.SMS_SEND,
    ("GET", "sms"): Scope.SMS_READ,
    ("GET", "sms/status/{id}"): Scope.SMS_READ,
    ("GET", "sms/{id}/recipients"): Scope.SMS_READ,
    ("GET", "balance"): Scope.BALANCE_READ,
    ("GET", "sender-ids"): Scope.SENDERS_READ,
    ("GET", "transactions"): Scope.TRANSACTIONS_READ,
    ("GET", "contacts"): Scope.CONTACTS_READ,
    ("POST", "contacts"): Scope.CONTACTS_WRITE,
    ("GET", "contacts/{contact}"): Scope.CONTACTS_READ,
    ("PUT", "contacts/{contact}"): Scope.CONTACTS_WRITE,
    ("PATCH", "contacts/{contact}"): Scope.CONTACTS_WRITE,
    ("DELETE", "contacts/{contact}"): Scope.CONTACTS_WRITE,
    ("POST", "contacts/import"): Scope.CONTACTS_WRITE,
    ("GET", "contacts/groups"): Scope.CONTACTS_READ,
    ("POST", "contacts/groups"): Scope.CONTACTS_WRITE,
    ("DELETE", "contacts/groups/{group}"): Scope.CONTACTS_WRITE,
    ("GET", "templates"): Scope.TEMPLATES_READ,
    ("POST", "templates"): Scope.TEMPLATES_WRITE,
    ("PUT", "templates/{template}"): Scope.TEMPLATES_WRITE,
    ("PATCH", "templates/{template}"): Scope.TEMPLATES_WRITE,
    ("DELETE", "templates/{template}"): Scope.TEMPLATES_WRITE,
    ("GET", "webhooks"): Scope.WEBHOOKS_READ,
    ("POST", "webhooks"): Scope.WEBHOOKS_WRITE,
    ("GET", "webhooks/{webhook}"): Scope.WEBHOOKS_READ,
    ("PUT", "webhooks/{webhook}"): Scope.WEBHOOKS_WRITE,
    ("PATCH", "webhooks/{webhook}"): Scope.WEBHOOKS_WRITE,
    ("DELETE", "webhooks/{webhook}"): Scope.WEBHOOKS_WRITE,
    ("POST", "webhooks/{webhook}/test"): Scope.WEBHOOKS_WRITE,
    ("POST", "webhooks/{webhook}/rotate-secret"): Scope.WEBHOOKS_WRITE,
    ("GET", "webhooks/{webhook}/deliveries"): Scope.WEBHOOKS_READ,
    ("POST", "webhooks/{webhook}/deliveries/{delivery}/replay"): Scope.WEBHOOKS_WRITE,
}
BODIES = {
    "sms/send": HELLO,
    "sms/estimate": {"message": "Hello", "recipientCount": 1},
    "contacts": {"phone": "0201234567"},
    "contacts/import": {"contacts": [{"phone": "0201234567"}]},
    "contacts/groups": {"name": "Families"},
    "templates": {"name": "Thanks", "content": "Thank you."},
    "webhooks": {"url": URL, "events": ["sms.received"]},
}
CHANGES = {
    "contacts": {"firstName": "Ama"},
    "templates": {"name": "Thank you"},
    "webhooks": {"description": "Till"},
}
MALFORMED = [
    "",
    " ",
    "{key}",
    "Bearer",
    "Bearer ",
    "Bearer  {key}",
    "Bearer {key} ",
    "Bearer {key} {key}",
    "Bearer\t{key}",
    "Bearer {key}\x00",
    "Bearer {key}é",
    "Bearer é",
    "Basic {key}",
    "Token {key}",
]


def call(client: FlaskClient, method: str, path: str, headers: dict[str, str]):
    changes = CHANGES.get(path.split("/")[0]) if method in ("PUT", "PATCH") else None
    body = changes or BODIES.get(path)
    return client.open(f"/api/v1/{path}", method=method, json=body, headers=headers)


def test_every_route_is_among_those_tried_here(app: Flask):
    rules = [
        rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and rule.endpoint not in PUBLIC_API
    ]
    assert len(ROUTES) == sum(len(rule.methods - {"HEAD", "OPTIONS"}) for rule in rules)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_key_is_taken_as_a_bearer(client: FlaskClient, ama: Member, scheme: str):
    headers = {"Authorization": f"{scheme} {ama.key}"}
    assert call(client, "GET", "balance", headers).status_code == 200


def test_a_key_is_taken_from_its_own_header(client: FlaskClient, ama: Member):
    assert call(client, "GET", "balance", {"X-API-Key": ama.key}).status_code == 200


def test_the_authorization_header_counts_when_both_are_given(client: FlaskClient, ama: Member):
    headers = {"Authorization": "Bearer nobody", "X-API-Key": ama.key}
    error(call(client, "GET", "balance", headers), 401, "key_invalid")


def test_no_key_is_answered_with_how_to_give_one(client: FlaskClient, app: Flask):
    response = call(client, "GET", "balance", {})
    assert "Authorization: Bearer" in error(response, 401, "key_missing")
    assert response.headers["WWW-Authenticate"].startswith("Bearer ")


def test_a_malformed_header_is_refused_plainly(client: FlaskClient, ama: Member):
    for value in MALFORMED:
        headers = {"Authorization": value.format(key=ama.key)}
        sentence = error(call(client, "GET", "balance", headers), 401, "key_malformed")
        assert "Authorization header" in sentence, value


def test_a_malformed_key_header_is_refused_plainly(client: FlaskClient, ama: Member):
    for value in ("", " ", f" {ama.key}", f"{ama.key} x", "é", "\x00"):
        response = call(client, "GET", "balance", {"X-API-Key": value})
        assert "X-API-Key header" in error(response, 401, "key_malformed"), value


def test_a_key_that_nobody_has_is_refused(client: FlaskClient, ama: Member):
    for secret in ("nobody", ama.key[:-1], ama.key + "x", ama.key.lower(), "x" * 5000):
        response = call(client, "GET", "balance", {"Authorization": f"Bearer {secret}"})
        error(response, 401, "key_invalid")
        assert "invalid_token" in response.headers["WWW-Authenticate"]


def test_an_expired_key_is_refused(client: FlaskClient, ama: Member):
    _, secret = keys.create(ama.account.id, "short", expires_at=now() + timedelta(hours=1))
    headers = {"Authorization": f"Bearer {secret}"}
    assert call(client, "GET", "balance", headers).status_code == 200
    with time_machine.travel(now() + timedelta(hours=1, seconds=1)):
        error(call(client, "GET", "balance", headers), 401, "key_invalid")


def test_a_revoked_key_is_refused_at_once(client: FlaskClient, ama: Member):
    assert call(client, "GET", "balance", ama.headers).status_code == 200
    keys.revoke(ama.account.id, ama.api_key.public_id)
    error(call(client, "GET", "balance", ama.headers), 401, "key_invalid")


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_each_endpoint_takes_its_scope_and_no_other(
    client: FlaskClient, ama: Member, method: str, path: str
):
    webhook = endpoint(ama)
    ids = {
        "webhook": webhook.public_id,
        "delivery": deliver(webhook).public_id,
        "id": send(client, ama).json["data"]["messageId"],
        "contact": contacts.create(ama.account.id, contacts.Draft("233509999999")).public_id,
        "group": contacts.groups.create(ama.account.id, "VIP").public_id,
        "template": templates.create(ama.account.id, "Hello", "Hello!").public_id,
    }
    needed = ROUTES[method, path]
    _, right = keys.create(ama.account.id, "right", [needed])
    _, wrong = keys.create(ama.account.id, "wrong", set(Scope) - {needed})
    before = stored(ama)
    path = path.format(**ids)
    refused = call(client, method, path, {"Authorization": f"Bearer {wrong}"})
    assert needed in error(refused, 403, "scope_missing")
    assert stored(ama) == before
    taken = call(client, method, path, {"Authorization": f"Bearer {right}"})
    assert taken.status_code == 200, taken.text


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_each_endpoint_needs_a_key_before_it_looks_at_anything(
    client: FlaskClient, app: Flask, method: str, path: str
):
    error(client.open(f"/api/v1/{path}", method=method, data=b"{"), 401, "key_missing")
