"""What webhooks tell: when each event happens, and an example of its data."""

from dataclasses import dataclass
from typing import Any

from flashsms.models import EventType

_MESSAGE = "cmjveqxgf0001jr04abc12345"
_SUMMARY: dict[str, Any] = {
    "messageId": _MESSAGE,
    "status": "SENT",
    "recipientCount": 2,
    "delivered": 0,
    "failed": 0,
    "campaignName": "Welcome Campaign",
    "senderId": "MyBrand",
    "test": False,
}


@dataclass(frozen=True, slots=True)
class Event:
    """An event that an endpoint can choose, `when` it happens, and its `data` as an example."""

    type: EventType
    when: str
    data: dict[str, Any]

    @property
    def anchor(self) -> str:
        """Where the page explains it."""
        return f"event-{self.type}"


EVENTS = (
    Event(
        EventType.MESSAGE_SENT,
        "Nothing of a message is left to hand over to the carrier. Once per message.",
        _SUMMARY,
    ),
    Event(
        EventType.MESSAGE_COMPLETED,
        "Everybody's outcome is known, or a scheduled message was cancelled: then its status is "
        "CANCELLED. Once per message.",
        _SUMMARY | {"status": "DELIVERED", "delivered": 1, "failed": 1},
    ),
    Event(
        EventType.RECIPIENT_DELIVERED,
        "A message reached somebody's phone.",
        {
            "messageId": _MESSAGE,
            "phone": "233201234567",
            "status": "DELIVERED",
            "reason": None,
            "test": False,
        },
    ),
    Event(
        EventType.RECIPIENT_FAILED,
        "A message will not reach somebody; `reason` says why.",
        {
            "messageId": _MESSAGE,
            "phone": "233241234567",
            "status": "FAILED",
            "reason": "The network does not know the number. (001)",
            "test": False,
        },
    ),
    Event(
        EventType.RECIPIENT_OPTED_OUT,
        "A number was put on the list of those who get nothing more.",
        {"phone": "233201234567", "source": "REPLY"},
    ),
    Event(
        EventType.SMS_RECEIVED,
        "Somebody wrote to a number of the account.",
        {
            "id": "inb_mwsfbg9f8e6b581a86c3",
            "from": "233201234567",
            "to": "233301234567",
            "text": "Are you open on Saturday?",
            "kind": "TEXT",
            "receivedAt": "2024-12-21T10:30:00Z",
        },
    ),
    Event(
        EventType.BALANCE_LOW,
        "The credits fell below the threshold in the settings.",
        {"balance": 99, "threshold": 100},
    ),
    Event(
        EventType.DELIVERY_RATE_LOW,
        "Fewer of the latest messages arrived than the settings expect; percents, and how many "
        "recipients were counted.",
        {"rate": 71.4, "threshold": 80, "finished": 350},
    ),
    Event(
        EventType.SENDER_APPROVED,
        "The operator approved a sender ID.",
        {"senderId": "sid_mwsfbg9f8e6b581a86c3", "name": "MyBrand", "reason": None},
    ),
    Event(
        EventType.SENDER_REJECTED,
        "The operator rejected a sender ID; `reason` says why.",
        {
            "senderId": "sid_mwsfbg9f8e6b581a86c3",
            "name": "MTN Prize",
            "reason": "It belongs to somebody else.",
        },
    ),
    Event(
        EventType.TEST,
        "Somebody asked for a test of the endpoint. It comes whatever was chosen.",
        {"message": "It works."},
    ),
)
