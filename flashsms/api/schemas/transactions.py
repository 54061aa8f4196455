"""The ledger."""

from flashsms.api.schemas.history import History
from flashsms.models import TransactionType


class TransactionsQuery(History):
    """Which ledger rows to list."""

    type: TransactionType | None = None
