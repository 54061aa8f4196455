"""Calling off a scheduled message."""

from sqlalchemy import update

from flashsms.extensions import transaction
from flashsms.models import Message, MessageStatus, RecipientStatus
from flashsms.models.rows import change
from flashsms.services.errors import DomainError
from flashsms.services.sending import settling


def cancel(message: Message) -> None:
    """Cancel a scheduled message that has not started, and give its credits back."""
    with transaction():
        cancelled = change(
            update(Message)
            .where(Message.id == message.id, Message.status == MessageStatus.SCHEDULED)
            .values(status=MessageStatus.CANCELLED, wake_at=None)
        )
        if cancelled.rowcount == 0:
            raise DomainError("too_late", "This message has already started or was cancelled.")
        settling.fail_queued(message, "Cancelled.", RecipientStatus.CANCELLED)
