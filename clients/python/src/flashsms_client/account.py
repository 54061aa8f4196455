"""The account's credits."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Balance:
    """The credits that are left."""

    balance: int
    currency: str
    account_name: str
    account_phone: str


@dataclass(frozen=True, slots=True)
class Transaction:
    """One change of the balance: PURCHASE, USAGE, REFUND, BONUS or ADJUSTMENT."""

    id: str
    type: str
    amount: int
    balance: int
    description: str
    reference: str | None
    created_at: datetime
