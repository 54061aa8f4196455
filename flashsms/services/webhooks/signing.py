"""Signatures by which a receiver knows that a request is ours: the Standard Webhooks scheme."""

import secrets as random
from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime

from standardwebhooks import Webhook

_SECRET_BYTES = 32


def new_secret() -> str:
    """Return a secret to share with a receiver: `whsec_` and base64."""
    return "whsec_" + b64encode(random.token_bytes(_SECRET_BYTES)).decode()


def sign(secrets: Iterable[str], id: str, timestamp: datetime, body: str) -> str:
    """Return the header `webhook-signature`: one signature for each secret, divided by blanks.

    `timestamp` is aware; the header `webhook-timestamp` holds its whole seconds.
    """
    return " ".join(Webhook(secret).sign(id, timestamp, body) for secret in secrets)
