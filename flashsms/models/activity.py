"""What happened to messages, counted by the hour."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from flashsms.models.base import Model, UtcDateTime


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
