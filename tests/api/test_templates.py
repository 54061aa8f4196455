"""Templates through the API: one's own, and nobody else's."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flashsms.extensions import db, transaction
from flashsms.models import Template, now
from flashsms.services import keys, templates
from tests.api.calls import data, error, get
from tests.factories import Member

PATH = "/api/v1/templates"
WELCOME = {"name": "Welcome Message", "content": "Hi {{name}}, your {{item|order}} is ready!"}


def create(
    client: FlaskClient, member: Member, headers: dict[str, str] | None = None, **body: Any
) -> TestResponse:
    """Create WELCOME, with the fields of `body` instead of its own."""
    return client.post(PATH, json=WELCOME | body, headers=member.headers | (headers or {}))


def change(
    client: FlaskClient, member: Member, template_id: str, method: str = "PUT", **body: Any
) -> TestResponse:
    return client.open(f"{PATH}/{template_id}", method=method, json=body, headers=member.headers)


def delete(client: FlaskClient, member: Member, template_id: str) -> TestResponse:
    return client.delete(f"{PATH}/{template_id}", headers=member.headers)


def listed(client: FlaskClient, member: Member) -> list[dict[str, Any]]:
    found = data(get(client, member, "templates"))
    assert found.keys() == {"templates"}
    templates: list[dict[str, Any]] = found["templates"]
    return templates


def test_a_created_template_is_answered_and_listed(client: FlaskClient, ama: Member):
    made = data(create(client, ama))
    assert made.keys() == {"id", "name", "content", "variables", "createdAt", "updatedAt"}
    assert made["id"].startswith("tpl_")
    assert {name: made[name] for name in WELCOME} == WELCOME
    assert made["variables"] == ["name", "item"]
    assert made["createdAt"].endswith("Z")
    assert listed(client, ama) == [made]


def test_without_templates_the_list_is_empty(client: FlaskClient, ama: Member):
    assert listed(client, ama) == []


def test_templates_are_listed_by_name(client: FlaskClient, ama: Member):
    for name in ("Waakye", "akple", "Banku"):
        create(client, ama, name=name)
    assert [one["name"] for one in listed(client, ama)] == ["akple", "Banku", "Waakye"]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_change_is_partial(client: FlaskClient, ama: Member, method: str):
    made = data(create(client, ama))
    renamed = data(change(client, ama, made["id"], method, name="Order"))
    assert {**renamed, "updatedAt": None} == {**made, "name": "Order", "updatedAt": None}
    reworded = data(change(client, ama, made["id"], method, content="Bye {{firstName}}", name=None))
    assert (reworded["name"], reworded["variables"]) == ("Order", ["firstName"])
    assert listed(client, ama) == [reworded]


@pytest.mark.parametrize("body", [{}, {"name": None}, {"name": None, "content": None}])
def test_a_change_of_nothing_is_refused(client: FlaskClient, ama: Member, body: dict[str, None]):
    made = data(create(client, ama))
    for method in ("PUT", "PATCH"):
        sentence = error(change(client, ama, made["id"], method, **body), 400, "invalid_request")
        assert sentence == "Give name, content or both: there is nothing to change."
    assert listed(client, ama) == [made]


def test_a_deleted_template_is_gone(client: FlaskClient, ama: Member):
    made = data(create(client, ama))
    assert data(delete(client, ama, made["id"])) == {"id": made["id"], "deleted": True}
    assert listed(client, ama) == []
    error(delete(client, ama, made["id"]), 404, "template_unknown")
    data(create(client, ama))


def test_a_name_that_is_there_is_a_bad_request(client: FlaskClient, ama: Member):
    made = data(create(client, ama))
    sentence = error(create(client, ama, name="WELCOME message"), 400, "template_exists")
    assert "WELCOME message" in sentence
    other = data(create(client, ama, name="Other"))
    error(change(client, ama, other["id"], name="welcome Message"), 400, "template_exists")
    assert listed(client, ama) == [other, made]


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({"name": None}, "invalid_request", "name must be a string"),
        ({"name": 5}, "invalid_request", "name must be a string"),
        ({"content": ["x"]}, "invalid_request", "content must be a string"),
        ({"text": "x"}, "invalid_request", "Its fields are name, content"),
        ({"id": "tpl_mine"}, "invalid_request", "'id' is not a field"),
        ({"name": ""}, "bad_template", "name must not be empty"),
        ({"name": "a\0b"}, "bad_template", "name must be one line"),
        ({"name": "x" * 101}, "bad_template", "101 characters"),
        ({"content": " "}, "bad_template", "content must not be empty"),
        ({"content": "x" * 919}, "bad_template", "919 characters"),
        ({"content": "a\0b"}, "bad_template", "Character 2"),
        ({"content": "Hi {{first name}}"}, "bad_template", "Character 4"),
        ({"content": "Hi {{Phone}}"}, "bad_template", "{{phone}}"),
    ],
)
def test_a_bad_template_is_refused(
    client: FlaskClient, ama: Member, body: dict[str, Any], code: str, words: str
):
    assert words in error(create(client, ama, **body), 400, code)
    assert listed(client, ama) == []
    if body != {"name": None}:
        made = data(create(client, ama))
        assert words in error(change(client, ama, made["id"], **body), 400, code)
        assert listed(client, ama) == [made]


def test_missing_fields_are_named(client: FlaskClient, ama: Member):
    response = client.post(PATH, json={}, headers=ama.headers)
    error(response, 400, "invalid_request")
    assert response.json["details"] == ["name is required.", "content is required."]


def test_another_accounts_template_is_unknown_to_every_verb(
    client: FlaskClient, ama: Member, kofi: Member
):
    his = data(create(client, kofi))
    assert listed(client, ama) == []
    for response in (
        change(client, ama, his["id"], name="Mine"),
        change(client, ama, his["id"], "PATCH", content="Mine"),
        delete(client, ama, his["id"]),
    ):
        assert his["id"] in error(response, 404, "template_unknown")
    assert listed(client, kofi) == [his]


def test_two_accounts_can_have_the_same_name(client: FlaskClient, ama: Member, kofi: Member):
    hers, his = data(create(client, ama)), data(create(client, kofi))
    assert hers["id"] != his["id"]
    assert (listed(client, ama), listed(client, kofi)) == ([hers], [his])


@pytest.mark.parametrize("template_id", ["tpl_nothing", "%00", "%ED%A0%80", "x" * 3000])
def test_an_unknown_id_is_answered_with_404(client: FlaskClient, ama: Member, template_id: str):
    for response in (
        change(client, ama, template_id, name="Mine"),
        change(client, ama, template_id, "PATCH", name="Mine"),
        delete(client, ama, template_id),
    ):
        error(response, 404, "template_unknown")


def test_the_systems_templates_never_come_out_and_cannot_be_changed(
    client: FlaskClient, ama: Member
):
    with transaction():
        texts = {"name": "Offered", "folded": "offered", "content": "Hi"}
        offered = Template(**texts, published_at=now())
        db.session.add(offered)
    assert len(templates.for_dashboard(ama.account.id)) >= 1
    assert listed(client, ama) == []
    error(change(client, ama, offered.public_id, name="Mine"), 404, "template_unknown")
    error(delete(client, ama, offered.public_id), 404, "template_unknown")
    data(create(client, ama, name="Offered"))
    assert offered in templates.for_dashboard(ama.account.id)


def test_the_same_request_under_one_key_makes_one_template(client: FlaskClient, ama: Member):
    once = {"Idempotency-Key": "welcome-1"}
    first = create(client, ama, once)
    again = create(client, ama, once)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert data(again) == data(first)
    assert listed(client, ama) == [data(first)]
    error(create(client, ama, once, name="Other"), 409, "idempotency_key_reused")


def test_a_refused_request_leaves_its_key_free(client: FlaskClient, ama: Member):
    once = {"Idempotency-Key": "welcome-1"}
    made = data(create(client, ama))
    error(create(client, ama, once), 400, "template_exists")
    delete(client, ama, made["id"])
    assert data(create(client, ama, once))["name"] == WELCOME["name"]


def test_each_verb_needs_its_scope(client: FlaskClient, ama: Member):
    made = data(create(client, ama))
    _, reading = keys.create(ama.account.id, "reads", ["templates:read"])
    _, writing = keys.create(ama.account.id, "writes", ["templates:write"])
    one = f"{PATH}/{made['id']}"
    verbs = {
        ("GET", PATH): "templates:read",
        ("POST", PATH): "templates:write",
        ("PUT", one): "templates:write",
        ("PATCH", one): "templates:write",
        ("DELETE", one): "templates:write",
    }
    for (method, path), scope in verbs.items():
        key = writing if scope == "templates:read" else reading
        body = json.dumps({"name": "Other", "content": "x"})
        response = client.open(
            path,
            method=method,
            data=body,
            content_type="application/json",
            headers={"Authorization": f"Bearer {key}"},
        )
        assert scope in error(response, 403, "scope_missing")
    assert listed(client, ama) == [made]
