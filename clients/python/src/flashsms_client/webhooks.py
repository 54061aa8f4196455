"""Requests that FlashSMS makes to a webhook: are they genuine, and what do they tell."""

import base64
import binascii
import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping

from flashsms_client.errors import BadAnswer, BadSignature
from flashsms_client.events import (
    Event,
    EventData,
    LowBalance,
    LowDeliveryRate,
    MessageProgress,
    OptedOut,
    ReceivedSms,
    RecipientOutcome,
    SenderDecision,
    WebhookTest,
    event,
)
from flashsms_client.reading import as_object

__all__ = [
    "BadSignature",
    "Event",
    "EventData",
    "LowBalance",
    "LowDeliveryRate",
    "MessageProgress",
    "OptedOut",
    "ReceivedSms",
    "RecipientOutcome",
    "SenderDecision",
    "WebhookTest",
    "verify",
]


_MOMENT = re.compile("[0-9]{1,12}")  # seconds since 1970


def verify(
    body: bytes, headers: Mapping[str, str], secret: str, tolerance: float = 300
) -> list[Event]:
    """Return the events of a request that was signed with `secret`, which begins with `whsec_`.

    `body` is what came, unchanged. Raises BadSignature for anything else, also for a request that
    was signed more than `tolerance` seconds ago (or ahead): answer such a one with 400.
    """
    named = {name.lower(): value for name, value in headers.items()}
    id, moment = named.get("webhook-id", ""), named.get("webhook-timestamp", "")
    if not _MOMENT.fullmatch(moment) or abs(time.time() - int(moment)) > tolerance:
        raise BadSignature("The request is too old, or says no time.")
    expected = _sign(_key(secret), f"{id}.{moment}.".encode("utf-8", "surrogatepass") + body)
    signatures = named.get("webhook-signature", "").split()
    if not any(
        [hmac.compare_digest(expected, one.encode("utf-8", "surrogatepass")) for one in signatures]
    ):
        raise BadSignature("The request is not signed with this secret.")
    return _events(body)


def _sign(key: bytes, content: bytes) -> bytes:
    return b"v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest())


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.strip().removeprefix("whsec_"), validate=True)
    except binascii.Error:
        key = b""
    if not key:
        raise ValueError("secret must be the webhook's secret, whsec_...")
    return key


def _events(body: bytes) -> list[Event]:
    try:
        delivery = as_object(json.loads(body))
        return [event(one) for one in delivery["events"]]
    except (ValueError, KeyError, TypeError) as error:
        raise BadAnswer("The request is genuine, but tells no events.") from error
