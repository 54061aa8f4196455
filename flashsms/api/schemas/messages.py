"""What was sent, and what became of it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from flashsms.api.schemas.answers import Pagination
from flashsms.api.schemas.shapes import Answer, Count, MessageId, Phone
from flashsms.api.schemas.sms import StatusFilter


class MessageAnswer(Answer):
    """A message, and where it stands."""

    id: MessageId
    """Its id."""
    message: str
    """The text; with placeholders where each reader has their own. A list shows 160 characters."""
    recipient_count: Count
    """How many it goes to."""
    status: StatusFilter
    """Where it stands."""
    credits_used: Count
    """What it cost. Refunds stand in the ledger."""
    sender_id: str
    """The name that it shows as its sender."""
    scheduled_at: datetime | None
    """When it was to go out; null if at once."""
    sent_at: datetime | None
    """When nothing was left to hand over; null before that."""
    created_at: datetime
    """When it was taken."""
    test: Literal[True] | SkipJsonSchema[None] = None
    """True if a test key sent it; left out of all others."""


class MessagesAnswer(Answer):
    """A page of messages, newest first."""

    messages: list[MessageAnswer]
    """The messages of this page."""
    pagination: Pagination
    """Where this page stands."""


class RecipientState(StrEnum):
    """Where a recipient stands."""

    PENDING = "PENDING"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class ReportedRecipient(Answer):
    """One number of a message."""

    phone: Phone
    """The number."""
    status: RecipientState
    """Where it stands. PENDING may have an unknown outcome, which `reason` says."""
    sent_at: datetime | None
    """When it was handed over; null before that."""
    reason: str | None
    """Why it failed, waits, or is not known; null where all is well."""
    message: str | SkipJsonSchema[None] = None
    """The text of this reader, where each has their own."""


class DeliveryStats(Answer):
    """The recipients of a message, counted."""

    delivered: Count
    """How many were reached."""
    failed: Count
    """How many were not."""
    pending: Count
    """All others: the message is final when this is 0."""
    delivery_rate: Annotated[float, Field(ge=0, le=100)]
    """The share that was delivered, in percent."""


class ReportAnswer(Answer):
    """A page of a delivery report."""

    message_id: MessageId
    """The message."""
    status: StatusFilter
    """Where the message stands."""
    recipient_count: Count
    """How many it goes to."""
    recipients: list[ReportedRecipient]
    """The recipients of this page."""
    stats: DeliveryStats
    """All recipients, counted."""
    pagination: Pagination
    """Where this page stands."""
    test: Literal[True] | SkipJsonSchema[None] = None
    """True if a test key sent the message; left out of all others."""
