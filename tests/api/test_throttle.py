"""The limit of requests a minute, with a real Redis and without one."""

import logging
import socket
import time
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from config import Config
from flashsms.api.throttle import PAUSE, Throttle
from flashsms.models import now
from flashsms.services import keys
from tests.api.calls import error, get
from tests.factories import Member


@pytest.fixture
def config(config: Config) -> Config:
    config.RATE_LIMIT = 3
    return config


def test_every_answer_says_where_the_key_stands(client: FlaskClient, ama: Member):
    remaining = []
    for path in ("balance", "sms/status/nobody", "sms?page=0"):
        headers = get(client, ama, path).headers
        remaining.append(headers["RateLimit-Remaining"])
        assert headers["RateLimit-Limit"] == "3"
        assert 1 <= int(headers["RateLimit-Reset"]) <= 60
    assert remaining == ["2", "1", "0"]


def test_one_request_too_many_is_told_when_to_come_back(client: FlaskClient, ama: Member):
    for _ in range(3):
        assert get(client, ama, "balance").status_code == 200
    response = get(client, ama, "balance")
    wait = response.headers["Retry-After"]
    assert f"Wait {wait} seconds" in error(response, 429, "rate_limited")
    assert response.headers["RateLimit-Remaining"] == "0"
    with time_machine.travel(now() + timedelta(seconds=int(wait))):
        assert get(client, ama, "balance").status_code == 200


def test_each_key_has_its_own_limit(client: FlaskClient, ama: Member, kofi: Member):
    _, second = keys.create(ama.account.id, "second")
    for _ in range(4):
        get(client, ama, "balance")
    assert get(client, kofi, "balance").status_code == 200
    other = client.get("/api/v1/balance", headers={"X-API-Key": second})
    assert other.headers["RateLimit-Remaining"] == "2"


def test_requests_without_a_good_key_use_up_nothing(client: FlaskClient, ama: Member):
    for _ in range(5):
        response = client.get("/api/v1/balance", headers={"X-API-Key": ama.key + "x"})
        assert response.status_code == 401
        assert "RateLimit-Limit" not in response.headers
    assert get(client, ama, "balance").headers["RateLimit-Remaining"] == "2"


def test_no_limit_means_no_headers(app: Flask, client: FlaskClient, ama: Member, redis_url: str):
    app.extensions["throttle"] = Throttle(redis_url, 0)
    assert "RateLimit-Limit" not in get(client, ama, "balance").headers


def test_without_redis_nobody_is_limited_and_the_log_says_so_once(
    app: Flask, client: FlaskClient, ama: Member, caplog: pytest.LogCaptureFixture
):
    app.extensions["throttle"] = Throttle("redis://127.0.0.1:1", 3)
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            response = get(client, ama, "balance")
            assert response.status_code == 200
            assert "RateLimit-Limit" not in response.headers
    assert caplog.text.count("Redis is away") == 1


def test_a_redis_that_hangs_costs_one_short_wait(app: Flask):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        throttle = Throttle(f"redis://127.0.0.1:{mute.getsockname()[1]}", 3)
        started = time.monotonic()
        assert [throttle.hit(1) for _ in range(50)] == [None] * 50
    assert time.monotonic() - started < PAUSE


def test_a_redis_that_comes_back_is_asked_again(
    redis_url: str, app: Flask, monkeypatch: pytest.MonkeyPatch
):
    throttle = Throttle("redis://127.0.0.1:1", 3)
    assert throttle.hit(1) is None
    throttle._counter = Throttle(redis_url, 3)._counter
    assert throttle.hit(1) is None
    later = time.monotonic() + PAUSE
    monkeypatch.setattr(time, "monotonic", lambda: later)
    standing = throttle.hit(1)
    assert standing
    assert standing.remaining == 2
