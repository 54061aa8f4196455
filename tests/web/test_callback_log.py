"""The secret in a callback's address stays out of our own log, whatever goes wrong."""

import logging

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flashsms.services import carriers, receipts
from flashsms.services.carriers import ways


def test_a_failure_of_ours_does_not_log_the_secret(
    app: Flask, client: FlaskClient, monkeypatch, caplog: pytest.LogCaptureFixture
) -> None:
    carrier = carriers.set_url("arkesel://k@default")
    address = ways.find(carrier.public_id).callback
    path = address[address.index("/callbacks") :]
    secret = path.rsplit("/", 1)[1]

    def fail(*_):
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(receipts, "apply", fail)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.testing = False
    caplog.set_level(logging.DEBUG)
    answer = client.get(f"{path}/receipts?sms_id=1&status=DELIVERED")
    assert answer.status_code == 503
    assert secret not in caplog.text
