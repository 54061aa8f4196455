"""Receivers that are made to harm."""

import pytest
from flask import Flask
from sqlalchemy import select

from flashsms.extensions import db
from flashsms.models import WebhookAttempt
from flashsms.services import webhooks
from flashsms.services.webhooks import delivering
from flashsms.services.webhooks.courier import Courier
from tests.factories import Member
from tests.receivers import Receiver, says, takes
from tests.services.webhooks.conftest import fresh, listen, tell


@pytest.mark.parametrize(
    "when",
    [
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 01 Jan 2024 00:00:00 +99999999999999999999",
    ],
)
def test_no_retry_after_jams_the_courier(
    app: Flask, ama: Member, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setattr(delivering, "SPELL", 2.0)
    courier = Courier(app.config["WEBHOOK_ALLOW"])
    app.extensions["courier"] = courier
    try:
        endpoint = listen(ama, receiver.url)
        receiver.answer = says(200, "ok", Retry_After=when)
        tell(ama)
        webhooks.deliver_due()
        assert len(receiver.arrivals) == 1
        assert courier.under_way == {}  # a place of 400 is lost for as long as the worker lives
        assert db.session.scalars(select(WebhookAttempt)).all()
        receiver.answer = takes
        tell(ama)
        webhooks.deliver_due()
        assert fresh(endpoint).failures == 0
    finally:
        courier.close()
        app.extensions.pop("courier")
