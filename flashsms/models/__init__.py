"""The nouns: one file each, no Redis, no HTTP, no carriers."""

from flashsms.models.account import Account, Role, User
from flashsms.models.api_key import ApiKey, Scope
from flashsms.models.base import now
from flashsms.models.carrier import Carrier
from flashsms.models.idempotency import IdempotencyKey
from flashsms.models.message import Message, MessageStatus
from flashsms.models.recipient import ParkedReceipt, Recipient, RecipientPart, RecipientStatus
from flashsms.models.sender import Sender, SenderStatus
from flashsms.models.transaction import Transaction, TransactionType

__all__ = [
    "Account",
    "ApiKey",
    "Carrier",
    "IdempotencyKey",
    "Message",
    "MessageStatus",
    "ParkedReceipt",
    "Recipient",
    "RecipientPart",
    "RecipientStatus",
    "Role",
    "Scope",
    "Sender",
    "SenderStatus",
    "Transaction",
    "TransactionType",
    "User",
    "now",
]
