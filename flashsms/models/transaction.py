"""The ledger: append-only, one row for each change of a balance."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from flashsms.models.base import Model, UtcDateTime, named, now, public_id


class TransactionType(StrEnum):
    """Why a balance changed."""

    PURCHASE = "PURCHASE"
    USAGE = "USAGE"
    REFUND = "REFUND"
    BONUS = "BONUS"
    ADJUSTMENT = "ADJUSTMENT"


class Transaction(Model):
    """One ledger row: `amount` credits (negative when used) and the `balance` after it."""

    __tablename__ = "transactions"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=public_id("txn_"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    type: Mapped[TransactionType] = mapped_column(named(TransactionType))
    amount: Mapped[int] = mapped_column(BigInteger)
    balance: Mapped[int] = mapped_column(BigInteger)
    description: Mapped[str] = mapped_column(String(200))
    reference: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


Index("ix_transactions_account_id", Transaction.account_id, Transaction.id)
Index("ix_transactions_account_id_type", Transaction.account_id, Transaction.type, Transaction.id)
Index("ix_transactions_created_at", Transaction.created_at, Transaction.id)
Index("ix_transactions_type", Transaction.type, Transaction.id)
