"""Endpoints, events and arrivals, for tests that hurt the worker that tells webhooks."""

import time
from collections.abc import Iterable, Iterator

from sqlalchemy import func, select

from flashsms.extensions import db, transaction
from flashsms.models import (
    DeliveryStatus,
    EventType,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)
from flashsms.services import webhooks
from flashsms.services.webhooks import secrets, signing
from tests.factories import Member
from tests.receivers import Receiver

SECRET = signing.new_secret()


def listen(member: Member, receiver: Receiver) -> None:
    """Give an account an endpoint for texts that come in."""
    with transaction():
        db.session.add(
            WebhookEndpoint(
                account_id=member.account.id,
                url=receiver.url,
                event_names=EventType.SMS_RECEIVED.value,
                secret=secrets.seal(SECRET),
            )
        )


def tell(member: Member, numbers: Iterable[int]) -> None:
    """Let events with these numbers happen now."""
    with transaction():
        happened = [{"number": number, "at": time.time()} for number in numbers]
        webhooks.emit(member.account.id, EventType.SMS_RECEIVED, happened)


def tell_all(members: Iterable[Member], numbers: Iterator[int], each: int) -> None:
    """Let so many events happen in each account, in one transaction as a batch of receipts does."""
    with transaction():
        moment = time.time()
        happened = {
            one.account.id: [{"number": next(numbers), "at": moment} for _ in range(each)]
            for one in members
        }
        webhooks.emit_each(EventType.SMS_RECEIVED, happened)


def left() -> int:
    """How many events wait, and how many deliveries are still to be made."""
    db.session.commit()
    events = db.session.scalar(select(func.count()).select_from(WebhookEvent)) or 0
    pending = select(func.count()).where(WebhookDelivery.status == DeliveryStatus.PENDING)
    return events + (db.session.scalar(pending) or 0)


def arrived(receiver: Receiver) -> list[int]:
    """The numbers that came, in order, again when they came again."""
    return [event["data"]["number"] for event in receiver.events]


def delays(receiver: Receiver) -> list[float]:
    """Seconds from each event to its first arrival, sorted."""
    shift = time.time() - time.monotonic()
    first: dict[int, float] = {}
    for arrival in list(receiver.arrivals):
        for event in arrival.events:
            data = event["data"]
            first.setdefault(data["number"], arrival.at + shift - data["at"])
    return sorted(first.values())
