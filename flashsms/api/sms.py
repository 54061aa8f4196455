"""Sending messages, and what became of them."""

from typing import Any

from flask import Response, request

from flashsms.api import inputs
from flashsms.api.answers import answer, pagination, respond, success
from flashsms.api.auth import current_key, scope
from flashsms.api.blueprint import bp
from flashsms.api.schemas import EstimateRequest, MessagesQuery, RecipientsQuery, SendRequest
from flashsms.models import Message, MessageStatus, RecipientStatus, Scope
from flashsms.services import estimates, history, idempotency, sending
from flashsms.services.errors import DomainError, NotFound

_TRUNCATED = 160  # characters of a message that the list shows
_UNDER_WAY = {RecipientStatus.QUEUED, RecipientStatus.SUBMITTING, RecipientStatus.UNKNOWN}
_SHOWN = {status: "PENDING" if status in _UNDER_WAY else status.value for status in RecipientStatus}


@bp.post("/sms/send")
@scope(Scope.SMS_SEND)
def send() -> Response:
    """Send a message now or later; an Idempotency-Key makes it happen once."""
    wanted = inputs.body(SendRequest)
    _check_audience(wanted)
    done = idempotency.once(
        current_key().account_id,
        request.headers.get("Idempotency-Key"),
        f"POST {request.path} {wanted.model_dump_json()}",
        lambda: _accept(current_key().account_id, wanted),
    )
    response = respond(done.body)
    if done.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


@bp.post("/sms/estimate")
@scope(Scope.SMS_SEND)
def estimate() -> Response:
    """Price a message without sending it."""
    wanted = inputs.body(EstimateRequest)
    found = estimates.estimate(current_key().account_id, wanted.message, wanted.recipient_count)
    return answer(
        {
            "message": {
                "length": found.length,
                "parts": found.parts,
                "encoding": found.encoding,
            },
            "recipientCount": wanted.recipient_count,
            "creditsRequired": found.credits,
            "currentBalance": found.balance,
            "canAfford": found.balance >= found.credits,
        }
    )


@bp.get("/sms")
@scope(Scope.SMS_READ)
def list_messages() -> Response:
    """List the account's messages, newest first."""
    wanted = inputs.query(MessagesQuery)
    page = history.messages(current_key().account_id, wanted.slice(), wanted.statuses)
    listed = [_show(message) | {"message": message.text[:_TRUNCATED]} for message in page.items]
    return answer({"messages": listed, "pagination": pagination(page)})


@bp.get("/sms/status/<message_id>")
@scope(Scope.SMS_READ)
def show_status(message_id: str) -> Response:
    """Show where one message stands."""
    return answer(_show(history.message(current_key().account_id, message_id)))


@bp.get("/sms/<message_id>/recipients")
@scope(Scope.SMS_READ)
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
        }
    )


def _check_audience(wanted: SendRequest) -> None:
    """Refuse groups and contacts that the account does not have: there are none yet."""
    groups = [wanted.group_id] if wanted.group_id else wanted.group_ids
    if groups:
        raise NotFound("group_unknown", f"There is no group {groups[0][:40]!r} in this account.")
    if wanted.contact_ids:
        raise NotFound(
            "contact_unknown",
            f"There is no contact {wanted.contact_ids[0][:40]!r} in this account.",
        )
    if wanted.send_to_all_contacts and not wanted.recipients:
        raise DomainError(
            "no_recipients",
            "sendToAllContacts reaches nobody: this account has no contacts yet. "
            "List phone numbers in recipients.",
        )


def _accept(account_id: int, wanted: SendRequest) -> str:
    taken = sending.accept(
        account_id,
        sending.Order(
            text=wanted.message,
            recipients=wanted.recipients or (),
            sender=wanted.sender_id,
            campaign_name=wanted.campaign_name or None,
            scheduled_at=wanted.schedule_date,
        ),
    )
    return success(
        {
            "messageId": taken.message.public_id,
            "recipientsSent": taken.recipients,
            "invalidRecipients": taken.invalid,
            "creditsUsed": taken.credits,
            "remainingCredits": taken.balance,
            "scheduled": taken.message.scheduled_at is not None,
            "scheduleDate": taken.message.scheduled_at,
        }
    ).decode()


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
    }


def _show_recipient(
    phone: str, status: RecipientStatus, sent_at: object, reason: str | None
) -> dict[str, Any]:
    went_well = status in (RecipientStatus.SENT, RecipientStatus.DELIVERED)
    return {
        "phone": phone,
        "status": _SHOWN[status],
        "sentAt": sent_at,
        "reason": None if went_well else reason,
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
