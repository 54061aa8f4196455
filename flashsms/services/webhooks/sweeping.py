"""What the tick does: wakes what is due, and forgets what nobody is to be told any more."""

import logging
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, delete, exists, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from flashsms import queue
from flashsms.extensions import db, transaction
from flashsms.models import (
    Account,
    DeliveryStatus,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
    now,
)
from flashsms.models.rows import change
from flashsms.models.webhook import IS_PENDING
from flashsms.services.webhooks import claiming, clearing

WAITED = timedelta(days=3)  # for an endpoint that is told nothing
KEPT = timedelta(days=14)
PER_TICK = 1000  # deliveries that one tick forgets
AT_ONCE = 5000  # events in one statement, of up to so many
PIECES = 10

log = logging.getLogger(__name__)


def wake_due() -> None:
    """Queue a job if anything is due, and forget what is too old; locks nothing when none is."""
    due = claiming.is_due()
    db.session.commit()
    if due:
        queue.enqueue_webhooks()
    _drop_waiting()
    _give_up_pending()
    _forget_deliveries()
    clearing.clear_deleted()


def _is_silent(endpoint_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether an endpoint is told nothing: it is paused, or its account suspended."""
    return exists().where(
        WebhookEndpoint.id == endpoint_id,
        Account.id == WebhookEndpoint.account_id,
        or_(WebhookEndpoint.paused_at.is_not(None), Account.suspended_at.is_not(None)),
    )


def _drop_waiting() -> None:
    old = WebhookEvent.created_at < now() - WAITED
    for _ in range(PIECES):
        ids = _found(
            select(WebhookEvent.id).where(old, _is_silent(WebhookEvent.endpoint_id)), AT_ONCE
        )
        if not ids:
            return
        still = WebhookEvent.id.in_(ids), _is_silent(WebhookEvent.endpoint_id)
        with transaction():
            dropped = change(delete(WebhookEvent).where(*still)).rowcount
        log.warning("%d events that waited for paused webhooks for 3 days are dropped.", dropped)


def _give_up_pending() -> None:
    old = WebhookDelivery.created_at < now() - WAITED
    pending = IS_PENDING, old, _is_silent(WebhookDelivery.endpoint_id)
    ids = _found(select(WebhookDelivery.id).where(*pending))
    if not ids:
        return
    with transaction():
        change(
            update(WebhookDelivery)
            .where(WebhookDelivery.id.in_(ids), *pending)
            .values(status=DeliveryStatus.FAILED)
        )


def _forget_deliveries() -> None:
    old = WebhookDelivery.created_at < now() - KEPT
    over = select(WebhookDelivery.id).where(old, ~IS_PENDING)
    if not _found(over):
        return
    with transaction():  # held while its attempts go, or a replay could add one
        ids = list(db.session.scalars(over.limit(PER_TICK).with_for_update(skip_locked=True)))
        change(delete(WebhookAttempt).where(WebhookAttempt.delivery_id.in_(ids)))
        change(delete(WebhookDelivery).where(WebhookDelivery.id.in_(ids)))


def _found(query: Select[int], most: int = PER_TICK) -> list[int]:
    ids = list(db.session.scalars(query.limit(most)))
    db.session.commit()
    return ids
