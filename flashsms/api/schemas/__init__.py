"""The shapes that the API takes, field by field: one module per resource."""

from flashsms.api.schemas.contacts import (
    ContactChange,
    ContactRequest,
    ContactsQuery,
    ImportRequest,
)
from flashsms.api.schemas.groups import GroupRequest
from flashsms.api.schemas.sms import (
    EstimateRequest,
    MessagesQuery,
    RecipientsQuery,
    SendRequest,
    StatusFilter,
)
from flashsms.api.schemas.transactions import TransactionsQuery

__all__ = [
    "ContactChange",
    "ContactRequest",
    "ContactsQuery",
    "EstimateRequest",
    "GroupRequest",
    "ImportRequest",
    "MessagesQuery",
    "RecipientsQuery",
    "SendRequest",
    "StatusFilter",
    "TransactionsQuery",
]
