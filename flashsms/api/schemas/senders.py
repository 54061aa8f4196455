"""Sender IDs."""

from datetime import datetime
from typing import Literal

from flashsms.api.schemas.shapes import Answer, SenderIdentity


class SenderAnswer(Answer):
    """A name that the account may send under."""

    id: SenderIdentity
    """Its id, which `senderId` takes as well as its name."""
    name: str
    """What people see as the sender."""
    status: Literal["APPROVED"]
    """Always `APPROVED`: others are not listed."""
    created_at: datetime
    """When it was requested."""
    approved_at: datetime
    """When the operator approved it."""


class SendersAnswer(Answer):
    """The approved sender IDs, the oldest first."""

    sender_ids: list[SenderAnswer]
    """All of them; the first is used where a message names none."""
