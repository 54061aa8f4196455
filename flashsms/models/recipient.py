"""One phone number of a message, and what carriers say about it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    literal_column,
)
from sqlalchemy.orm import Mapped, mapped_column

from flashsms.models.base import Model, UtcDateTime, named, now

BigId = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers only INTEGER keys by itself


class RecipientStatus(StrEnum):
    """Where a recipient stands. DELIVERED, FAILED and CANCELLED are final."""

    QUEUED = "QUEUED"
    SUBMITTING = "SUBMITTING"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    UNKNOWN = "UNKNOWN"


class Recipient(Model):
    """One row per phone number of a message, written before anything is sent.

    `attempts` counts the claims and never goes back, so that a late settle cannot touch a newer
    claim; `refusals` counts the answers "busy", for ever longer pauses, and the first two "full".
    `carrier_ref` is the carrier's id of a message of one part; longer ones have a row per part.
    While the recipient is QUEUED it names the carriers that refused it for reasons of their own
    (`sending.routing`).
    `text` is there only when it is this recipient's own, else it is the message's.
    """

    __tablename__ = "recipients"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"))
    phone: Mapped[str] = mapped_column(String(15))
    text: Mapped[str | None] = mapped_column(Text)
    status: Mapped[RecipientStatus] = mapped_column(named(RecipientStatus))
    parts: Mapped[int] = mapped_column(SmallInteger)
    credits: Mapped[int] = mapped_column(SmallInteger)
    attempts: Mapped[int] = mapped_column(default=0)
    refusals: Mapped[int] = mapped_column(SmallInteger, default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    carrier_id: Mapped[int | None]
    carrier_ref: Mapped[str | None] = mapped_column(String(64))
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    final_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(String(200))


# Written as literals: a bound parameter would keep the planners from using the partial indexes.
IS_QUEUED = Recipient.status == literal_column("'QUEUED'")
IS_UNKNOWN = Recipient.status == literal_column("'UNKNOWN'")
IS_FAILED = Recipient.status == literal_column("'FAILED'")
Index("ix_recipients_phone", Recipient.phone, Recipient.message_id, Recipient.id)
Index(
    "ix_recipients_failed_reason",
    Recipient.reason,
    Recipient.message_id,
    Recipient.id,
    sqlite_where=IS_FAILED,
    postgresql_where=IS_FAILED,
)
_REFERRED = Recipient.carrier_ref.is_not(None)
Index("ix_recipients_message_id", Recipient.message_id, Recipient.id)
Index(
    "ix_recipients_queued",
    Recipient.message_id,
    Recipient.due_at,
    sqlite_where=IS_QUEUED,
    postgresql_where=IS_QUEUED,
)
Index(
    "ix_recipients_failed",
    Recipient.message_id,
    Recipient.id,
    sqlite_where=IS_FAILED,
    postgresql_where=IS_FAILED,
)
Index(
    "ix_recipients_unknown_phone",
    Recipient.phone,
    sqlite_where=IS_UNKNOWN,
    postgresql_where=IS_UNKNOWN,
)
Index(
    "ix_recipients_carrier_ref",
    Recipient.carrier_ref,
    Recipient.carrier_id,
    sqlite_where=_REFERRED,
    postgresql_where=_REFERRED,
)


class RecipientPart(Model):
    """One part of a recipient's message of several parts, once a carrier took it."""

    __tablename__ = "recipient_parts"
    __table_args__ = (UniqueConstraint("recipient_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    recipient_id: Mapped[int] = mapped_column(ForeignKey("recipients.id"))
    number: Mapped[int] = mapped_column(SmallInteger)
    carrier_id: Mapped[int]
    carrier_ref: Mapped[str] = mapped_column(String(64))
    status: Mapped[RecipientStatus] = mapped_column(
        named(RecipientStatus), default=RecipientStatus.SENT
    )


Index("ix_recipient_parts_carrier_ref", RecipientPart.carrier_ref, RecipientPart.carrier_id)


class ParkedReceipt(Model):
    """A receipt whose part is not known yet: it overtook its answer, or the answer was lost.

    A carrier may give an id again, to another number, while the first one is still parked.
    """

    __tablename__ = "parked_receipts"
    __table_args__ = (UniqueConstraint("carrier_ref", "carrier_id", "phone"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    carrier_id: Mapped[int]
    carrier_ref: Mapped[str] = mapped_column(String(64))
    phone: Mapped[str] = mapped_column(String(15))
    status: Mapped[RecipientStatus] = mapped_column(named(RecipientStatus))
    reason: Mapped[str | None] = mapped_column(String(200))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    try_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
