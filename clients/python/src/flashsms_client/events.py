"""What a webhook tells: an event of some type, with the data of that type."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flashsms_client.reading import as_object, read


@dataclass(frozen=True, slots=True)
class MessageProgress:
    """`message.sent`: nothing is left to hand over; `message.completed`: all are final."""

    message_id: str
    status: str
    recipient_count: int
    delivered: int
    failed: int
    campaign_name: str | None
    sender_id: str
    test: bool = False


@dataclass(frozen=True, slots=True)
class RecipientOutcome:
    """`recipient.delivered` or `recipient.failed`, then with a reason."""

    message_id: str
    phone: str
    status: str
    reason: str | None
    test: bool = False


@dataclass(frozen=True, slots=True)
class OptedOut:
    """`recipient.opted_out`: a number that is not sent to any more."""

    phone: str
    source: str


@dataclass(frozen=True, slots=True)
class ReceivedSms:
    """`sms.received`: a text from a person."""

    id: str
    from_: str
    to: str
    text: str
    kind: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class LowBalance:
    """`balance.low`: the credits went below the threshold."""

    balance: int
    threshold: int


@dataclass(frozen=True, slots=True)
class LowDeliveryRate:
    """`delivery_rate.low`: too few of the recipients who are final were reached, in percent."""

    rate: float
    threshold: float
    finished: int


@dataclass(frozen=True, slots=True)
class SenderDecision:
    """`sender.approved` or `sender.rejected`, then with a reason."""

    sender_id: str
    name: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class WebhookTest:
    """`webhook.test`: somebody tries the webhook out."""

    message: str


EventData = (
    MessageProgress
    | RecipientOutcome
    | OptedOut
    | ReceivedSms
    | LowBalance
    | LowDeliveryRate
    | SenderDecision
    | WebhookTest
    | Mapping[str, Any]
)

DATA: Mapping[str, type[Any]] = {
    "message.sent": MessageProgress,
    "message.completed": MessageProgress,
    "recipient.delivered": RecipientOutcome,
    "recipient.failed": RecipientOutcome,
    "recipient.opted_out": OptedOut,
    "sms.received": ReceivedSms,
    "balance.low": LowBalance,
    "delivery_rate.low": LowDeliveryRate,
    "sender.approved": SenderDecision,
    "sender.rejected": SenderDecision,
    "webhook.test": WebhookTest,
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. It may be told more than once, always under the same `id`.

    `data` is the dataclass of its `type`, or the JSON object itself for a type that this version
    does not know.
    """

    id: str
    type: str
    created_at: datetime
    data: EventData


@dataclass(frozen=True, slots=True)
class _Envelope:
    id: str
    type: str
    created_at: datetime
    data: Mapping[str, Any]


def event(given: object) -> Event:
    """Read one event."""
    told = read(_Envelope, given)
    kind = DATA.get(told.type)
    data = read(kind, told.data) if kind else as_object(told.data)
    return Event(told.id, told.type, told.created_at, data)
