"""What forms take for their fields, and what they leave alone."""

import importlib
import json
import pkgutil
import re
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_wtf import FlaskForm
from sqlalchemy import select

from flashsms.extensions import db
from flashsms.models import Sender
from flashsms.services import senders
from flashsms.web import forms
from flashsms.web.forms.asking import Form
from tests.factories import Member
from tests.web.browsing import fill, sign_in, token

BODIES = [{"name": "AmaShop"}, {"name": 5}, {"name": {"a": [1]}}, [1, 2], [["a"]], "text", 5, None]


@pytest.fixture(autouse=True)
def _signed_in(client: FlaskClient, ama: Member) -> None:
    sign_in(client, "ama@example.com")


def requested() -> list[str]:
    db.session.commit()
    return [name for name in db.session.scalars(select(Sender.name)) if name != "MyBrand"]


def posts(app: Flask) -> list[str]:
    """Return where forms of the dashboard go; ids that there are none of stand in for ids."""
    rules = (rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("web."))
    taking = [rule.rule for rule in rules if "POST" in (rule.methods or ())]
    return [re.sub(r"<[^>]+>", "none", path) for path in taking if path != "/logout"]


def test_every_form_reads_as_the_house_does() -> None:
    for module in pkgutil.iter_modules(forms.__path__):
        importlib.import_module(f"{forms.__name__}.{module.name}")
    house = [one for one in FlaskForm.__subclasses__() if one.__module__.startswith("flashsms.")]
    assert house == [Form]
    assert len(Form.__subclasses__()) > 10


@pytest.mark.parametrize("body", BODIES)
def test_a_json_body_is_an_empty_form(client: FlaskClient, body: object) -> None:
    headers = {"X-CSRFToken": token(client, "/sender-ids")}
    answer = client.post("/sender-ids", json=body, headers=headers)
    assert answer.status_code == 400
    assert "Enter the name that people shall see." in answer.text
    assert requested() == []


@pytest.mark.parametrize("body", [b"{", b"", b"\xff", b"null"])
def test_what_only_says_that_it_is_json_is_an_empty_form(client: FlaskClient, body: bytes) -> None:
    headers = {"X-CSRFToken": token(client, "/sender-ids"), "Content-Type": "application/json"}
    answer = client.post("/sender-ids", data=body, headers=headers)
    assert answer.status_code == 400
    assert "Enter the name that people shall see." in answer.text


@pytest.mark.parametrize("body", [{"v": 5}, {"v": {"a": 1}}, {"v": ["a", None]}, [1, 2]])
def test_no_page_crashes_on_a_json_body(app: Flask, client: FlaskClient, body: object) -> None:
    names = ("name", "phone", "email", "text", "current", "code", "role", "contact", "file")
    given = dict.fromkeys(names, body["v"]) if isinstance(body, dict) else body
    headers = {"X-CSRFToken": token(client, "/sender-ids")}
    for path in posts(app):
        sent = client.post(path, data=json.dumps(given), headers=headers, content_type="text/json")
        again = client.post(path, json=given, headers=headers)
        assert {sent.status_code, again.status_code} <= {200, 302, 400, 403, 404}, path


def test_the_token_may_come_in_the_form_or_in_a_header_and_must_come(client: FlaskClient) -> None:
    assert fill(client, "/sender-ids", name="InForm").status_code == 302
    header = {"X-CSRFToken": token(client, "/sender-ids")}
    plain = client.post("/sender-ids", data={"name": "InHeader"}, headers=header)
    assert plain.status_code == 302
    assert client.post("/sender-ids", data={"name": "None"}).status_code == 400
    in_json = {"name": "InBody", "csrf_token": header["X-CSRFToken"]}
    assert client.post("/sender-ids", json=in_json).status_code == 400
    assert sorted(requested()) == ["InForm", "InHeader"]


def test_a_file_is_no_text(client: FlaskClient) -> None:
    form = {"csrf_token": token(client, "/sender-ids"), "name": (BytesIO(b"AmaShop"), "name")}
    answer = client.post("/sender-ids", data=form, content_type="multipart/form-data")
    assert answer.status_code == 400
    assert "Enter the name that people shall see." in answer.text
    assert requested() == []


def test_text_is_no_file(client: FlaskClient) -> None:
    answer = fill(client, "/contacts/import", file="phone,0241234567")
    assert answer.status_code == 400
    assert "Choose a file." in answer.text


def test_a_field_that_is_missing_is_not_what_it_was(client: FlaskClient, ama: Member) -> None:
    senders.request(ama.account.id, "AmaShop")
    header = {"X-CSRFToken": token(client, "/api-keys/new")}
    answer = client.post("/api-keys/new", headers=header)
    assert answer.status_code == 400
    assert "Choose at least one thing that the key may do." in answer.text
