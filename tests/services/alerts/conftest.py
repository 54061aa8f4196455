"""What endpoints and owners were told."""

import pytest
from sqlalchemy import select

from flashsms.extensions import db
from flashsms.models import EventType, WebhookEndpoint, WebhookEvent
from flashsms.services.alerts import thresholds
from flashsms.services.alerts.thresholds import Thresholds
from flashsms.services.people import letters
from tests.factories import Member

Letters = list[tuple[str, str, str]]


@pytest.fixture
def mailed(monkeypatch: pytest.MonkeyPatch) -> Letters:
    """The letters that were sent: to whom, their subject and text."""
    sent: Letters = []
    monkeypatch.setattr(letters.mail, "send", lambda *letter: sent.append(letter))
    return sent


def want(member: Member, **wanted: int | bool | None) -> None:
    """Say what a member's account wants to be told of."""
    thresholds.save(member.account.id, Thresholds(**wanted))


def listen(member: Member) -> None:
    """Give an account an endpoint that hears both alerts, and one that hears neither."""
    alerts = (EventType.BALANCE_LOW, EventType.DELIVERY_RATE_LOW)
    for events in (alerts, (EventType.SMS_RECEIVED,)):
        db.session.add(
            WebhookEndpoint(
                account_id=member.account.id,
                url="https://example.com/hook",
                event_names=" ".join(events),
                secret="sealed",
            )
        )
    db.session.commit()


def told() -> list[tuple[str, dict[str, object]]]:
    """Return what waits for endpoints."""
    db.session.commit()
    found = db.session.scalars(select(WebhookEvent).order_by(WebhookEvent.id))
    return [(event.type, event.data) for event in found]
