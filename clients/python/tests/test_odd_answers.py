"""The Python client against hostile requests and odd answers."""

import time

import httpx
import pytest

from flashsms_client import BadSignature, FlashSMS, FlashSMSError, webhooks

SECRET = "whsec_" + "A" * 43 + "="


@pytest.mark.parametrize("moment", ["9" * 400, "9" * 5000])
def test_a_forged_request_is_only_ever_refused(moment: str) -> None:
    headers = {"webhook-id": "x", "webhook-timestamp": moment, "webhook-signature": "v1,x"}
    with pytest.raises(BadSignature):
        webhooks.verify(b"{}", headers, SECRET)


@pytest.mark.parametrize("id", ["\udc80"])
def test_a_forged_request_with_surrogates(id: str) -> None:
    headers = {
        "webhook-id": id,
        "webhook-timestamp": str(int(time.time())),
        "webhook-signature": "v1,\udc80",
    }
    with pytest.raises(BadSignature):
        webhooks.verify(b"{}", headers, SECRET)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Retry-After": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"}, {}),
        ({}, {"details": 5}),
    ],
)
def test_a_gateway_that_answers_oddly_is_retried(headers: dict[str, str], body: object) -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(503, headers=headers, json=body)

    client = FlashSMS(
        "bms_test_x", "http://x", transport=httpx.MockTransport(answer), max_retries=1
    )
    with pytest.raises(FlashSMSError):
        client.balance()
    assert len(asked) == 2
