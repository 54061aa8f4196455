"""An operator sees an account as its owner does, and changes nothing in it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select, update
from werkzeug.test import TestResponse

from flashsms.carriers.contract import Inbound
from flashsms.extensions import db, transaction
from flashsms.models import AuditEntry, User
from flashsms.services import (
    accounts,
    campaigns,
    contacts,
    imports,
    inbound,
    keys,
    sending,
    templates,
)
from flashsms.services.campaigns import Wish
from flashsms.services.contacts.drafts import Draft
from flashsms.services.sending import Order
from flashsms.web.session import VIEWED
from tests.factories import Member
from tests.web.browsing import fill, sign_in, token

WRITER = "233242001000"
PUBLIC = {"web.sign_out", "web.take_callback"}  # about no account that is looked at
ABOUT_ONESELF = {"/settings", "/settings/security", "/settings/two-factor"}
Call = tuple[str, str, str]  # endpoint, method, path


@pytest.fixture
def viewer(operator: FlaskClient, ama: Member, kofi: Member) -> FlaskClient:
    """The operator's browser, which looks at Ama's account."""
    assert view(operator, ama).location == "/"
    return operator


def view(client: FlaskClient, whose: Member) -> TestResponse:
    account = f"/admin/accounts/{whose.account.public_id}"
    return fill(client, account, to=f"{account}/view")


def looks() -> list[tuple[str, int | None]]:
    db.session.commit()
    query = select(AuditEntry.actor, AuditEntry.account_id)
    found = db.session.execute(query.where(AuditEntry.action == "account looked at"))
    return [tuple(one) for one in found]


def possessions(whose: Member) -> dict[str, str]:
    """Give an account something of everything, and return the ids by their names in addresses."""
    account_id, name = whose.account.id, whose.account.name
    contact = contacts.create(account_id, Draft("233241234567", f"{name}'s", "friend"))
    group = contacts.groups.create(account_id, f"{name}s regulars")
    template = templates.create(account_id, f"{name}s greeting", "Hello")
    order = Order(text="Hello", recipients=["0241234567"], campaign_name=f"{name}s sale")
    draft_id = campaigns.drafts.new_id()
    campaigns.drafts.save(account_id, draft_id, Wish(text=f"{name}s draft", numbers="0241234567"))
    upload = imports.upload(account_id, "people.csv", BytesIO(b"Phone\n0241234567\n"))
    keys.create(account_id, f"{name}s website")
    number = f"19{account_id:02d}"
    inbound.numbers.add(number, account=whose.account.public_id, carrier=None)
    inbound.take(1, [Inbound(WRITER, number, f"Hello {name}")])
    return {
        "contact_id": contact.public_id,
        "group_id": group.public_id,
        "template_id": template.public_id,
        "campaign_id": sending.accept(account_id, order).message.public_id,
        "draft_id": draft_id,
        "import_id": upload.public_id,
        "key_id": whose.api_key.public_id,
        "phone": WRITER,
    }


def calls(app: Flask, ids: dict[str, str]) -> Iterator[Call]:
    """Every method of every address of the dashboard."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("web."):
            path = re.sub(r"<([^>]+)>", lambda found: ids.get(found[1], "some_1"), rule.rule)
            for method in sorted(rule.methods or ()):
                yield rule.endpoint, method, path


def everything() -> dict[str, list[str]]:
    """All rows of all tables."""
    db.session.commit()
    tables = db.metadata.sorted_tables
    return {table.name: sorted(map(str, db.session.execute(select(table)))) for table in tables}


