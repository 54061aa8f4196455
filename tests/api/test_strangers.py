"""No endpoint shows, takes or changes what another account has, or falls over an odd id."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flashsms.services.webhooks import endpoints
from tests.api.calls import HELLO, call, data, error, everything, send
from tests.factories import Member
from tests.services.webhooks.told import deliver

PERSON = {"phone": "0501234567"}
TEXT = {"message": "Hello"}
CALLS: list[tuple[str, str, Any]] = [
    ("GET", "contacts/<contact_id>", None),
    ("PUT", "contacts/<contact_id>", {"firstName": "Mine"}),
    ("PATCH", "contacts/<contact_id>", {"phone": "0501234567"}),
    ("DELETE", "contacts/<contact_id>", None),
    ("DELETE", "contacts/groups/<group_id>", None),
    ("GET", "contacts?groupId=<group_id>", None),
    ("GET", "contacts?groupId=<group_id>&search=kofi", None),
    ("POST", "contacts", PERSON | {"groupId": "<group_id>"}),
    ("POST", "contacts/import", {"contacts": [PERSON], "groupId": "<group_id>"}),
    ("PUT", "templates/<template_id>", {"name": "Mine"}),
    ("PATCH", "templates/<template_id>", {"content": "Mine"}),
    ("DELETE", "templates/<template_id>", None),
    ("GET", "sms/status/<message_id>", None),
    ("GET", "sms/<message_id>/recipients", None),
    ("POST", "sms/send", HELLO | {"groupId": "<group_id>"}),
    ("POST", "sms/send", HELLO | {"groupIds": ["<group_id>"]}),
    ("POST", "sms/send", HELLO | {"contactIds": ["<contact_id>"]}),
    ("POST", "sms/send", HELLO | {"contactIds": ["<contact_id>"], "dryRun": True}),
    ("POST", "sms/send", {"recipients": ["0201234567"], "templateId": "<template_id>"}),
    ("GET", "webhooks/<webhook_id>", None),
    ("PUT", "webhooks/<webhook_id>", {"description": "Mine"}),
    ("PATCH", "webhooks/<webhook_id>", {"url": "https://93.184.216.35/", "paused": True}),
    ("DELETE", "webhooks/<webhook_id>", None),
    ("POST", "webhooks/<webhook_id>/test", None),
    ("POST", "webhooks/<webhook_id>/rotate-secret", None),
    ("GET", "webhooks/<webhook_id>/deliveries", None),
    ("POST", "webhooks/<webhook_id>/deliveries/<delivery_id>/replay", None),
    ("POST", "sms/estimate", {"templateId": "<template_id>", "recipientCount": 1}),
]
HIS_DELIVERY = "dlv_mwsfbhgk05a816a873a2"
ODD = [
    "\x00",
    "cnt_\x00",
    "'",
    '"',
    "' OR '1'='1",
    ";--",
    "%",
    "_",
    "\\",
    "ɔ👩🏾‍🌾",
    "\u202e",
    "x" * 10_000,
]


def kind_of(path: str, body: Any) -> str:
    """Return which id a call takes."""
    [kind] = {
        kind
        for kind in ("contact", "group", "message", "template", "webhook")
        if f"<{kind}_id>" in path + json.dumps(body)
    }
    return kind


def ask(
    client: FlaskClient, member: Member, method: str, path: str, body: Any, public_id: str
) -> TestResponse:
    """Make one of CALLS with an id."""
    mark = f"<{kind_of(path, body)}_id>"
    inside = json.dumps(body).replace(mark, json.dumps(public_id)[1:-1])
    key = {"Idempotency-Key": "mine"} if method == "POST" else None
    path = path.replace(mark, quote(public_id, safe="")).replace("<delivery_id>", HIS_DELIVERY)
    return call(client, member, method, path, json.loads(inside), key)


@pytest.fixture
def his(client: FlaskClient, kofi: Member) -> dict[str, str]:
    """The ids of what Kofi has, by kind: what Ama asks for here."""
    group = data(call(client, kofi, "POST", "contacts/groups", {"name": "His"}))["id"]
    person = {"phone": "0241234567", "firstName": "Kofi", "groupId": group}
    text = {"name": "His", "content": "His"}
    hook = {"url": "https://93.184.216.34/his", "events": ["sms.received"]}
    webhook = data(call(client, kofi, "POST", "webhooks", hook))["id"]
    deliver(endpoints.find(kofi.account.id, webhook), HIS_DELIVERY)
    return {
        "group": group,
        "contact": data(call(client, kofi, "POST", "contacts", person))["id"],
        "template": data(call(client, kofi, "POST", "templates", text))["id"],
        "message": data(send(client, kofi))["messageId"],
        "webhook": webhook,
    }


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_what_a_stranger_has_is_unknown_and_untouched(
    client: FlaskClient,
    ama: Member,
    kofi: Member,
    his: dict[str, str],
    method: str,
    path: str,
    body: Any,
):
    kind = kind_of(path, body)
    before = everything()
    error(ask(client, ama, method, path, body, his[kind]), 404, f"{kind}_unknown")
    assert everything() == before
    assert ask(client, kofi, method, path, body, his[kind]).status_code == 200


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_an_odd_id_is_unknown_and_changes_nothing(
    client: FlaskClient, ama: Member, method: str, path: str, body: Any
):
    before = everything()
    for public_id in ODD:
        response = ask(client, ama, method, path, body, public_id)
        assert len(error(response, 404, f"{kind_of(path, body)}_unknown")) < 300
    assert everything() == before


def test_every_endpoint_that_takes_an_id_in_its_path_is_asked(app: Flask):
    asked = {(method, path) for method, path, _ in CALLS}
    taking = {
        (method, rule.rule.removeprefix("/api/v1/").replace("<contact:", "<"))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and rule.arguments
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert taking
    assert taking - asked == set()


def test_lists_hold_nothing_of_a_stranger(client: FlaskClient, ama: Member, his: dict[str, str]):
    for path in (
        "contacts",
        "contacts?search=kofi",
        "contacts/groups",
        "templates",
        "sms",
        "webhooks",
    ):
        found = data(call(client, ama, "GET", path))
        found.pop("pagination", None)
        assert list(found.values()) == [[]], path


def test_a_strangers_sender_is_not_accepted(client: FlaskClient, ama: Member, kofi: Member):
    [sender] = data(call(client, kofi, "GET", "sender-ids"))["senderIds"]
    before = everything()
    error(send(client, ama, senderId=sender["id"]), 400, "sender_not_approved")
    assert everything() == before
