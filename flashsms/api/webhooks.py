"""Webhooks: the addresses that are told what happens, and what they were told."""

from typing import Any

from flask import Response

from flashsms.api import inputs
from flashsms.api.answers import answer, pagination
from flashsms.api.auth import current_key, scope
from flashsms.api.blueprint import bp
from flashsms.api.describing import answers
from flashsms.api.once import answer_once
from flashsms.api.schemas import (
    DeletedAnswer,
    DeliveriesAnswer,
    DeliveriesQuery,
    ReplayAnswer,
    SecretRequest,
    WebhookAnswer,
    WebhookChange,
    WebhookRequest,
    WebhookRotatedAnswer,
    WebhooksAnswer,
    WebhookSecretAnswer,
    WebhookTestAnswer,
)
from flashsms.models import Scope, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from flashsms.services.webhooks import deliveries, endpoints
from flashsms.services.webhooks.endpoints import Target


@bp.get("/webhooks")
@scope(Scope.WEBHOOKS_READ)
@answers(WebhooksAnswer)
def list_webhooks() -> Response:
    """List the webhooks, the oldest first."""
    listed = [_show(endpoint) for endpoint in endpoints.every(current_key().account_id)]
    return answer({"webhooks": listed})


@bp.post("/webhooks")
@scope(Scope.WEBHOOKS_WRITE)
@answers(
    WebhookSecretAnswer,
    body=WebhookRequest,
    once=True,
    refuses=("bad_url", "bad_webhook", "too_many_webhooks"),
)
def create_webhook() -> Response:
    """Add a webhook and show its secret; an Idempotency-Key makes it happen once."""
    wanted = inputs.body(WebhookRequest)
    account_id, target = current_key().account_id, endpoints.look_at(wanted.url)
    return answer_once(wanted, lambda: _create(account_id, target, wanted), secret=True)


@bp.get("/webhooks/<webhook_id>")
@scope(Scope.WEBHOOKS_READ)
@answers(WebhookAnswer, refuses=("webhook_unknown",))
def show_webhook(webhook_id: str) -> Response:
    """Show one webhook."""
    return answer(_show(endpoints.find(current_key().account_id, webhook_id)))


@bp.route("/webhooks/<webhook_id>", methods=["PUT", "PATCH"])
@scope(Scope.WEBHOOKS_WRITE)
@answers(WebhookAnswer, body=WebhookChange, refuses=("bad_url", "bad_webhook", "webhook_unknown"))
def change_webhook(webhook_id: str) -> Response:
    """Change what is named of a webhook, or pause and resume it; PUT and PATCH do the same."""
    wanted = inputs.body(WebhookChange)
    return answer(_show(endpoints.change(current_key().account_id, webhook_id, wanted.change())))


@bp.delete("/webhooks/<webhook_id>")
@scope(Scope.WEBHOOKS_WRITE)
@answers(DeletedAnswer, refuses=("webhook_unknown",))
def delete_webhook(webhook_id: str) -> Response:
    """Delete a webhook, what waits for it and what it was told."""
    endpoints.delete(current_key().account_id, webhook_id)
    return answer({"id": webhook_id, "deleted": True})


@bp.post("/webhooks/<webhook_id>/test")
@scope(Scope.WEBHOOKS_WRITE)
@answers(WebhookTestAnswer, refuses=("webhook_paused", "webhook_unknown"))
def test_webhook(webhook_id: str) -> Response:
    """Tell a webhook of a test, whatever events it chose."""
    event = deliveries.send_test(current_key().account_id, webhook_id)
    return answer({"webhookId": webhook_id, "eventId": event.public_id, "type": event.type})


@bp.post("/webhooks/<webhook_id>/rotate-secret")
@scope(Scope.WEBHOOKS_WRITE)
@answers(WebhookRotatedAnswer, once=True, refuses=("webhook_unknown",))
def rotate_secret(webhook_id: str) -> Response:
    """Give a webhook another secret and show it; an Idempotency-Key makes it happen once."""
    account_id = current_key().account_id
    return answer_once(SecretRequest(), lambda: _rotate(account_id, webhook_id), secret=True)


@bp.get("/webhooks/<webhook_id>/deliveries")
@scope(Scope.WEBHOOKS_READ)
@answers(DeliveriesAnswer, query=DeliveriesQuery, refuses=("webhook_unknown",))
def list_deliveries(webhook_id: str) -> Response:
    """List what a webhook was told, newest first."""
    wanted = inputs.query(DeliveriesQuery)
    endpoint = endpoints.find(current_key().account_id, webhook_id)
    page = deliveries.page(endpoint, wanted.page, wanted.limit)
    last = deliveries.last_attempts(page.items)
    listed = [_show_delivery(one) | _show_attempt(last.get(one.id)) for one in page.items]
    return answer({"deliveries": listed, "pagination": pagination(page)})


@bp.post("/webhooks/<webhook_id>/deliveries/<delivery_id>/replay")
@scope(Scope.WEBHOOKS_WRITE)
@answers(ReplayAnswer, refuses=("webhook_paused", "webhook_unknown", "delivery_unknown"))
def replay_delivery(webhook_id: str, delivery_id: str) -> Response:
    """Send a delivery once more, as it was."""
    again = deliveries.replay(current_key().account_id, webhook_id, delivery_id)
    return answer(_show_delivery(again))


def _create(account_id: int, target: Target, wanted: WebhookRequest) -> dict[str, Any]:
    made, secret = endpoints.create(account_id, target, wanted.events, wanted.description)
    return _show(made) | {"secret": secret}


def _rotate(account_id: int, webhook_id: str) -> dict[str, Any]:
    endpoint, secret = endpoints.rotate(account_id, webhook_id)
    replaced = {"secret": secret, "oldSecretValidUntil": endpoint.old_secret_until}
    return _show(endpoint) | replaced


def _show(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {
        "id": endpoint.public_id,
        "url": endpoint.url,
        "description": endpoint.description,
        "events": endpoint.event_names.split(),
        "paused": endpoint.paused_at is not None,
        "pausedReason": endpoint.paused_for,
        "failures": endpoint.failures,
        "failingSince": endpoint.failing_since,
        "createdAt": endpoint.created_at,
    }


def _show_delivery(delivery: WebhookDelivery) -> dict[str, Any]:
    return {
        "id": delivery.public_id,
        "status": delivery.status,
        "events": delivery.event_names.split(),
        "eventCount": delivery.event_count,
        "attempts": delivery.attempts,
        "createdAt": delivery.created_at,
        "deliveredAt": delivery.delivered_at,
    }


def _show_attempt(attempt: WebhookAttempt | None) -> dict[str, Any]:
    if attempt is None:
        return {"lastAttempt": None}
    return {
        "lastAttempt": {
            "sentAt": attempt.sent_at,
            "milliseconds": attempt.milliseconds,
            "statusCode": attempt.status_code,
            "error": attempt.error,
        }
    }
