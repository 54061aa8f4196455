"""The ledger."""

from datetime import datetime

from flashsms.api.schemas.answers import Pagination
from flashsms.api.schemas.history import History
from flashsms.api.schemas.shapes import Answer, TransactionId
from flashsms.models import TransactionType


class TransactionsQuery(History):
    """Which ledger rows to list."""

    type: TransactionType | None = None
    """Only rows of this type."""


class TransactionAnswer(Answer):
    """One change of the balance."""

    id: TransactionId
    """Its id."""
    type: TransactionType
    """Why the balance changed."""
    amount: int
    """The credits that came (above 0) or went (below 0)."""
    balance: int
    """The balance after it."""
    description: str
    """What it was for, in words."""
    reference: str | None
    """The message that it belongs to, or what else the operator noted; null for neither."""
    created_at: datetime
    """When it happened."""


class TransactionsAnswer(Answer):
    """A page of the ledger, newest first."""

    transactions: list[TransactionAnswer]
    """The rows of this page."""
    pagination: Pagination
    """Where this page stands."""
