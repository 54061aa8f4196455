"""Endpoints that reach receivers on this machine, and what waits for them."""

from collections.abc import Iterator
from ipaddress import ip_network

import pytest
from flask import Flask
from sqlalchemy import func, select

from flashsms.extensions import db, transaction
from flashsms.models import EventType, WebhookEndpoint, WebhookEvent
from flashsms.services import webhooks
from flashsms.services.webhooks import secrets, signing
from tests import receivers
from tests.factories import Member
from tests.receivers import Receiver

SECRET = signing.new_secret()
ALL = " ".join(EventType)


@pytest.fixture
def receiver(app: Flask) -> Iterator[Receiver]:
    app.config["WEBHOOK_ALLOW"] = (ip_network("127.0.0.0/8"),)
    with receivers.receiver() as one:
        yield one


def listen(
    member: Member, url: str = "https://example.com/", *, events: str = ALL
) -> WebhookEndpoint:
    """Give an account an endpoint with SECRET."""
    with transaction():
        endpoint = WebhookEndpoint(
            account_id=member.account.id,
            url=url,
            event_names=events,
            secret=secrets.seal(SECRET),
        )
        db.session.add(endpoint)
    return endpoint


def tell(member: Member, count: int = 1) -> None:
    """Let some texts come in for an account: as many events as told."""
    with transaction():
        happened = [{"number": number} for number in range(count)]
        webhooks.emit(member.account.id, EventType.SMS_RECEIVED, happened)


def waiting() -> int:
    """How many events wait."""
    db.session.commit()
    return db.session.scalar(select(func.count()).select_from(WebhookEvent)) or 0


def told() -> list[tuple[str, dict[str, object]]]:
    """Return what waits for endpoints, in order."""
    db.session.commit()
    found = db.session.scalars(select(WebhookEvent).order_by(WebhookEvent.id))
    return [(event.type, event.data) for event in found]


def fresh(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Return an endpoint as the database has it now."""
    db.session.commit()
    return db.session.get_one(WebhookEndpoint, endpoint.id, populate_existing=True)
