"""One send request, whatever its size."""

from datetime import datetime
from enum import IntEnum, StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from flashsms.models.base import Model, UtcDateTime, named, now, public_id


class MessageStatus(StrEnum):
    """Where a message stands; the API shows SCHEDULED as PENDING."""

    SCHEDULED = "SCHEDULED"
    PENDING = "PENDING"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class Announced(IntEnum):
    """What an account's webhooks were told of a message, so that each is told once."""

    NOTHING = 0
    SENT = 1
    COMPLETED = 2


class Message(Model):
    """A message to any number of recipients.

    `waiting`, `unknown`, `delivered` and `failed` count its recipients (waiting: QUEUED or
    SUBMITTING); the rest are SENT. They change in the transaction that changes the recipients.

    `only_carrier_id` is the one carrier that it may leave by, whoever else could take it.
    `from_number` is a number of the account's that it leaves from in place of the sender; one that
    `is_answer` was made by a word such as STOP and reaches those who opted out, too.

    One that `is_test` was sent with a test key: it costs nothing, leaves by no carrier, and no
    figure counts it. `announced` is how far the account's webhooks were told of it.

    `wake_at` is the next time anything is due for it (its schedule, a retry, a look whether its job
    was lost), None once nothing is left to do. `ticket` is the number of the one job that may work
    on it: every claim takes the ticket and issues the next.

    A `personalised` text has placeholders; then each recipient has a text of its own, and `parts`
    is that of the longest.
    """

    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(25), unique=True, default=public_id("c", 16))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    sender: Mapped[str] = mapped_column(String(11))
    text: Mapped[str] = mapped_column(Text)
    personalised: Mapped[bool] = mapped_column(default=False)
    campaign_name: Mapped[str | None] = mapped_column(String(120))
    status: Mapped[MessageStatus] = mapped_column(named(MessageStatus))
    parts: Mapped[int]
    credits_used: Mapped[int] = mapped_column(BigInteger)
    recipient_count: Mapped[int]
    waiting: Mapped[int]
    unknown: Mapped[int] = mapped_column(default=0)
    delivered: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    urgent: Mapped[bool]
    only_carrier_id: Mapped[int | None]
    from_number: Mapped[str | None] = mapped_column(String(15))
    is_answer: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_test: Mapped[bool] = mapped_column(default=False, server_default=false())
    announced: Mapped[int] = mapped_column(
        SmallInteger, default=Announced.NOTHING, server_default="0"
    )
    ticket: Mapped[int] = mapped_column(default=1)
    wake_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    scheduled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


Index("ix_messages_account_id_created_at", Message.account_id, Message.created_at, Message.id)
Index("ix_messages_account_id_status", Message.account_id, Message.status, Message.created_at)
Index("ix_messages_created_at", Message.created_at, Message.id)
Index("ix_messages_sender", Message.sender, Message.created_at, Message.id)
Index(
    "ix_messages_wake_at",
    Message.wake_at,
    sqlite_where=Message.wake_at.is_not(None),
    postgresql_where=Message.wake_at.is_not(None),
)
Index(
    "ix_messages_account_id_is_test",
    Message.account_id,
    Message.is_test,
    Message.created_at,
    Message.id,
)
