"""Signatures, as a receiver checks them with the library of the scheme."""

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from flashsms.models import now
from flashsms.services.webhooks import signing


def headers(signature: str) -> dict[str, str]:
    return {
        "webhook-id": "dlv_1",
        "webhook-timestamp": str(int(now().timestamp())),
        "webhook-signature": signature,
    }


def test_each_of_two_secrets_verifies_what_both_signed() -> None:
    old, new = signing.new_secret(), signing.new_secret()
    signed = headers(signing.sign([new, old], "dlv_1", now(), '{"a": "é"}'))
    assert old != new
    for secret in (old, new):
        assert Webhook(secret).verify('{"a": "é"}', signed) == {"a": "é"}
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.new_secret()).verify('{"a": "é"}', signed)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify('{"a": "e"}', signed)
