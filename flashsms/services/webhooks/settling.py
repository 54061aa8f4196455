"""Writing down what came of requests: attempts, deliveries, and when to try again."""

import logging
import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any

from sqlalchemy import BigInteger, String, bindparam, case, func, insert, update

from flashsms.extensions import db, on_commit, transaction
from flashsms.models import (
    DeliveryStatus,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    now,
)
from flashsms.models.base import UtcDateTime
from flashsms.models.rows import change, rows
from flashsms.services import audit
from flashsms.services.audit import Action
from flashsms.services.people import letters
from flashsms.services.webhooks.endpoints import place
from flashsms.services.webhooks.parcels import Parcel, Result

PAUSES = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0)  # seconds until the next try; then the last
JITTER = 0.2  # of a pause, so that receivers that went down together are not called together
LONGEST_WISH = 3600.0  # seconds that a receiver may ask for
GIVE_UP = timedelta(days=3)  # of failing

log = logging.getLogger(__name__)


def settle(results: Sequence[Result]) -> None:
    """Store results in one transaction: endpoints in the order of their ids, then deliveries."""
    if not results:
        return
    in_order = sorted(results, key=lambda one: one.parcel.endpoint_id)
    with transaction():
        _release([one for one in in_order if one.succeeded])
        given_up = _put_off([one for one in in_order if not one.succeeded])
        _write_down(in_order, given_up)


def release(parcels: Iterable[Parcel]) -> None:
    """Let somebody else deliver what was broken off, at once: nobody knows what came of it."""
    held = [
        {"endpoint": one.endpoint_id, "lease": one.lease, "moment": now()}
        for one in sorted(parcels, key=lambda one: one.endpoint_id)
    ]
    if held:
        with transaction():
            db.session.connection().execute(_LET_GO, held)


_TIME = UtcDateTime()
_HELD = (
    update(WebhookEndpoint)
    .where(
        WebhookEndpoint.id == bindparam("endpoint"),
        WebhookEndpoint.leased_until == bindparam("lease", type_=_TIME),
    )
    .values(leased_until=bindparam("moment", type_=_TIME))
)
_LET_GO = _HELD
_SUCCEEDED = _HELD.values(failures=0, failing_since=None, retry_at=None)
_FAILED = _HELD.where(WebhookEndpoint.url == bindparam("address")).values(
    failures=WebhookEndpoint.failures + 1,
    failing_since=func.coalesce(WebhookEndpoint.failing_since, bindparam("signed_at", type_=_TIME)),
    # Somebody who looks on may have asked meanwhile for another try at once.
    retry_at=case(
        (WebhookEndpoint.retry_at > bindparam("signed_at", type_=_TIME), WebhookEndpoint.retry_at),
        else_=bindparam("again", type_=_TIME),
    ),
)


def _release(succeeded: Sequence[Result]) -> None:
    moment = now()
    held = [
        {"endpoint": one.parcel.endpoint_id, "lease": one.parcel.lease, "moment": moment}
        for one in succeeded
    ]
    if held:
        db.session.connection().execute(_SUCCEEDED, held)


def _put_off(failed: Sequence[Result]) -> set[int]:
    """Set when endpoints are tried again, or pause them; return the deliveries given up."""
    moment = now()
    given_up = set()
    for one in failed:
        if not _counts(one, moment):
            continue
        since = one.parcel.failing_since
        if one.status == HTTPStatus.GONE:
            _pause(one, "It answered HTTP 410, which asks for nothing more.")
        elif since is not None and moment - since >= GIVE_UP:
            _pause(one, f"It took nothing for {GIVE_UP.days} days. {one.said}")
            given_up.add(one.parcel.delivery_id)
    return given_up


def _counts(one: Result, moment: datetime) -> bool:
    """Put off an endpoint, and return whether this attempt tells anything of it.

    Not if somebody else holds it by now, nor if it was given another address meanwhile: then it is
    only let go.
    """
    held = {"endpoint": one.parcel.endpoint_id, "lease": one.parcel.lease, "moment": moment}
    more = {
        "address": one.parcel.url,
        "signed_at": one.parcel.signed_at,
        "again": moment + pause(one),
    }
    if change(_FAILED, held | more).rowcount:
        return True
    change(_LET_GO, held)
    return False


def pause(result: Result) -> timedelta:
    """Return how long to wait after an attempt in vain: ever longer, or as the receiver wishes."""
    seconds = PAUSES[min(result.parcel.failures, len(PAUSES) - 1)]
    seconds *= random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
    return timedelta(seconds=max(seconds, min(result.retry_after or 0, LONGEST_WISH)))


def _pause(result: Result, why: str) -> None:
    """Pause an endpoint and tell the owners of its account, unless it is paused."""
    paused: WebhookEndpoint | None = db.session.scalar(
        update(WebhookEndpoint)
        .where(
            WebhookEndpoint.id == result.parcel.endpoint_id,
            WebhookEndpoint.paused_at.is_(None),
            WebhookEndpoint.deleted_at.is_(None),
        )
        .values(paused_at=now(), paused_for=why[:200])
        .returning(WebhookEndpoint),
        execution_options={"synchronize_session": False, "populate_existing": True},
    )
    if paused is None:
        return
    on_commit(partial(log.warning, "Webhook %s is paused: %s", paused.public_id, why))
    after = {"reason": paused.paused_for}
    audit.record(Action.WEBHOOK_PAUSED, place(paused.url), paused.account_id, after=after)
    letters.tell_owners(paused.account_id, letters.WEBHOOK_PAUSED, paused.public_id)


def _write_down(results: Sequence[Result], given_up: set[int]) -> None:
    """Store the attempts of those deliveries that are still there."""
    there = _move(results, given_up)
    attempts = [_attempt(one) for one in results if one.parcel.name in there]
    if attempts:
        db.session.execute(insert(WebhookAttempt), attempts)


def _move(results: Sequence[Result], given_up: set[int]) -> set[str]:
    """Count an attempt of each delivery, and say where it stands; one that arrived has arrived.

    Return the names of those that are still there.
    """
    given = rows(
        ((one.parcel.delivery_id, one.parcel.name, _stands(one, given_up)) for one in results),
        id=BigInteger(),
        name=String(),
        status=String(),
    )
    arrived = given.c.status == DeliveryStatus.DELIVERED.value
    moment = now()
    moved = change(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.id == given.c.id,
            WebhookDelivery.public_id == given.c.name,  # SQLite gives ids again
        )
        .values(
            attempts=WebhookDelivery.attempts + 1,
            first_tried_at=func.coalesce(WebhookDelivery.first_tried_at, moment),
            status=case(
                (WebhookDelivery.status == DeliveryStatus.DELIVERED, WebhookDelivery.status),
                else_=given.c.status,
            ),
            delivered_at=case((arrived, moment), else_=WebhookDelivery.delivered_at),
        )
        .returning(WebhookDelivery.public_id)
    ).scalars()
    return set(moved)


def _stands(result: Result, given_up: set[int]) -> str:
    if result.succeeded:
        return DeliveryStatus.DELIVERED.value
    gone = result.parcel.delivery_id in given_up
    return (DeliveryStatus.FAILED if gone else DeliveryStatus.PENDING).value


def _attempt(result: Result) -> dict[str, Any]:
    return {
        "delivery_id": result.parcel.delivery_id,
        "sent_at": result.parcel.signed_at,
        "milliseconds": result.milliseconds,
        "status_code": result.status,
        "error": result.error,
        "answer": result.answer,
        "signature": result.parcel.signature,
    }
