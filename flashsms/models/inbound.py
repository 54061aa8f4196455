"""What people send to numbers and short codes of ours."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from flashsms.models.base import Model, UtcDateTime, named, now, public_id
from flashsms.models.recipient import BigId


class InboundNumber(Model):
    """A number or short code that people can write to, in digits, and whose it is.

    One without an account is shared: what arrives is for whoever wrote to that person last.
    `carrier_id` is the carrier that answers leave by, None for any.
    """

    __tablename__ = "inbound_numbers"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), default=public_id("num_"))
    number: Mapped[str] = mapped_column(String(15), unique=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    carrier_id: Mapped[int | None] = mapped_column(ForeignKey("carriers.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class InboundKind(StrEnum):
    """What a text from a person was taken for."""

    TEXT = "TEXT"
    STOP = "STOP"
    START = "START"
    HELP = "HELP"


class InboundMessage(Model):
    """A text that somebody sent to us. `account_id` is None when nobody owns the number.

    `carrier_ref` is the carrier's id of it, None when it gave none. `answer_id` is the message
    that answered it by itself.
    """

    __tablename__ = "inbound_messages"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), default=public_id("inb_"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    carrier_id: Mapped[int]
    carrier_ref: Mapped[str | None] = mapped_column(String(64))
    number: Mapped[str] = mapped_column(String(20))
    phone: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    kind: Mapped[InboundKind] = mapped_column(named(InboundKind), default=InboundKind.TEXT)
    answer_id: Mapped[int | None]
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class InboundPart(Model):
    """One part of a longer text, until the others are there; `reference` is the phone's own.

    It is below zero once the text is whole (`services.inbound.parts`).
    """

    __tablename__ = "inbound_parts"

    carrier_id: Mapped[int] = mapped_column(primary_key=True)
    phone: Mapped[str] = mapped_column(String(20), primary_key=True)
    number: Mapped[str] = mapped_column(String(20), primary_key=True)
    reference: Mapped[int] = mapped_column(primary_key=True)
    total: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)


class Conversation(Model):
    """The exchange of an account with one person, as the list shows it.

    `unread` counts what arrived since somebody looked; it is there from the first text that
    arrived, not for everybody who was ever sent to.
    """

    __tablename__ = "conversations"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    phone: Mapped[str] = mapped_column(String(20), primary_key=True)
    number: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(String(200))
    unread: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)


class InboundWords(Model):
    """What an account's words and answers are; words with blanks between, None for the usual ones.

    An answer that is empty is not sent.
    """

    __tablename__ = "inbound_words"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    stop_words: Mapped[str | None] = mapped_column(String(200))
    start_words: Mapped[str | None] = mapped_column(String(200))
    help_words: Mapped[str | None] = mapped_column(String(200))
    stop_answer: Mapped[str | None] = mapped_column(String(320))
    start_answer: Mapped[str | None] = mapped_column(String(320))
    help_answer: Mapped[str | None] = mapped_column(String(320))


Index("uq_inbound_numbers_public_id", InboundNumber.public_id, unique=True)
Index("uq_inbound_messages_public_id", InboundMessage.public_id, unique=True)
_REFERRED = InboundMessage.carrier_ref.is_not(None)
Index(
    "uq_inbound_messages_carrier_ref",
    InboundMessage.carrier_id,
    InboundMessage.carrier_ref,
    unique=True,
    sqlite_where=_REFERRED,
    postgresql_where=_REFERRED,
)
Index(
    "ix_inbound_messages_account_id_phone",
    InboundMessage.account_id,
    InboundMessage.phone,
    InboundMessage.id,
)
Index(
    "ix_inbound_messages_phone_received_at",
    InboundMessage.phone,
    InboundMessage.received_at,
)
Index(
    "ix_conversations_account_id_last_at",
    Conversation.account_id,
    Conversation.last_at,
    Conversation.phone,
)
