"""The nouns: one file each, no Redis, no HTTP, no carriers."""

from flashsms.models.account import Account, Role, User
from flashsms.models.activity import ActivityHour, CreditDay, FailureHour
from flashsms.models.api_key import ApiKey, Scope
from flashsms.models.audit_entry import AuditEntry
from flashsms.models.base import now
from flashsms.models.campaign_draft import CampaignDraft
from flashsms.models.carrier import Carrier, CarrierAccount
from flashsms.models.contact import Contact, ContactBlock
from flashsms.models.contact_import import ContactImport, ImportBlock, ImportProblem, ImportStatus
from flashsms.models.group import Group, GroupMember
from flashsms.models.idempotency import IdempotencyKey
from flashsms.models.inbound import (
    Conversation,
    InboundKind,
    InboundMessage,
    InboundNumber,
    InboundPart,
    InboundWords,
)
from flashsms.models.invitation import Invitation
from flashsms.models.ledger_check import LedgerCheck
from flashsms.models.message import Message, MessageStatus
from flashsms.models.opt_out import OptOut, OptSource
from flashsms.models.protected_name import ProtectedName
from flashsms.models.receipt_question import ReceiptQuestion
from flashsms.models.recipient import ParkedReceipt, Recipient, RecipientPart, RecipientStatus
from flashsms.models.recovery_code import RecoveryCode
from flashsms.models.sender import Sender, SenderStatus
from flashsms.models.template import Template
from flashsms.models.transaction import Transaction, TransactionType
from flashsms.models.webhook import (
    DeliveryStatus,
    EventType,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)

__all__ = [
    "Account",
    "ActivityHour",
    "ApiKey",
    "AuditEntry",
    "CampaignDraft",
    "Carrier",
    "CarrierAccount",
    "Contact",
    "ContactBlock",
    "ContactImport",
    "Conversation",
    "CreditDay",
    "DeliveryStatus",
    "EventType",
    "FailureHour",
    "Group",
    "GroupMember",
    "IdempotencyKey",
    "ImportBlock",
    "ImportProblem",
    "ImportStatus",
    "InboundKind",
    "InboundMessage",
    "InboundNumber",
    "InboundPart",
    "InboundWords",
    "Invitation",
    "LedgerCheck",
    "Message",
    "MessageStatus",
    "OptOut",
    "OptSource",
    "ParkedReceipt",
    "ProtectedName",
    "ReceiptQuestion",
    "Recipient",
    "RecipientPart",
    "RecipientStatus",
    "RecoveryCode",
    "Role",
    "Scope",
    "Sender",
    "SenderStatus",
    "Template",
    "Transaction",
    "TransactionType",
    "User",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookEvent",
    "now",
]
