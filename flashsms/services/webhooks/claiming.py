"""Taking what is due: an endpoint is leased, and its waiting events become one delivery.

An endpoint has one request at a time; different ones have nothing to do with each other.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Select,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from flashsms.extensions import db, transaction
from flashsms.models import (
    Account,
    DeliveryStatus,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
    now,
)
from flashsms.models.base import new_public_id
from flashsms.models.rows import change, rows
from flashsms.models.webhook import IS_PENDING
from flashsms.services.webhooks import secrets, signing
from flashsms.services.webhooks.parcels import Parcel
from flashsms.services.webhooks.transport import TIMEOUT

LEASE = timedelta(seconds=TIMEOUT + 5)  # a worker that was killed is waited for so long
MOST_ENDPOINTS = 50  # in one claim
MOST_EVENTS = 200  # in one delivery
MOST_CHARACTERS = 90_000  # of a delivery of several events: many receivers take 100 kB at most


def is_due() -> bool:
    """Whether any endpoint has something to be told now."""
    return bool(db.session.scalar(select(WebhookEndpoint.id).where(*_due()).limit(1)))


def claim(most: int, but: Collection[int] = (), *, healthy: bool = False) -> list[Parcel]:
    """Lease up to `most` due endpoints and return what each is to be told.

    Not those of `but`; with `healthy` only those whose last attempt was a success. One that waited
    longest goes first.
    """
    wanted = _wanted(but, healthy=healthy)
    if db.session.scalar(wanted.limit(1)) is None:  # as usual, and nobody who writes is disturbed
        return []
    with transaction():
        leased = _lease(wanted, min(most, MOST_ENDPOINTS))
        if not leased:
            return []
        deliveries = _pending(leased)
        deliveries |= _fold(one for one in leased if one not in deliveries)
        _give_back(leased.keys() - deliveries.keys())
        return [
            _parcel(endpoint, *deliveries[endpoint.id])
            for endpoint in leased.values()
            if endpoint.id in deliveries
        ]


def _due() -> tuple[ColumnElement[bool], ...]:
    """Return what makes an endpoint one that is to be told something now."""
    moment = now()
    mine = WebhookEvent.endpoint_id == WebhookEndpoint.id
    its = WebhookDelivery.endpoint_id == WebhookEndpoint.id
    active = Account.suspended_at.is_(None)
    return (
        WebhookEndpoint.paused_at.is_(None),
        WebhookEndpoint.deleted_at.is_(None),
        or_(WebhookEndpoint.retry_at.is_(None), WebhookEndpoint.retry_at <= moment),
        or_(WebhookEndpoint.leased_until.is_(None), WebhookEndpoint.leased_until <= moment),
        or_(_any(WebhookEvent, mine), _any(WebhookDelivery, its, IS_PENDING)),
        exists().where(Account.id == WebhookEndpoint.account_id, active),
    )


def _any(
    model: type[WebhookEvent] | type[WebhookDelivery], *which: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Say that there is one; as EXISTS within OR PostgreSQL would read all that waits."""
    first = select(model.id).where(*which).order_by(model.id).limit(1)
    return first.scalar_subquery().is_not(None)


def _wanted(but: Collection[int], *, healthy: bool) -> Select[int]:
    wanted = select(WebhookEndpoint.id).where(*_due())
    if but:
        wanted = wanted.where(WebhookEndpoint.id.not_in(but))
    if healthy:
        wanted = wanted.where(WebhookEndpoint.failures == 0)
    return wanted


def _lease(wanted: Select[int], most: int) -> dict[int, WebhookEndpoint]:
    oldest = wanted.order_by(WebhookEndpoint.leased_until.nulls_first(), WebhookEndpoint.id)
    # Whoever writes an event holds the key of its endpoint, which this leaves to them.
    locked = oldest.limit(most).with_for_update(skip_locked=True, key_share=True)
    chosen = locked.cte("chosen")
    leased = db.session.scalars(
        update(WebhookEndpoint)
        .where(WebhookEndpoint.id.in_(select(chosen.c.id)))
        .values(leased_until=now() + LEASE)
        .returning(WebhookEndpoint),
        execution_options={"synchronize_session": False, "populate_existing": True},
    )
    return {endpoint.id: endpoint for endpoint in leased}


