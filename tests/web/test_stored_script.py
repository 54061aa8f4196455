"""Whatever people and programs can store is shown as text, on every page and in every partial."""

import json
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from flashsms.carriers.contract import Inbound
from flashsms.extensions import db, transaction
from flashsms.models import (
    Account,
    MessageStatus,
    OptSource,
    Recipient,
    RecipientStatus,
    Role,
    TransactionType,
    User,
    now,
)
from flashsms.services import (
    contacts,
    credits,
    imports,
    inbound,
    keys,
    opt_outs,
    people,
    senders,
    sending,
    templates,
)
from flashsms.services.campaigns import Wish, drafts
from flashsms.services.contacts import Draft
from flashsms.services.sending import Order
from tests.factories import Member, phones
from tests.services.webhooks.told import URL, deliver, endpoint
from tests.web.browsing import sign_in, token

SCRIPT = '"><script>alert(1)</script>'
TEXT = "{{firstName|x}} " + SCRIPT
RAW = ("<script>alert", "alert(1)</script>")
FILES = (
    "web.export_contacts",
    "web.download_problems",
    "web.export_campaign",
    "web.export_transactions",
)


@pytest.fixture
def ids(app: Flask, client: FlaskClient, ama: Member) -> dict[str, str]:
    """Sign in where script stands wherever a text can stand; the ids of what is there."""
    sign_in(client, "ama@example.com")
    account_id, number = ama.account.id, phones(1)[0]
    with transaction():
        db.session.execute(update(Account).values(name=SCRIPT, phone=SCRIPT))
        db.session.execute(update(User).values(name=SCRIPT))
    owner = people.members(account_id)[0]
    group = contacts.groups.create(account_id, SCRIPT)
    person = Draft(number, SCRIPT, SCRIPT, '"<script>alert(1)</script>"@x.yz', {"town": SCRIPT})
    contacts.add(account_id, [person], group.id)
    contact = contacts.page(account_id, 1, 1).items[0]
    opt_outs.opt_out(account_id, "233201111111", OptSource.REPLY)
    template = templates.create(account_id, SCRIPT, TEXT)
    wanted = senders.request(account_id, "AmaShop", SCRIPT)
    senders.reject(wanted.public_id, SCRIPT)
    credits.grant(account_id, 5, type=TransactionType.BONUS, reason=SCRIPT)
    order = Order(text=TEXT, campaign_name=SCRIPT, groups=[group.public_id])
    message = sending.accept(account_id, order).message
    with transaction():
        message.status, message.failed, message.waiting = MessageStatus.FAILED, 1, 0
        reason = {"status": RecipientStatus.FAILED, "reason": SCRIPT, "sent_at": now()}
        db.session.execute(update(Recipient).values(**reason))
    draft = drafts.save(
        account_id,
        drafts.new_id(),
        Wish(name=SCRIPT, text=TEXT, groups=(group.public_id,), numbers=SCRIPT),
    )
    quoted = SCRIPT.replace('"', '""')
    table = f'phone,"{quoted}"\n12,"{quoted}"\n'.encode()
    uploaded = imports.upload(account_id, SCRIPT + ".csv", BytesIO(table))
    invitation = people.invite(account_id, "yaw@example.com", Role.MEMBER, owner)
    key = keys.create(account_id, SCRIPT)[0]
    inbound.take(1, [Inbound(number, SCRIPT, SCRIPT)])
    webhook = endpoint(ama, f"{URL}?{SCRIPT.replace(' ', '')}", description=SCRIPT)
    delivery = deliver(webhook, body=json.dumps({"id": SCRIPT}), answer=SCRIPT, error=SCRIPT)
    with transaction():
        webhook.paused_at, webhook.paused_for = now(), SCRIPT
    db.session.commit()
    return {
        "group_id": group.public_id,
        "contact_id": contact.public_id,
        "template_id": template.public_id,
        "campaign_id": message.public_id,
        "draft_id": draft.public_id,
        "import_id": uploaded.public_id,
        "invitation_id": invitation.public_id,
        "member_id": owner.public_id,
        "key_id": key.public_id,
        "phone": number,
        "webhook_id": webhook.public_id,
        "delivery_id": delivery.public_id,
    }


def test_no_page_runs_what_somebody_stored(
    app: Flask, client: FlaskClient, ids: dict[str, str]
) -> None:
    looked_at = 0
    for rule in app.url_map.iter_rules():
        path = rule.rule
        for name, public_id in ids.items():
            path = path.replace(f"<{name}>", public_id)
        if not rule.endpoint.startswith("web.") or "GET" not in rule.methods or "<" in path:
            continue
        for query in ("", f"?q={SCRIPT}", f"?group={ids['group_id']}", "?kind=failed"):
            for headers in ({}, {"HX-Request": "true"}):
                if rule.endpoint in FILES:
                    continue
                page = client.get(path + query, headers=headers).text
                assert not any(raw in page for raw in RAW), path + query
                looked_at += "&lt;script&gt;" in page
    assert looked_at > 100


def test_no_partial_runs_what_somebody_typed(client: FlaskClient, ids: dict[str, str]) -> None:
    draft = f"/campaigns/drafts/{ids['draft_id']}"
    typed = dict.fromkeys(
        ("text", "name", "find", "sender", "numbers", "later", "password"), SCRIPT
    )
    for path in (f"{draft}/glance", f"{draft}/picker", "/templates/meter", "/password-strength"):
        data = typed | {"csrf_token": token(client, "/campaigns/new"), "groups": ids["group_id"]}
        part = client.post(path, data=data, headers={"HX-Request": "true"}).text
        assert part
        assert not any(raw in part for raw in RAW), path


def test_no_form_runs_what_it_refuses(app: Flask, client: FlaskClient, ids: dict[str, str]) -> None:
    fields = (
        "name",
        "phone",
        "email",
        "text",
        "first_name",
        "last_name",
        "purpose",
        "group",
        "code",
        "url",
        "description",
        "events",
        "attempt",
    )
    refused = dict.fromkeys((*fields, "new_group", "current", "timezone", "role", "next"), SCRIPT)
    refused["csrf_token"] = token(client, "/campaigns/new")
    for rule in app.url_map.iter_rules():
        path = rule.rule
        for name, public_id in ids.items():
            path = path.replace(f"<{name}>", public_id)
        if rule.endpoint.startswith("web.") and "POST" in rule.methods and "<" not in path:
            if path == "/logout" or "leave" in path:
                continue
            answer = client.post(path, data=refused)
            assert answer.status_code in (200, 302, 400, 404), path
            assert not any(raw in answer.text for raw in RAW), path
