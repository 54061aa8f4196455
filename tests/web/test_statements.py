"""No page runs a number of SQL statements that grows with what it lists."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from flashsms.carriers.contract import Inbound
from flashsms.extensions import db
from flashsms.models import DeliveryStatus, OptSource, Role, WebhookEndpoint, now
from flashsms.services import (
    contacts,
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
from flashsms.services.webhooks import endpoints
from tests.factories import Member, phones
from tests.services.webhooks.told import URL, deliver, endpoint
from tests.web.browsing import sign_in

PAGES = (
    "/",
    "/campaigns",
    "/campaigns?q=sale",
    "/campaigns/{campaign}",
    "/campaigns/{campaign}?kind=waiting",
    "/campaigns/drafts/{draft}",
    "/campaigns/drafts/{draft}/review",
    "/contacts",
    "/contacts?group={group}",
    "/contacts/opt-outs",
    "/contacts/import",
    "/conversations",
    "/conversations?q=person",
    "/conversations/233240001000",
    "/templates",
    "/sender-ids",
    "/credits",
    "/api-keys",
    "/settings",
    "/settings/members",
    "/settings/activity",
    "/settings/replies",
    "/settings/alerts",
)


@pytest.fixture(autouse=True)
def _signed_in(client: FlaskClient, ama: Member) -> None:
    sign_in(client, "ama@example.com")


def grow(member: Member, start: int, count: int) -> dict[str, str]:
    """Give an account more of everything, and return the ids of the last of each."""
    account_id = member.account.id
    numbers = phones(start + count)[start:]
    owner = people.members(account_id)[0]
    for at, phone in enumerate(numbers, start):
        group = contacts.groups.create(account_id, f"Group {at}")
        contacts.add(account_id, [Draft(phone, f"Person {at}")], group.id)
        opt_outs.opt_out(account_id, f"233201{at:06d}", OptSource.REPLY)
        templates.create(account_id, f"Template {at}", "Hi {{firstName}}")
        senders.add_approved(account_id, f"Shop {at}")
        keys.create(account_id, f"Key {at}")
        people.invite(account_id, f"person{at}@example.com", Role.MEMBER, owner)
        imports.upload(account_id, f"{at}.csv", BytesIO(f"phone\n{phone}\n".encode()))
        wish = Wish(name=f"Draft {at}", text="Hi {{firstName}}", groups=(group.public_id,))
        drafts.save(account_id, drafts.new_id(), wish)
        inbound.numbers.add(f"{1900 + at}", account=f"{member.account.public_id}", carrier=None)
        inbound.take(1, [Inbound(phone, "1900", "Hi", f"{at}") for phone in phones(at + 1)])
        last = sending.accept(account_id, Order(text="Sale", recipients=numbers[:10])).message
        webhook = webhook_of(member)
        webhook.failing_since, webhook.failures = now() - timedelta(days=1), start
        delivery = deliver(webhook, status=DeliveryStatus.PENDING)
    reviewed = drafts.save(
        account_id, drafts.new_id(), Wish(text="Hello", numbers=",".join(numbers))
    )
    return {
        "campaign": last.public_id,
        "draft": reviewed.public_id,
        "group": group.public_id,
        "webhook": webhook.public_id,
        "delivery": delivery.public_id,
    }


def webhook_of(member: Member) -> WebhookEndpoint:
    """Return a webhook of an account that has room for two."""
    found = endpoints.every(member.account.id)
    return endpoint(member, f"{URL}/{len(found)}") if len(found) < 2 else found[-1]


def counts(
    client: FlaskClient, pages: Sequence[str], ids: dict[str, str]
) -> Iterator[tuple[str, int]]:
    """Yield how many statements each page runs."""
    ran: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        ran.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    for page in pages:
        client.get(page.format(**ids))
        ran.clear()
        answer = client.get(page.format(**ids))
        assert answer.status_code == 200, page
        yield page, len(ran)
    event.remove(db.engine, "before_cursor_execute", note)


def test_no_page_runs_more_statements_with_more_rows(
    app: Flask, client: FlaskClient, ama: Member
) -> None:
    few = dict(counts(client, PAGES, grow(ama, 0, 2)))
    many = dict(counts(client, PAGES, grow(ama, 2, 20)))
    assert many == few
    assert 0 < max(few.values()) < 25
