"""The blueprint once every resource has added its routes to it."""

from flashsms.api import account, senders, sms, transactions
from flashsms.api.blueprint import bp

__all__ = ["account", "bp", "senders", "sms", "transactions"]
