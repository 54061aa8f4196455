"""A request to a webhook as people read it."""

import json

from flashsms.models import WebhookAttempt, WebhookDelivery

LONGEST = 20_000  # characters of a body that a page shows


def pretty(body: str) -> tuple[str, int]:
    """Return a JSON body in lines, as much as a page shows, and how many characters are left."""
    try:
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        text = body
    return text[:LONGEST], max(0, len(text) - LONGEST)


def headers(delivery: WebhookDelivery, attempt: WebhookAttempt) -> list[tuple[str, str]]:
    """Return the headers that an attempt was made with."""
    return [
        ("content-type", "application/json"),
        ("user-agent", "FlashSMS"),
        ("webhook-id", delivery.public_id),
        ("webhook-timestamp", str(int(attempt.sent_at.timestamp()))),
        ("webhook-signature", attempt.signature),
    ]
