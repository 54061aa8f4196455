"""Send SMS with FlashSMS: `FlashSMS(api_key, base_url).sms.send("Hello", recipients=[...])`."""

from flashsms_client import webhooks
from flashsms_client.account import Balance, Transaction
from flashsms_client.client import FlashSMS
from flashsms_client.contacts import (
    Contact,
    Group,
    GroupName,
    ImportResult,
    InvalidContact,
    NewContact,
)
from flashsms_client.endpoints import Attempt, Delivery, NewWebhook, RotatedWebhook, Trial, Webhook
from flashsms_client.errors import (
    BadAnswer,
    BadSignature,
    Conflict,
    ConnectionFailed,
    FlashSMSError,
    Forbidden,
    InsufficientCredits,
    InvalidRequest,
    NotFound,
    RateLimited,
    ServerError,
    TimedOut,
    Unauthorized,
)
from flashsms_client.senders import Sender
from flashsms_client.sms import (
    DeliveryReport,
    DeliveryStats,
    DryRun,
    Estimate,
    Message,
    Recipient,
    SentMessage,
)
from flashsms_client.templates import Template
from flashsms_client.version import __version__
from flashsms_client.webhooks import Event

__all__ = [
    "Attempt",
    "BadAnswer",
    "BadSignature",
    "Balance",
    "Conflict",
    "ConnectionFailed",
    "Contact",
    "Delivery",
    "DeliveryReport",
    "DeliveryStats",
    "DryRun",
    "Estimate",
    "Event",
    "FlashSMS",
    "FlashSMSError",
    "Forbidden",
    "Group",
    "GroupName",
    "ImportResult",
    "InsufficientCredits",
    "InvalidContact",
    "InvalidRequest",
    "Message",
    "NewContact",
    "NewWebhook",
    "NotFound",
    "RateLimited",
    "Recipient",
    "RotatedWebhook",
    "Sender",
    "SentMessage",
    "ServerError",
    "Template",
    "TimedOut",
    "Transaction",
    "Trial",
    "Unauthorized",
    "Webhook",
    "__version__",
    "webhooks",
]