@contextmanager
def written() -> Iterator[list[str]]:
    """Collect the statements that change something."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not re.match(r"\s*(SELECT|BEGIN|PRAGMA|SHOW|SET|WITH)\b", statement, re.IGNORECASE):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


def test_the_viewer_sees_what_the_owner_sees(
    operator: FlaskClient, ama: Member, kofi: Member
) -> None:
    possessions(ama)
    possessions(kofi)
    view(operator, ama)
    for path, shown in {
        "/": "Amas sale",
        "/campaigns": "Amas sale",
        "/contacts": "friend",
        "/templates": "Amas greeting",
        "/conversations": "Hello Ama",
        "/credits": "Amas sale",
        "/api-keys": "Amas website",
        "/settings/account": 'value="Ama"',
        "/settings/members": "ama@example.com",
        "/settings/activity": "account looked at",
    }.items():
        page = operator.get(path)
        assert page.status_code == 200, path
        assert shown.lower() in page.text.lower(), path
        assert "You see <strong>Ama</strong> as its owner does" in page.text, path
        assert "Kofi" not in page.text, path


def test_what_others_have_stays_unknown_to_the_viewer(
    app: Flask, operator: FlaskClient, ama: Member, kofi: Member
) -> None:
    ids = possessions(kofi)
    view(operator, ama)
    answers = {
        path: operator.get(path, headers={"HX-Request": "true"}).status_code
        for _, method, path in calls(app, ids)
        if method == "GET" and any(one in path for one in ids.values())
    }
    assert len(answers) >= 12
    assert {path: status for path, status in answers.items() if status != 404} == {}


def test_nothing_is_changed_while_looking(
    app: Flask, operator: FlaskClient, ama: Member, kofi: Member
) -> None:
    ids = possessions(ama)
    view(operator, ama)
    given = {"csrf_token": token(operator, "/"), "name": "Changed", "text": "Changed"}
    before = everything()
    answers = {
        (method, path): operator.open(path, method=method, data=given)
        for endpoint, method, path in calls(app, ids)
        if method not in {"GET", "HEAD", "OPTIONS"} and endpoint not in PUBLIC
    }
    assert len(answers) > 40
    assert {call: one.status_code for call, one in answers.items() if one.status_code != 403} == {}
    assert all("nothing can be changed" in one.text for one in answers.values())
    assert everything() == before


def test_no_page_writes_while_looking(
    app: Flask, operator: FlaskClient, ama: Member, kofi: Member
) -> None:
    ids = possessions(ama)
    view(operator, ama)
    pages = {path for _, method, path in calls(app, ids) if method == "GET"}
    before = everything()
    with written() as statements:
        statuses = {path: operator.get(path, buffered=True).status_code for path in pages}
    assert {path: status for path, status in statuses.items() if status >= 500} == {}
    assert statements == []
    assert everything() == before


def test_a_refusal_says_how_to_go_on(viewer: FlaskClient) -> None:
    refused = fill(viewer, "/templates/new", name="Mine", text="Hello")
    assert refused.status_code == 403
    assert "You are looking at Ama" in refused.text
    assert "Stop looking" in refused.text
    headers = {"HX-Request": "true", "X-CSRFToken": token(viewer, "/")}
    part = viewer.post("/templates/meter", data={"text": "Hello"}, headers=headers)
    assert part.status_code == 403
    assert part.headers["HX-Retarget"] == "#flashes"


def test_a_large_upload_is_refused_unread(viewer: FlaskClient, ama: Member) -> None:
    file = (BytesIO(b"Phone\n0241234567\n"), "people.csv")
    assert viewer.post("/contacts/import", data={"file": file}).status_code == 403


def test_the_pages_about_oneself_lead_to_the_account(viewer: FlaskClient) -> None:
    for path in ABOUT_ONESELF:
        assert viewer.get(path).location == "/settings/account"
    page = viewer.get("/settings/account").text
    assert 'href="/settings/security"' not in page


def test_a_look_is_noted_once(viewer: FlaskClient, boss: Member, ama: Member, kofi: Member) -> None:
    for path in ("/", "/contacts", "/admin"):
        viewer.get(path)
    view(viewer, ama)
    assert looks() == [("boss@example.com", ama.account.id)]
    view(viewer, kofi)
    assert looks()[1:] == [("boss@example.com", kofi.account.id)]
    assert "You see <strong>Kofi</strong>" in viewer.get("/").text


def test_it_ends(viewer: FlaskClient, ama: Member) -> None:
    ended = viewer.post("/admin/view/end", data={"csrf_token": token(viewer, "/campaigns")})
    assert ended.location == f"/admin/accounts/{ama.account.public_id}"
    page = viewer.get("/").text
    assert "as its owner does" not in page
    assert "Operations" in page
    assert fill(viewer, "/templates/new", name="Mine", text="Hello").status_code == 302
    again = viewer.post("/admin/view/end", data={"csrf_token": token(viewer, "/")})
    assert again.location == "/admin/accounts"


def test_ending_needs_the_token(viewer: FlaskClient) -> None:
    assert viewer.post("/admin/view/end").status_code == 400
    assert "You see <strong>Ama</strong>" in viewer.get("/").text


def test_signing_out_ends_it(viewer: FlaskClient) -> None:
    assert viewer.post("/logout", data={"csrf_token": token(viewer, "/")}).location == "/login"
    sign_in(viewer, "boss@example.com")
    assert "as its owner does" not in viewer.get("/").text


def test_the_operators_area_works_as_ever(viewer: FlaskClient, ama: Member, kofi: Member) -> None:
    page = viewer.get("/admin/accounts").text
    assert "The dashboard shows <strong>Ama</strong> instead of your own account" in page
    there = f"/admin/accounts/{kofi.account.public_id}"
    terms = {"terms-price": "2", "terms-rate_limit": ""}
    assert fill(viewer, there, to=f"{there}/terms", **terms).location == there
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (entry.actor, entry.account_id) == ("boss@example.com", kofi.account.id)


def test_an_operator_does_not_look_at_the_own_account(viewer: FlaskClient, boss: Member) -> None:
    assert view(viewer, boss).location == "/"
    assert looks()[1:] == []
    page = viewer.get("/").text
    assert "This is your own account." in page
    assert "as its owner does" not in page
    assert "See as its owner" not in viewer.get(f"/admin/accounts/{boss.account.public_id}").text


def test_who_is_no_operator_any_more_stops_at_once(viewer: FlaskClient, ama: Member) -> None:
    promote(is_admin=False)
    page = viewer.get("/").text
    assert "Operations" in page
    assert "as its owner does" not in page
    assert fill(viewer, "/templates/new", name="Mine", text="Hello").status_code == 302
    promote(is_admin=True)
    assert "as its owner does" not in viewer.get("/").text
    assert looks() == [("boss@example.com", ama.account.id)]


def test_a_change_right_after_that_is_made_in_the_own_account(
    viewer: FlaskClient, boss: Member, ama: Member
) -> None:
    given = {"csrf_token": token(viewer, "/"), "name": "Mine", "text": "Hello"}
    promote(is_admin=False)
    assert viewer.post("/templates/new", data=given).status_code == 302
    assert [one.name for one in templates.every(boss.account.id)] == ["Mine"]
    assert templates.every(ama.account.id) == []


@pytest.mark.parametrize("forged", ["ama", "acc_nothing", "\0", "%"])
def test_a_forged_session_shows_the_own_account(
    client: FlaskClient, ama: Member, kofi: Member, forged: str
) -> None:
    possessions(ama)
    sign_in(client, "kofi@example.com")
    with client.session_transaction() as session:
        session[VIEWED] = ama.account.public_id if forged == "ama" else forged
    for path in ("/", "/campaigns", "/contacts", "/credits", "/api-keys", "/settings"):
        page = client.get(path).text
        assert "Amas" not in page, path
        assert "as its owner does" not in page, path
        assert "Kofi" in page, path
    assert fill(client, "/templates/new", name="Mine", text="Hello").status_code == 302
    assert [one.name for one in templates.every(kofi.account.id)] == ["Mine"]


@pytest.mark.parametrize("forged", ["acc_nothing", "\0", "%", ""])
def test_an_account_that_is_none_shows_the_own_one(
    operator: FlaskClient, boss: Member, forged: str
) -> None:
    with operator.session_transaction() as session:
        session[VIEWED] = forged
    assert "Operations" in operator.get("/").text
    assert fill(operator, "/templates/new", name="Mine", text="Hello").status_code == 302


def test_the_api_takes_keys_only(viewer: FlaskClient, ama: Member) -> None:
    hello = {"recipients": ["0201234567"], "message": "Hello"}
    assert viewer.post("/api/v1/sms/send", json=hello).status_code == 401
    sent = viewer.post("/api/v1/sms/send", json=hello, headers=ama.headers)
    assert sent.status_code == 200


def test_a_viewer_reads_why_the_account_is_suspended(viewer: FlaskClient, ama: Member) -> None:
    accounts.suspend(ama.account.public_id, "Spam")
    assert "This account is suspended: Spam." in viewer.get("/").text
    assert "This account is suspended" not in viewer.get("/admin/accounts").text


def promote(*, is_admin: bool) -> None:
    with transaction():
        changing = update(User).where(User.email == "boss@example.com")
        db.session.execute(changing.values(is_admin=is_admin))
