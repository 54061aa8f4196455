"""What endpoints were told, and how that went: listed, looked at, sent again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.orm import defer

from flashsms.extensions import db, transaction
from flashsms.models import (
    DeliveryStatus,
    EventType,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
    now,
)
from flashsms.models.rows import change
from flashsms.services.errors import DomainError, NotFound
from flashsms.services.history import Page
from flashsms.services.webhooks import endpoints

MOST_PAGED = 10_000  # the newest deliveries of an endpoint, which pages by number reach
MOST_ATTEMPTS = 100  # the last ones of a delivery, which are shown
MOST_COUNTED = 1000  # events that wait

_TEST = {"message": "This is a test from FlashSMS. If you can read it, your webhook works."}


@dataclass(frozen=True, slots=True)
class Found:
    """A delivery of an endpoint with its last attempts, the newest first."""

    endpoint: WebhookEndpoint
    delivery: WebhookDelivery
    attempts: list[WebhookAttempt]


def newest(
    endpoint: WebhookEndpoint, limit: int, before: str | None = None
) -> list[WebhookDelivery]:
    """Return up to `limit` deliveries, newest first, or those made before the one with this id.

    Their bodies are not read. Raises NotFound when the endpoint has no such delivery.
    """
    query = _of(endpoint)
    if before is not None:
        query = query.where(WebhookDelivery.id < _find(endpoint, before).id)
    return list(db.session.scalars(query.limit(limit)))


def page(endpoint: WebhookEndpoint, page: int, limit: int) -> Page[WebhookDelivery]:
    """Return a page of the MOST_PAGED newest deliveries, without their bodies."""
    start = (page - 1) * limit
    cut = _of(endpoint).offset(start).limit(max(0, min(limit, MOST_PAGED - start)))
    counted = _of(endpoint).with_only_columns(WebhookDelivery.id).limit(MOST_PAGED).subquery()
    total = db.session.scalar(select(func.count()).select_from(counted)) or 0
    items = list(db.session.scalars(cut)) if start < MOST_PAGED else []
    return Page(items, page, limit, total)


def last_attempts(deliveries: Iterable[WebhookDelivery]) -> Mapping[int, WebhookAttempt]:
    """Return the last attempt of each delivery that was tried, by the delivery's integer id."""
    wanted = [delivery.id for delivery in deliveries]
    last = (
        select(func.max(WebhookAttempt.id))
        .where(WebhookAttempt.delivery_id.in_(wanted))
        .group_by(WebhookAttempt.delivery_id)
    )
    found = db.session.scalars(select(WebhookAttempt).where(WebhookAttempt.id.in_(last)))
    return {attempt.delivery_id: attempt for attempt in found}


def find(account_id: int, endpoint_id: str, delivery_id: str) -> Found:
    """Return a delivery by its public id and that of its endpoint, or raise NotFound."""
    endpoint = endpoints.find(account_id, endpoint_id)
    delivery = _find(endpoint, delivery_id)
    tried = select(WebhookAttempt).where(WebhookAttempt.delivery_id == delivery.id)
    attempts = db.session.scalars(tried.order_by(WebhookAttempt.id.desc()).limit(MOST_ATTEMPTS))
    return Found(endpoint, delivery, list(attempts))


def count_waiting(endpoint: WebhookEndpoint) -> int:
    """Return how many events wait to be put into a delivery, counted up to MOST_COUNTED."""
    waiting = select(WebhookEvent.id).where(WebhookEvent.endpoint_id == endpoint.id)
    counted = waiting.limit(MOST_COUNTED).subquery()
    return db.session.scalar(select(func.count()).select_from(counted)) or 0


def replay(account_id: int, endpoint_id: str, delivery_id: str) -> WebhookDelivery:
    """Send a delivery once more, as it was, whatever became of it; the attempts go on.

    Raises NotFound, or webhook_paused.
    """
    with transaction():
        endpoint = _awake(account_id, endpoint_id)
        _try_now(endpoint)  # first: whoever settles changes the endpoint before its delivery
        again: WebhookDelivery | None = db.session.scalar(
            update(WebhookDelivery)
            .where(*_own(endpoint, delivery_id))
            .values(status=DeliveryStatus.PENDING, first_tried_at=None, delivered_at=None)
            .returning(WebhookDelivery),
            execution_options={"synchronize_session": False, "populate_existing": True},
        )
        if again is None:
            raise _unknown(delivery_id)
    return again


def send_test(account_id: int, endpoint_id: str) -> WebhookEvent:
    """Tell an endpoint of a test, whatever it chose. Raises NotFound, or webhook_paused."""
    with transaction():
        endpoint = _awake(account_id, endpoint_id)
        event = WebhookEvent(endpoint_id=endpoint.id, type=EventType.TEST.value, data=_TEST)
        db.session.add(event)
        db.session.flush()
        _try_now(endpoint)
    return event


def _awake(account_id: int, endpoint_id: str) -> WebhookEndpoint:
    endpoint = endpoints.find(account_id, endpoint_id)
    if endpoint.paused_at:
        raise DomainError(
            "webhook_paused",
            "This webhook is paused, so nothing is sent to it. Resume it first; by the API that is "
            "PATCH with paused as false.",
        )
    return endpoint


def _try_now(endpoint: WebhookEndpoint) -> None:
    """Do not wait for the next attempt that is due, for somebody looks on."""
    own = WebhookEndpoint.id == endpoint.id
    # Not none: an attempt that is under way would put off what it did not know of.
    change(update(WebhookEndpoint).where(own).values(retry_at=now()))
    endpoints.wake()


def _of(endpoint: WebhookEndpoint) -> Select[WebhookDelivery]:
    query = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint.id)
    return query.options(defer(WebhookDelivery.body)).order_by(WebhookDelivery.id.desc())


def _find(endpoint: WebhookEndpoint, public_id: str) -> WebhookDelivery:
    found = db.session.scalar(select(WebhookDelivery).where(*_own(endpoint, public_id)))
    if found is None:
        raise _unknown(public_id)
    return found


def _own(endpoint: WebhookEndpoint, public_id: str) -> tuple[ColumnElement[bool], ...]:
    if not public_id.isprintable():  # PostgreSQL does not even compare with a NUL
        raise _unknown(public_id)
    return WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.public_id == public_id


def _unknown(public_id: str) -> NotFound:
    sentence = f"There is no delivery {public_id[:40]!r} of this webhook. It may be forgotten."
    return NotFound("delivery_unknown", sentence)
