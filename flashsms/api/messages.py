"""What was sent, and what became of it."""

from typing import Any

from flask import Response

from flashsms.api import inputs
from flashsms.api.answers import answer, mark_test, pagination
from flashsms.api.auth import current_key, scope
from flashsms.api.blueprint import bp
from flashsms.api.describing import answers
from flashsms.api.schemas import (
    MessageAnswer,
    MessagesAnswer,
    MessagesQuery,
    RecipientsQuery,
    ReportAnswer,
)
from flashsms.models import Message, MessageStatus, RecipientStatus, Scope
from flashsms.services import history

_TRUNCATED = 160  # characters of a message that the list shows
_UNDER_WAY = {RecipientStatus.QUEUED, RecipientStatus.SUBMITTING, RecipientStatus.UNKNOWN}
_SHOWN = {status: "PENDING" if status in _UNDER_WAY else status.value for status in RecipientStatus}


@bp.get("/sms")
@scope(Scope.SMS_READ)
@answers(MessagesAnswer, query=MessagesQuery)
def list_messages() -> Response:
    """List the account's messages, newest first."""
    wanted = inputs.query(MessagesQuery)
    page = history.messages(
        current_key().account_id, wanted.slice(), wanted.statuses, is_test=wanted.test
    )
    listed = [_show(message) | {"message": message.text[:_TRUNCATED]} for message in page.items]
    return answer({"messages": listed, "pagination": pagination(page)})


@bp.get("/sms/status/<message_id>")
@scope(Scope.SMS_READ)
@answers(MessageAnswer, refuses=("message_unknown",))
def show_status(message_id: str) -> Response:
    """Show where one message stands."""
    return answer(_show(history.message(current_key().account_id, message_id)))


@bp.get("/sms/<message_id>/recipients")
@scope(Scope.SMS_READ)
@answers(ReportAnswer, query=RecipientsQuery, refuses=("message_unknown",))
def list_recipients(message_id: str) -> Response:
    """Report on the recipients of one message."""
    wanted = inputs.query(RecipientsQuery)
    message = history.message(current_key().account_id, message_id)
    page = history.recipients(message, history.Slice(wanted.page, wanted.limit))
    return answer(
        {
            "messageId": message.public_id,
            "status": _status(message),
            "recipientCount": message.recipient_count,
            "recipients": [_show_recipient(*recipient) for recipient in page.items],
            "stats": _stats(message),
            "pagination": pagination(page),
            **mark_test(message),
        }
    )


def _show(message: Message) -> dict[str, Any]:
    return {
        "id": message.public_id,
        "message": message.text,
        "recipientCount": message.recipient_count,
        "status": _status(message),
        "creditsUsed": message.credits_used,
        "senderId": message.sender,
        "scheduledAt": message.scheduled_at,
        "sentAt": message.sent_at,
        "createdAt": message.created_at,
        **mark_test(message),
    }


def _show_recipient(
    phone: str, status: RecipientStatus, sent_at: object, reason: str | None, text: str | None
) -> dict[str, Any]:
    went_well = status in (RecipientStatus.SENT, RecipientStatus.DELIVERED)
    return {
        "phone": phone,
        "status": _SHOWN[status],
        "sentAt": sent_at,
        "reason": None if went_well else reason,
        **({} if text is None else {"message": text}),
    }


def _status(message: Message) -> str:
    scheduled = message.status is MessageStatus.SCHEDULED
    return MessageStatus.PENDING if scheduled else message.status


def _stats(message: Message) -> dict[str, Any]:
    count = message.recipient_count
    return {
        "delivered": message.delivered,
        "failed": message.failed,
        "pending": count - message.delivered - message.failed,
        "deliveryRate": round(message.delivered / count * 100, 1),
    }
