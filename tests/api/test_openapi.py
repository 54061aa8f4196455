"""The API's document: valid, complete, and in step with what the API takes and answers.

`contract` holds every answer of all tests here against it; this file goes the other way: what it
promises is there.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate
from werkzeug.test import TestResponse

from flashsms.api import auth
from flashsms.api.openapi import examples, operations
from flashsms.api.throttle import Throttle
from flashsms.models import Scope, WebhookDelivery, WebhookEndpoint
from flashsms.services import contacts, keys, templates
from flashsms.services.webhooks import endpoints
from tests.api import contract
from tests.api.calls import data, send
from tests.factories import Member, member
from tests.services.webhooks.told import URL, deliver
from tests.test_house_rules import PUBLIC_API

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
NOBODY = {"groupId": "grp_00000000000000000000"}
NOTHING = {"templateId": "tpl_00000000000000000000"}
# What an operation without an id in its path does not find: its query, its body.
MISSING: dict[str, tuple[dict[str, Any], dict[str, Any] | None]] = {
    "listContacts": (NOBODY, None),
    "createContact": ({}, {"phone": "0201234567"} | NOBODY),
    "importContacts": ({}, {"contacts": [{"phone": "0201234567"}]} | NOBODY),
    "send": ({}, {"message": "Hello"} | NOBODY),
    "estimate": ({}, {"recipientCount": 1} | NOTHING),
}


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    found: dict[str, Any] = app.extensions["openapi"]()
    return found


def every_operation(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def bodies(operation: dict[str, Any]) -> list[dict[str, Any] | None]:
    """Return the examples of an operation's body; one None where it takes none."""
    if "requestBody" not in operation:
        return [None]
    shown = operation["requestBody"]["content"]["application/json"]["examples"]
    return [one["value"] for one in shown.values()]


class Caller:
    """Calls the operations of the document for Ama, who has one of everything."""

    def __init__(self, client: FlaskClient, ama: Member) -> None:
        self.client, self.ama, self.made = client, ama, 0

    def seeds(self) -> dict[str, str]:
        """Return ids of hers in place of the examples' own, each made anew."""
        self.made += 1
        account_id = self.ama.account.id
        person = contacts.Draft(f"23350{self.made:07d}")
        group_id = contacts.groups.create(account_id, f"G{self.made}").public_id
        webhook, delivery = self._webhook(account_id)
        return {
            examples.WEBHOOK_ID: webhook.public_id,
            examples.DELIVERY_ID: delivery.public_id,
            examples.MESSAGE_ID: data(send(self.client, self.ama))["messageId"],
            examples.CONTACT_ID: contacts.create(account_id, person, group_id).public_id,
            examples.GROUP_ID: group_id,
            examples.TEMPLATE_ID: templates.create(
                account_id, f"T{self.made}", "Your {{item}} is ready."
            ).public_id,
        }

    def _webhook(self, account_id: int) -> tuple[WebhookEndpoint, WebhookDelivery]:
        for earlier in endpoints.every(account_id):
            endpoints.delete(account_id, earlier.public_id)
        target = endpoints.Target(URL, None)
        webhook, _ = endpoints.create(account_id, target, ["sms.received"])
        return webhook, deliver(webhook)

    def call(
        self,
        path: str,
        method: str,
        operation: dict[str, Any],
        ids: dict[str, str] | None = None,
        **keywords: Any,
    ) -> TestResponse:
        """Make a request; `ids` replaces the ids of the examples in it."""
        for one in operation["parameters"]:
            path = path.replace("{%s}" % one.get("name"), one.get("example", ""))  # noqa: UP031
        written = json.dumps([path, keywords.pop("json", None)])
        for example, real in (ids or {}).items():
            written = written.replace(example, real)
        path, body = json.loads(written)
        return self.client.open(
            "/api/v1" + path,
            method=method,
            **({} if body is None else {"json": body}),
            **({"headers": self.ama.headers} | keywords),
        )


@pytest.fixture
def caller(client: FlaskClient, ama: Member) -> Caller:
    return Caller(client, ama)


def test_the_document_is_valid_openapi_and_the_same_for_everybody(
    client: FlaskClient, document: dict[str, Any]
):
    response = client.get("/api/v1/openapi.json")
    assert response.json == document
    validate(response.json)


def test_every_route_and_method_is_in_it_with_its_scope(app: Flask, document: dict[str, Any]):
    routes = {
        (operations.path(rule), method): app.view_functions[rule.endpoint]
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in METHODS & rule.methods
    }
    found = {(path, method): operation for path, method, operation in every_operation(document)}
    assert found.keys() == routes.keys()
    for place, operation in found.items():
        scope = getattr(routes[place], "required_scope", None)
        assert operation.get("x-scope") == scope
        assert operation["security"] == (
            [{"bearer": [scope]}, {"apiKey": [scope]}] if scope else []
        )
    open_to_all = {o["operationId"] for o in found.values() if not o["security"]}
    assert open_to_all == {name.removeprefix("api.") for name in PUBLIC_API}


def test_everything_in_it_is_explained(document: dict[str, Any]):
    for path, method, operation in every_operation(document):
        assert operation["summary"], (path, method)
        assert all(one.get("description", "$ref" in one) for one in operation["parameters"])
    for name, schema in document["components"]["schemas"].items():
        assert schema["description"], name
        for field, one in schema.get("properties", {}).items():
            assert one.get("description"), (name, field)


