"""The blueprint once every resource has added its routes to it."""

from flashsms.api import (
    account,
    contacts,
    documents,
    groups,
    messages,
    senders,
    sms,
    templates,
    transactions,
    webhooks,
)
from flashsms.api.blueprint import bp

__all__ = [
    "account",
    "bp",
    "contacts",
    "documents",
    "groups",
    "messages",
    "senders",
    "sms",
    "templates",
    "transactions",
    "webhooks",
]
