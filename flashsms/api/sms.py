"""Sending messages: for real, as a dry run, as an estimate."""

from typing import Any

from flask import Response

from flashsms.api import inputs
from flashsms.api.answers import answer, mark_test
from flashsms.api.auth import current_key, scope
from flashsms.api.blueprint import bp
from flashsms.api.describing import answers
from flashsms.api.once import answer_once
from flashsms.api.schemas import (
    DryRunAnswer,
    EstimateAnswer,
    EstimateRequest,
    SendRequest,
    SentAnswer,
)
from flashsms.models import Scope
from flashsms.services import estimates, sending
from flashsms.services.sending import LeftOut, Order, Preflight
from flashsms.text import savings

_TESTS = "test"  # whose Idempotency-Keys stand apart: a test must not stand for a message
_MOST_CHARACTERS = 20  # that make texts dear by what is known of the readers


@bp.post("/sms/send")
@scope(Scope.SMS_SEND)
@answers(
    SentAnswer,
    DryRunAnswer,
    body=SendRequest,
    once=True,
    refuses=(
        "bad_message",
        "unknown_variable",
        "no_recipients",
        "too_many_recipients",
        "too_many_tests",
        "no_sender",
        "sender_not_approved",
        "schedule_in_past",
        "insufficient_credits",
        "group_unknown",
        "contact_unknown",
        "template_unknown",
    ),
)
def send() -> Response:
    """Send a message now or later, or with `dryRun` say what that would do.

    An Idempotency-Key makes it happen once.
    """
    wanted = inputs.body(SendRequest)
    key = current_key()
    order = _order(wanted, is_test=key.is_test)
    if wanted.dry_run:
        found = sending.preflight(key.account_id, order)
        return answer(_show_preflight(found) | mark_test(key))
    apart = _TESTS if key.is_test else ""
    return answer_once(wanted, lambda: _accept(key.account_id, order), apart=apart)


@bp.post("/sms/estimate")
@scope(Scope.SMS_SEND)
@answers(
    EstimateAnswer,
    body=EstimateRequest,
    refuses=("bad_message", "unknown_variable", "template_unknown"),
)
def estimate() -> Response:
    """Price a message without sending it."""
    wanted = inputs.body(EstimateRequest)
    order = Order(text=wanted.message, template=wanted.template_id, variables=wanted.values())
    found = estimates.estimate(current_key().account_id, order, wanted.recipient_count)
    return answer(
        {
            "message": {
                "length": found.length,
                "parts": found.parts,
                "encoding": found.encoding,
                **({"variables": found.variables} if found.variables else {}),
            },
            "recipientCount": wanted.recipient_count,
            "creditsRequired": found.credits,
            "currentBalance": found.balance,
            "canAfford": found.balance >= found.credits,
        }
    )


def _order(wanted: SendRequest, *, is_test: bool) -> Order:
    single = () if wanted.group_id is None else (wanted.group_id,)
    return Order(
        text=wanted.message,
        template=wanted.template_id,
        variables=wanted.values(),
        recipients=wanted.recipients or (),
        groups=(*(wanted.group_ids or ()), *single),
        contacts=wanted.contact_ids or (),
        everybody=bool(wanted.send_to_all_contacts),
        sender=wanted.sender_id,
        campaign_name=wanted.campaign_name or None,
        scheduled_at=wanted.schedule_date,
        is_test=is_test,
    )


def _accept(account_id: int, order: Order) -> dict[str, Any]:
    taken = sending.accept(account_id, order)
    return {
        "messageId": taken.message.public_id,
        "recipientsSent": taken.recipients,
        **_show_left_out(taken.left_out),
        "creditsUsed": taken.credits,
        "remainingCredits": taken.balance,
        "scheduled": taken.message.scheduled_at is not None,
        "scheduleDate": taken.message.scheduled_at,
        **mark_test(taken.message),
    }


def _show_left_out(left_out: LeftOut) -> dict[str, Any]:
    return {
        "invalidRecipients": left_out.invalid,
        "optedOutRecipients": left_out.opted_out,
        "deletedRecipients": left_out.deleted,
        "skippedRecipients": [one._asdict() for one in left_out.skipped],
        "skippedCount": left_out.skipped_count,
    }


def _show_preflight(found: Preflight) -> dict[str, Any]:
    return {
        "dryRun": True,
        "senderId": found.sender,
        "recipientsSent": found.recipients,
        **_show_left_out(found.left_out),
        "duplicateRecipients": found.duplicates,
        "creditsRequired": found.credits,
        "currentBalance": found.balance,
        "canAfford": found.balance >= found.credits,
        "parts": [share._asdict() for share in found.shares],
        "operators": found.operators,
        "message": {
            "length": found.length,
            "encoding": found.encoding,
            "creditsSaved": found.credits_saved,
            "encodings": {str(name): count for name, count in found.by_encoding.items()},
            "suggestion": found.savings.text if found.credits_saved else None,
            "culprits": [
                {
                    "character": one.character,
                    "name": one.name,
                    "count": one.count,
                    "position": one.position,
                    "replacement": one.replacement,
                }
                for one in found.savings.culprits
            ],
            "inValues": [
                {
                    "character": character,
                    "recipients": count,
                    "replacement": savings.replacement(character),
                }
                for character, count in found.in_values.most_common(_MOST_CHARACTERS)
            ],
            "samples": [{"phone": one.phone, "message": one.text} for one in found.samples],
        },
    }
