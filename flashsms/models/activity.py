"""What happened to messages and credits, counted by the hour and the day."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from flashsms.models.base import Model, UtcDateTime, named
from flashsms.models.transaction import TransactionType


class ActivityHour(Model):
    """How many of an account's recipients were handed over, delivered and failed in an hour (UTC).

    `operator` is that of the number range. The counts change in the transaction that changes the
    recipients, so that no page ever counts recipients.
    """

    __tablename__ = "activity_hours"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True, index=True)
    operator: Mapped[str] = mapped_column(String(20), primary_key=True)
    sent: Mapped[int] = mapped_column(BigInteger, default=0)
    delivered: Mapped[int] = mapped_column(BigInteger, default=0)
    failed: Mapped[int] = mapped_column(BigInteger, default=0)


class FailureHour(Model):
    """How many of an account's recipients failed in an hour (UTC) for a reason."""

    __tablename__ = "failure_hours"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True, index=True)
    reason: Mapped[str] = mapped_column(String(200), primary_key=True)
    failed: Mapped[int] = mapped_column(BigInteger, default=0)


class CreditDay(Model):
    """What an account's ledger rows of a type come to on a day (UTC).

    It changes in the transaction that writes the row, so that no page ever adds up the ledger.
    """

    __tablename__ = "credit_days"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    type: Mapped[TransactionType] = mapped_column(named(TransactionType), primary_key=True)
    rows: Mapped[int] = mapped_column(default=0)
    amount: Mapped[int] = mapped_column(BigInteger, default=0)
