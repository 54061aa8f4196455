"""Sender IDs: the names that recipients see."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, literal_column
from sqlalchemy.orm import Mapped, mapped_column

from flashsms.models.base import Model, UtcDateTime, named, now, public_id


class SenderStatus(StrEnum):
    """Where a sender stands with the operator."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


class Sender(Model):
    """A sender ID of an account: 3 to 11 letters, digits and inner spaces, at least one letter."""

    __tablename__ = "senders"
    __table_args__ = (UniqueConstraint("account_id", "folded"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=public_id("sid_"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    name: Mapped[str] = mapped_column(String(11))
    folded: Mapped[str] = mapped_column(String(11))  # the name without case: one per account
    status: Mapped[SenderStatus] = mapped_column(named(SenderStatus), default=SenderStatus.PENDING)
    purpose: Mapped[str | None] = mapped_column(String(500))  # what it is wanted for
    reason: Mapped[str | None] = mapped_column(String(200))  # why it was rejected
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


Index(
    "ix_senders_pending",
    Sender.created_at,
    sqlite_where=Sender.status == literal_column("'PENDING'"),
    postgresql_where=Sender.status == literal_column("'PENDING'"),
)
