"""What Schemathesis makes of the document: nothing crashes, and both keep what they promise.

Short here; `make fuzz` is the long form, with another FUZZ_SEED if you like.
"""

import os
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from config import Config
from flashsms.api.openapi import examples
from flashsms.extensions import db
from flashsms.models import (
    Contact,
    DeliveryStatus,
    Group,
    Message,
    MessageStatus,
    Recipient,
    RecipientStatus,
    Template,
    TransactionType,
    WebhookEndpoint,
    now,
)
from flashsms.services import contacts, credits, sending, templates
from flashsms.services.sending import Order
from flashsms.services.webhooks import endpoints
from tests.api import fuzzing
from tests.api.calls import write
from tests.factories import Member, phones
from tests.services.webhooks.told import URL, deliver

LONG = bool(os.environ.get("FUZZ_LONG"))
EXAMPLES, FEWEST = (150, 5000) if LONG else (3, 1500)
KEPT = {name: example for name, (_, _, example, _) in examples.IDS.items()}
SEED = int(os.environ.get("FUZZ_SEED", "1"))


@pytest.fixture
def well_stocked(ama: Member) -> Member:
    """Ama with something of everything, under the ids that the document's examples name."""
    account_id = ama.account.id
    credits.grant(account_id, 10_000_000, type=TransactionType.PURCHASE, reason="Bought")
    vip = contacts.groups.create(account_id, "VIP")
    people = [contacts.Draft(phone, "Esi", fields={"town": "Ho"}) for phone in phones(30)]
    contacts.add(account_id, people, vip.id)
    first = contacts.find_by_phone(account_id, phones(1)[0])
    template = templates.create(account_id, "Ready", "Hi {{firstName|there}}, {{item}} is here.")
    sent = [_sent(account_id, status) for status in MessageStatus]
    hook, _ = endpoints.create(account_id, endpoints.Target(URL, None), ["sms.received"])
    deliver(hook, examples.DELIVERY_ID)
    deliver(hook, status=DeliveryStatus.FAILED, status_code=None, error="Nobody answered.")
    for model, row, public_id in (
        (Group, vip.id, examples.GROUP_ID),
        (Contact, first.id if first else 0, examples.CONTACT_ID),
        (Template, template.id, examples.TEMPLATE_ID),
        (Message, sent[-1], examples.MESSAGE_ID),
        (WebhookEndpoint, hook.id, examples.WEBHOOK_ID),
    ):
        write(update(model).where(model.id == row).values(public_id=public_id))
    return ama


def _sent(account_id: int, status: MessageStatus) -> int:
    """Send a message and write down that it stands so, with recipients in every state."""
    order = Order(text="Hi {{firstName|there}}", recipients=phones(len(RecipientStatus)))
    message_id = sending.accept(account_id, order).message.id
    due = now() + timedelta(days=1) if status is MessageStatus.SCHEDULED else None
    values = {"status": status, "scheduled_at": due, "delivered": 1, "failed": 1}
    write(update(Message).where(Message.id == message_id).values(**values))
    ids = db.session.scalars(select(Recipient.id).where(Recipient.message_id == message_id)).all()
    for row, state in zip(ids, RecipientStatus, strict=True):
        write(update(Recipient).where(Recipient.id == row).values(status=state, reason="Why not"))
    return message_id


def test_no_generated_request_finds_a_fault(app: Flask, config: Config, well_stocked: Member):
    with fuzzing.served(config) as url:
        found = fuzzing.run(url, well_stocked.key, KEPT, examples=EXAMPLES, seed=SEED)
    print(found, *found.statuses.items(), sep="\n")
    assert not found.failures, "\n".join([str(found), *found.failures[:20]])
    assert found.cases >= FEWEST
    never = {label for label, statuses in found.statuses.items() if not statuses[200]}
    assert never == set()
