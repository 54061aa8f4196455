"""The documentation names all there is, and fills a test key in for owners, once."""

import re
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from flashsms.extensions import db
from flashsms.models import ApiKey, EventType, MessageStatus, Role, Scope, User
from flashsms.services import keys
from flashsms.simulator.magic import MAGIC
from flashsms.web.docs import contents, samples
from tests.api.test_docs import CODE, documented
from tests.factories import Member
from tests.web.browsing import fill, sign_in

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "templates" / "docs" / "samples"
SECRET = re.compile(r"bms_test_[A-Za-z0-9]{32}")


@pytest.fixture
def pages(client: FlaskClient) -> dict[str, str]:
    """Both pages as a visitor gets them."""
    return {path: client.get(path).text for path in ("/docs", "/docs/reference")}


def ids(page: str) -> list[str]:
    return re.findall(r' id="([^"]+)"', page)


def test_visitors_may_read_it(client: FlaskClient):
    for path in ("/docs", "/docs/reference"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "Cache-Control" not in answer.headers
        assert "style=" not in answer.text
        assert "<script>" not in answer.text


def test_every_operation_is_in_the_reference(app: Flask, pages: dict[str, str]):
    shown = re.sub(r"<[^>]+>", "", pages["/docs/reference"])
    operations = {
        rf"\b{method} (PATCH )?{re.escape(documented(rule.rule))}\n"
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert len(operations) > 20
    assert [one for one in operations if not re.search(one, shown)] == []


def test_every_scope_code_event_status_and_test_number_has_its_place(pages: dict[str, str]):
    places = set(ids(pages["/docs/reference"]))
    sources = [*(ROOT / "flashsms" / "api").rglob("*.py")]
    for service in ("contacts", "sending", "templates.py", "idempotency.py", "history.py"):
        found = ROOT / "flashsms" / "services" / service
        sources += [found] if found.suffix else found.glob("*.py")
    codes = {code for source in sources for code in CODE.findall(source.read_text())}
    codes -= {"too_late", "schedule_too_far"}  # it does not cancel, and refuses the other sooner
    assert {"scope_missing", "contact_exists", "bad_template"} < codes
    wanted = {f"error-{code}" for code in (*codes, "method_not_allowed", "internal_error")}
    wanted |= {f"scope-{scope.replace(':', '-')}" for scope in Scope}
    wanted |= {f"event-{type}" for type in EventType}
    wanted |= {f"test-{ending}" for ending in MAGIC}
    assert wanted - places == set()
    for status in set(MessageStatus) - {MessageStatus.SCHEDULED}:
        assert f"<code>{status}</code>" in pages["/docs/reference"]


def test_what_any_call_can_be_refused_with_is_said_once(pages: dict[str, str]):
    sending = pages["/docs/reference"].partition('id="send"')[2].partition("</article>")[0]
    assert '<a href="#error-insufficient_credits">' in sending
    assert "error-key_missing" not in sending
    errors = pages["/docs/reference"].partition('id="errors"')[2].partition("<table")[0]
    usual = re.findall(r'href="#error-(\w+)"', errors)
    assert usual[:3] == ["key_missing", "key_malformed", "key_invalid"]
    assert {"scope_missing", "rate_limited", "internal_error"} < set(usual)


def test_every_field_and_parameter_stands_with_its_endpoint(app: Flask, pages: dict[str, str]):
    document = app.extensions["openapi"]()
    asked = 0
    for methods in document["paths"].values():
        for said in methods.values():
            name = said["operationId"].removesuffix("ByPut")
            shown = pages["/docs/reference"].partition(f'<h3 id="{name}">')[2]
            shown = shown.partition("</article>")[0]
            content = said.get("requestBody", {}).get("content", {}).get("application/json", {})
            model = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
            fields = document["components"]["schemas"].get(model, {}).get("properties", {})
            names = [*fields, *(one["name"] for one in said["parameters"] if "name" in one)]
            assert [one for one in names if f"<code>{one}</code>" not in shown] == [], name
            asked += len(names)
    assert asked > 60


def test_fields_are_told_in_words(pages: dict[str, str]):
    text = re.sub(r"<[^>]+>", " ", pages["/docs/reference"])
    for words in (
        r"message +string, at most 918 +The text",
        r"recipientCount +required +whole number from 1 to 10,000",
        r"contacts\[\]\.phone +required +string",
        r"status +one of PENDING, SENT, DELIVERED, FAILED, CANCELLED",
        r"stats\.deliveryRate +number",
    ):
        assert re.search(words, text), words


def test_the_test_numbers_end_as_the_simulators_page_says(pages: dict[str, str]):
    said = (ROOT / "docs" / "simulator.md").read_text()
    table = re.findall(r"^\| `(\d{4})` \| .*? \| (\w+)", said, re.M)
    shown = re.findall(r'id="test-(\d{4})">.*?<td>([A-Z]+)</td></tr>', pages["/docs/reference"])
    assert shown == table


def test_no_id_is_there_twice_and_every_link_leads_somewhere(
    client: FlaskClient, pages: dict[str, str]
):
    for path, page in pages.items():
        assert len(set(ids(page))) == len(ids(page))
        for target in set(re.findall(r'href="([^"]+)"', page)):
            there, _, anchor = unescape(target).partition("#")
            there = (there or path).removeprefix("http://127.0.0.1:8000")
            if there.startswith("http"):
                continue
            if anchor:
                assert anchor in ids(pages[there]), target
            else:
                assert client.get(there).status_code == 200, target


def test_every_guide_and_topic_has_its_text(pages: dict[str, str]):
    for anchor in (*contents.QUICKSTART, *(f"guide-{one}" for one in contents.GUIDES)):
        assert anchor in ids(pages["/docs"])
    for anchor in contents.TOPICS:
        assert anchor in ids(pages["/docs/reference"])


def test_every_sample_is_shown_and_none_has_an_address_of_ours(pages: dict[str, str]):
    suffixes = {one.suffix: one.slug for one in samples.LANGUAGES}
    for path in SAMPLES.iterdir():
        assert f"{path.stem}-{suffixes[path.suffix]}" in ids(pages["/docs"])
    assert "sms.example.com" not in pages["/docs"]
    assert "http://127.0.0.1:8000/api/v1" in pages["/docs"]
    assert samples.KEY in pages["/docs"]


def test_an_owner_has_a_test_key_filled_in_this_once(client: FlaskClient, ama: Member):
    sign_in(client, "ama@example.com")
    answer = fill(client, "/docs", attempt="one")
    assert answer.headers["Cache-Control"] == "no-store"
    [secret] = set(SECRET.findall(answer.text))
    assert answer.text.count(secret) >= len([*SAMPLES.iterdir()]) - 6  # receivers need none
    assert samples.KEY not in answer.text
    key = keys.recognise(secret)
    assert key is not None
    assert key.is_test
    assert key.account_id == ama.account.id
    assert key.scopes == set(Scope)
    assert key.expires_at is not None
    assert secret not in client.get("/docs").text


def test_the_same_button_makes_one_key(client: FlaskClient, ama: Member):
    sign_in(client, "ama@example.com")
    fill(client, "/docs", attempt="one")
    again = fill(client, "/docs", attempt="one")
    assert again.location == "/docs"
    assert "This key was made already" in client.get("/docs").text
    assert db.session.query(ApiKey).filter_by(is_test=True).count() == 1


def test_members_and_visitors_get_no_key(client: FlaskClient, ama: Member):
    assert "Sign in" in client.get("/docs").text
    assert fill(client, "/login", to="/docs").location.startswith("/login")
    db.session.execute(update(User).values(role=Role.MEMBER))
    db.session.commit()
    sign_in(client, "ama@example.com")
    page = client.get("/docs").text
    assert "Owners of an account make its keys" in page
    assert "Make a test key" not in page
    assert fill(client, "/templates/new", to="/docs").status_code == 403
    assert db.session.query(ApiKey).filter_by(is_test=True).count() == 0


def test_a_key_needs_the_forms_token(client: FlaskClient, ama: Member):
    sign_in(client, "ama@example.com")
    assert client.post("/docs").status_code == 400
    assert db.session.query(ApiKey).filter_by(is_test=True).count() == 0


@pytest.mark.parametrize("attempt", ["\0", "%", "x" * 5000])
def test_whatever_the_button_sends_makes_a_key_or_is_refused(
    client: FlaskClient, ama: Member, attempt: str
):
    sign_in(client, "ama@example.com")
    assert fill(client, "/docs", attempt=attempt).status_code in (200, 400)
