"""What deleted endpoints leave behind, taken away bit by bit: there may be millions of rows."""

from datetime import timedelta

from sqlalchemy import delete, or_, select, update

from flashsms.extensions import db, transaction
from flashsms.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent, now
from flashsms.models.rows import change
from flashsms.models.webhook import IS_DELETED

PIECE = 500  # rows that one transaction deletes at most, and their attempts
AT_ONCE = 10  # pieces in a row
KEPT = timedelta(hours=1)  # for which the row of an endpoint outlives it


def clear_deleted() -> None:
    """Take away a bounded part of what deleted endpoints left. The tick calls it.

    One that is just being told something is left for later: who does that finds neither the
    delivery nor the endpoint changed under its hands. An endpoint's own row goes last, after KEPT:
    a transaction that knew it before may write events for it until it ends.
    """
    any_deleted = db.session.scalar(select(WebhookEndpoint.id).where(IS_DELETED).limit(1))
    db.session.commit()
    for _ in range(AT_ONCE if any_deleted else 0):
        with transaction():
            endpoint = _next()
            if endpoint is None:
                return
            _clear(endpoint)


def _next() -> WebhookEndpoint | None:
    moment = now()
    return db.session.scalar(
        select(WebhookEndpoint)
        .where(
            WebhookEndpoint.deleted_at.is_not(None),
            or_(WebhookEndpoint.leased_until.is_(None), WebhookEndpoint.leased_until <= moment),
            or_(WebhookEndpoint.retry_at.is_(None), WebhookEndpoint.retry_at <= moment),
        )
        .order_by(WebhookEndpoint.deleted_at)
        .limit(1)
        .with_for_update(skip_locked=True),
        execution_options={"populate_existing": True},
    )


def _clear(endpoint: WebhookEndpoint) -> None:
    if _clear_events(endpoint) or _clear_deliveries(endpoint):
        return
    own = WebhookEndpoint.id == endpoint.id
    gone_at = (endpoint.deleted_at or now()) + KEPT
    if gone_at <= now():
        db.session.execute(delete(WebhookEndpoint).where(own))
    else:
        change(update(WebhookEndpoint).where(own).values(retry_at=gone_at))


def _clear_events(endpoint: WebhookEndpoint) -> int:
    waiting = select(WebhookEvent.id).where(WebhookEvent.endpoint_id == endpoint.id)
    ids = waiting.order_by(WebhookEvent.id).limit(PIECE)
    return change(delete(WebhookEvent).where(WebhookEvent.id.in_(ids))).rowcount


def _clear_deliveries(endpoint: WebhookEndpoint) -> int:
    told = select(WebhookDelivery.id).where(WebhookDelivery.endpoint_id == endpoint.id)
    some = told.order_by(WebhookDelivery.id).limit(PIECE).with_for_update()
    ids = list(db.session.scalars(some))
    change(delete(WebhookAttempt).where(WebhookAttempt.delivery_id.in_(ids)))
    return change(delete(WebhookDelivery).where(WebhookDelivery.id.in_(ids))).rowcount
