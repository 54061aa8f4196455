"""The shapes that the API takes and answers, field by field: one module per resource."""

from flashsms.api.schemas.account import BalanceAnswer
from flashsms.api.schemas.answers import DeletedAnswer
from flashsms.api.schemas.contacts import (
    ContactAnswer,
    ContactChange,
    ContactRequest,
    ContactsAnswer,
    ContactsQuery,
    ImportAnswer,
    ImportRequest,
)
from flashsms.api.schemas.groups import GroupAnswer, GroupRequest, GroupsAnswer
from flashsms.api.schemas.messages import MessageAnswer, MessagesAnswer, ReportAnswer
from flashsms.api.schemas.senders import SendersAnswer
from flashsms.api.schemas.sent import DryRunAnswer, EstimateAnswer, SentAnswer
from flashsms.api.schemas.sms import (
    EstimateRequest,
    MessagesQuery,
    RecipientsQuery,
    SendRequest,
    StatusFilter,
)
from flashsms.api.schemas.templates import (
    TemplateAnswer,
    TemplateChange,
    TemplateRequest,
    TemplatesAnswer,
)
from flashsms.api.schemas.transactions import TransactionsAnswer, TransactionsQuery
from flashsms.api.schemas.webhooks import (
    DeliveriesAnswer,
    DeliveriesQuery,
    ReplayAnswer,
    SecretRequest,
    WebhookAnswer,
    WebhookChange,
    WebhookRequest,
    WebhookRotatedAnswer,
    WebhooksAnswer,
    WebhookSecretAnswer,
    WebhookTestAnswer,
)

__all__ = [
    "BalanceAnswer",
    "ContactAnswer",
    "ContactChange",
    "ContactRequest",
    "ContactsAnswer",
    "ContactsQuery",
    "DeletedAnswer",
    "DeliveriesAnswer",
    "DeliveriesQuery",
    "DryRunAnswer",
    "EstimateAnswer",
    "EstimateRequest",
    "GroupAnswer",
    "GroupRequest",
    "GroupsAnswer",
    "ImportAnswer",
    "ImportRequest",
    "MessageAnswer",
    "MessagesAnswer",
    "MessagesQuery",
    "RecipientsQuery",
    "ReplayAnswer",
    "ReportAnswer",
    "SecretRequest",
    "SendRequest",
    "SendersAnswer",
    "SentAnswer",
    "StatusFilter",
    "TemplateAnswer",
    "TemplateChange",
    "TemplateRequest",
    "TemplatesAnswer",
    "TransactionsAnswer",
    "TransactionsQuery",
    "WebhookAnswer",
    "WebhookChange",
    "WebhookRequest",
    "WebhookRotatedAnswer",
    "WebhookSecretAnswer",
    "WebhookTestAnswer",
    "WebhooksAnswer",
]
