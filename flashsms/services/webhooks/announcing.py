"""What endpoints are told of messages and their recipients, each thing once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import exists, select, update

from flashsms.extensions import db
from flashsms.models import (
    EventType,
    Message,
    MessageStatus,
    RecipientStatus,
    WebhookEndpoint,
)
from flashsms.models.message import Announced
from flashsms.models.rows import change
from flashsms.services.webhooks import emitting
from flashsms.services.webhooks.emitting import Data


class Final(NamedTuple):
    """A recipient that became final."""

    phone: str
    status: RecipientStatus
    reason: str | None


def is_heard(account_id: int) -> bool:
    """Whether anybody listens to what happens in an account."""
    endpoint = exists().where(
        WebhookEndpoint.account_id == account_id, WebhookEndpoint.deleted_at.is_(None)
    )
    return bool(db.session.scalar(select(endpoint)))


def announce(finals: Mapping[int, Sequence[Final]]) -> None:
    """Tell of messages (by id) that changed and of those of their recipients that became final.

    In the transaction that changed them and holds their locks. Costs one look-up for all of them
    where nobody listens.
    """
    heard = _heard(finals)
    if not heard:
        return
    due = _due(message for message, _ in heard.values())
    emitting.write(
        (endpoint_id, type, data)
        for message, listening in heard.values()
        for type, data in _happened(message, finals[message.id], due)
        for endpoint_id, chosen in listening
        if type in chosen
    )


Heard = tuple[Any, list[tuple[int, set[str]]]]  # a message, and who chose which events


def _heard(message_ids: Collection[int]) -> dict[int, Heard]:
    """Return those of some messages that anybody listens to."""
    if not message_ids:
        return {}
    found = db.session.execute(
        select(
            Message.id,
            Message.public_id,
            Message.status,
            Message.recipient_count,
            Message.delivered,
            Message.failed,
            Message.campaign_name,
            Message.sender,
            Message.is_test,
            Message.announced,
            WebhookEndpoint.id.label("endpoint_id"),
            WebhookEndpoint.event_names,
        )
        .join(WebhookEndpoint, WebhookEndpoint.account_id == Message.account_id)
        .where(Message.id.in_(sorted(message_ids)), WebhookEndpoint.deleted_at.is_(None))
        .order_by(Message.id, WebhookEndpoint.id)
    )
    heard: dict[int, Heard] = {}
    for row in found:
        _, listening = heard.setdefault(row.id, (row, []))
        listening.append((row.endpoint_id, set(row.event_names.split())))
    return heard


_STAGES = {Announced.SENT: EventType.MESSAGE_SENT, Announced.COMPLETED: EventType.MESSAGE_COMPLETED}
_REACHED = {
    MessageStatus.SENT: {Announced.SENT},
    MessageStatus.DELIVERED: {Announced.SENT, Announced.COMPLETED},
    MessageStatus.FAILED: {Announced.SENT, Announced.COMPLETED},
    MessageStatus.CANCELLED: {Announced.COMPLETED},  # it was never sent
}


def _due(messages: Iterable[Any]) -> dict[int, list[EventType]]:
    """Say of what each message is to be told now, and write down that it was."""
    reached = [(one, _REACHED.get(one.status, set())) for one in messages]
    due = defaultdict(list)
    for stage, type in _STAGES.items():
        ids = [one.id for one, stages in reached if stage in stages and one.announced < stage]
        if not ids:
            continue
        moved = change(
            update(Message)
            .where(Message.id.in_(ids), Message.announced < stage)
            .values(announced=stage)
            .returning(Message.id)
        ).scalars()
        for message_id in moved:
            due[message_id].append(type)
    return due


def _happened(
    message: Any, finals: Sequence[Final], due: Mapping[int, Sequence[EventType]]
) -> Iterator[tuple[EventType, Data]]:
    for one in finals:
        yield _told_of(message, one)
    for type in due.get(message.id, ()):
        yield type, _state(message)


def _told_of(message: Any, one: Final) -> tuple[EventType, Data]:
    delivered = one.status is RecipientStatus.DELIVERED
    return EventType.RECIPIENT_DELIVERED if delivered else EventType.RECIPIENT_FAILED, {
        "messageId": message.public_id,
        "phone": one.phone,
        "status": one.status.value,
        "reason": None if delivered else one.reason,
        "test": message.is_test,
    }


def _state(message: Any) -> Data:
    return {
        "messageId": message.public_id,
        "status": message.status.value,
        "recipientCount": message.recipient_count,
        "delivered": message.delivered,
        "failed": message.failed,
        "campaignName": message.campaign_name,
        "senderId": message.sender,
        "test": message.is_test,
    }
