"""Endpoints and what they were told, written as the engine would have."""

from typing import Any

from flashsms.extensions import db, transaction
from flashsms.models import (
    DeliveryStatus,
    EventType,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    now,
)
from flashsms.services.webhooks import endpoints
from tests.factories import Member

URL = "https://93.184.216.34/hooks"  # no name, so that no name server is asked


def endpoint(member: Member, url: str = URL, **wanted: Any) -> WebhookEndpoint:
    """Add an endpoint to a member's account."""
    events = wanted.pop("events", [EventType.MESSAGE_COMPLETED])
    made, _ = endpoints.create(member.account.id, endpoints.look_at(url), events, **wanted)
    return made


def deliver(
    to: WebhookEndpoint,
    public_id: str | None = None,
    status: DeliveryStatus = DeliveryStatus.DELIVERED,
    body: str = '{"id": "dlv_1", "events": []}',
    **answered: Any,
) -> WebhookDelivery:
    """Tell an endpoint something, in one attempt that was `answered` so."""
    with transaction():
        delivery = WebhookDelivery(
            endpoint_id=to.id,
            status=status,
            event_count=1,
            event_names=EventType.MESSAGE_COMPLETED.value,
            body=body,
            attempts=1,
            first_tried_at=now(),
            delivered_at=now() if status is DeliveryStatus.DELIVERED else None,
            **({"public_id": public_id} if public_id else {}),
        )
        db.session.add(delivery)
        db.session.flush()
        made = {"milliseconds": 12, "status_code": 204, "signature": "v1,abc"} | answered
        db.session.add(WebhookAttempt(delivery_id=delivery.id, **made))
    return delivery