def test_every_example_in_it_is_in_order(document: dict[str, Any]):
    for _, _, operation in every_operation(document):
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for content in (
            body["content"]["application/json"] for body in bodies if "content" in body
        ):
            for example in content.get("examples", {}).values():
                contract.validator(content["schema"], document).validate(example["value"])


def ok(caller: Caller, path: str, method: str, operation: dict[str, Any]) -> TestResponse:
    """Send each example; all but the last are looked at here."""
    for body in bodies(operation):
        response = caller.call(path, method, operation, caller.seeds(), json=body)
        assert response.status_code == 200, (operation["operationId"], body, response.text)
    return response


def not_modified(caller: Caller, path: str, method: str, operation: dict[str, Any]) -> TestResponse:
    tag = caller.call(path, method, operation).headers["ETag"]
    return caller.call(path, method, operation, headers={"If-None-Match": tag})


def bad(caller: Caller, path: str, method: str, operation: dict[str, Any]) -> TestResponse:
    shown = operation["responses"]["400"]["content"]["application/json"]["examples"]
    if "webhook_paused" in shown:
        ids = caller.seeds()
        change = endpoints.Change(paused=True)
        endpoints.change(caller.ama.account.id, ids[examples.WEBHOOK_ID], change)
        return caller.call(path, method, operation, ids)
    if "bad_idempotency_key" in shown:
        headers = caller.ama.headers | {"Idempotency-Key": "x" * 256}
        return caller.call(path, method, operation, json=bodies(operation)[0], headers=headers)
    if "requestBody" in operation:
        return caller.call(path, method, operation, json={"nothing": 1})
    return caller.call(path, method, operation, query_string={"page": "0"})


def keyless(caller: Caller, path: str, method: str, operation: dict[str, Any]) -> TestResponse:
    return caller.call(path, method, operation, headers={})


def poor(caller: Caller, path: str, method: str, operation: dict[str, Any]) -> TestResponse:
    esi = member("Esi", "esi@example.com", credits=0)
    [first, *_] = bodies(operation)
    return caller.call(path, method, operation, json=first, headers=esi.headers)


def scopeless(caller: Caller, path: str, method: str, operation: dict[str, Any]) -> TestResponse:
    _, wrong = keys.create(caller.ama.account.id, "wrong", set(Scope) - {operation["x-scope"]})
    return caller.call(path, method, operation, headers={"X-API-Key": wrong})


def missing(caller: Caller, path: str, method: str, operation: dict[str, Any]) -> TestResponse:
    query, body = MISSING.get(operation["operationId"], ({}, bodies(operation)[0]))
    return caller.call(path, method, operation, query_string=query, json=body)


def reused(caller: Caller, path: str, method: str, operation: dict[str, Any]) -> TestResponse:
    headers = caller.ama.headers | {"Idempotency-Key": f"of {method} {path}"}
    other = "templates" if path == "/contacts/groups" else "contacts/groups"
    body = {"name": path, "content": "Hello"} if other == "templates" else {"name": path}
    caller.client.post(f"/api/v1/{other}", json=body, headers=headers)
    [first, *_] = bodies(operation)
    return caller.call(path, method, operation, caller.seeds(), json=first, headers=headers)


def large(caller: Caller, path: str, method: str, operation: dict[str, Any]) -> TestResponse:
    body = b" " * (8 * 1024 * 1024 + 1)
    return caller.call(path, method, operation, data=body, content_type="application/json")


def plain(caller: Caller, path: str, method: str, operation: dict[str, Any]) -> TestResponse:
    return caller.call(path, method, operation, data=b"{}", content_type="text/plain")


def often(caller: Caller, path: str, method: str, operation: dict[str, Any]) -> TestResponse:
    app = caller.client.application
    app.extensions["throttle"] = Throttle(app.config["REDIS_URL"], 1)
    caller.client.get("/api/v1/balance", headers=caller.ama.headers)
    return caller.call(path, method, operation)


def broken(caller: Caller, path: str, method: str, operation: dict[str, Any]) -> TestResponse:
    caller.client.application.config["PROPAGATE_EXCEPTIONS"] = False
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(auth, "_authenticate", lambda: 1 / 0)
        return caller.call(path, method, operation)


PROVOKED: dict[str, Callable[..., TestResponse]] = {
    "200": ok,
    "304": not_modified,
    "400": bad,
    "401": keyless,
    "402": poor,
    "403": scopeless,
    "404": missing,
    "409": reused,
    "413": large,
    "415": plain,
    "429": often,
    "500": broken,
}


@pytest.mark.parametrize("status", PROVOKED)
def test_every_status_in_it_is_answered(caller: Caller, document: dict[str, Any], status: str):
    promising = [one for one in every_operation(document) if status in one[2]["responses"]]
    assert promising
    for path, method, operation in promising:
        response = PROVOKED[status](caller, path, method, operation)
        assert response.status_code == int(status), (method, path, response.text)


def test_no_status_in_it_is_left_out_above(document: dict[str, Any]):
    documented = {
        status for *_, operation in every_operation(document) for status in operation["responses"]
    }
    assert documented == PROVOKED.keys()