def _give_back(endpoint_ids: Collection[int]) -> None:
    """End leases in vain: another worker told what was due when the claim began."""
    if endpoint_ids:
        own = WebhookEndpoint.id.in_(sorted(endpoint_ids))
        change(update(WebhookEndpoint).where(own).values(leased_until=now()))


Delivery = tuple[int, str, str]  # id, public id, body


def _pending(endpoint_ids: Iterable[int]) -> dict[int, Delivery]:
    """Return the oldest delivery of each endpoint that is still to be made."""
    oldest = (
        select(func.min(WebhookDelivery.id))
        .where(WebhookDelivery.endpoint_id.in_(list(endpoint_ids)), IS_PENDING)
        .group_by(WebhookDelivery.endpoint_id)
    )
    found = db.session.execute(
        select(
            WebhookDelivery.endpoint_id,
            WebhookDelivery.id,
            WebhookDelivery.public_id,
            WebhookDelivery.body,
        ).where(WebhookDelivery.id.in_(oldest))
    )
    return {endpoint_id: (id, public_id, body) for endpoint_id, id, public_id, body in found}


def _fold(endpoint_ids: Iterable[int]) -> dict[int, Delivery]:
    """Make one delivery of what waits for each endpoint, and forget that it waits."""
    made = {id: _made(id, events) for id in endpoint_ids if (events := _waiting(id))}
    if not made:
        return {}
    gone = rows(((id,) for _, ids in made.values() for id in ids), id=BigInteger())
    change(delete(WebhookEvent).where(WebhookEvent.id.in_(select(gone.c.id))))
    stored = db.session.execute(
        insert(WebhookDelivery).returning(WebhookDelivery.id, WebhookDelivery.endpoint_id),
        [values for values, _ in made.values()],
    )
    return {
        endpoint_id: (id, made[endpoint_id][0]["public_id"], made[endpoint_id][0]["body"])
        for id, endpoint_id in stored
    }


Event = Row[int, str, str, Any, Any]


def _waiting(endpoint_id: int) -> Sequence[Event]:
    return db.session.execute(
        select(
            WebhookEvent.id,
            WebhookEvent.public_id,
            WebhookEvent.type,
            WebhookEvent.data,
            WebhookEvent.created_at,
        )
        .where(WebhookEvent.endpoint_id == endpoint_id)
        .order_by(WebhookEvent.id)
        .limit(MOST_EVENTS)
    ).all()


def _made(endpoint_id: int, events: Sequence[Event]) -> tuple[dict[str, Any], list[int]]:
    """Return the columns of a delivery of the first of some events, and the ids of those."""
    public_id = new_public_id("dlv_")
    told: list[str] = []
    size = 0
    for event in events:
        one = orjson.dumps(_shown(event), option=_STYLE).decode()
        size += len(one)
        if told and size > MOST_CHARACTERS:
            break
        told.append(one)
    taken = events[: len(told)]
    values = {
        "public_id": public_id,
        "endpoint_id": endpoint_id,
        "status": DeliveryStatus.PENDING,
        "event_count": len(told),
        "event_names": " ".join(sorted({event.type for event in taken})),
        "body": f'{{"id":"{public_id}","events":[{",".join(told)}]}}',
        "created_at": now(),
    }
    return values, [event.id for event in taken]


_STYLE = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS


def _shown(event: Event) -> Mapping[str, Any]:
    return {
        "id": event.public_id,
        "type": event.type,
        "createdAt": event.created_at,
        "data": event.data,
    }


def _parcel(endpoint: WebhookEndpoint, delivery_id: int, name: str, body: str) -> Parcel:
    moment = now()
    if endpoint.leased_until is None:
        raise RuntimeError("only an endpoint that is leased is told anything")
    return Parcel(
        endpoint_id=endpoint.id,
        lease=endpoint.leased_until,
        failures=endpoint.failures,
        failing_since=endpoint.failing_since,
        delivery_id=delivery_id,
        name=name,
        url=endpoint.url,
        body=body,
        signed_at=moment,
        signature=signing.sign(secrets.of(endpoint), name, moment, body),
    )
