"""What monitors ask."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flashsms import connect_redis
from flashsms.services import sending
from tests.factories import Member


def test_it_is_up_and_ready(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "ok"}
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {"status": "ok", "database": "ok", "redis": "ok"}


def test_without_redis_it_is_up_but_not_ready(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "redis", connect_redis("redis://127.0.0.1:1"))
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"status": "unavailable", "database": "ok", "redis": "unreachable"}
    assert 'flashsms_up{part="redis"} 0.0' in client.get("/metrics").text


def test_the_figures_count_what_waits(client: FlaskClient, ama: Member) -> None:
    sending.accept(ama.account.id, sending.Order(text="Hi", recipients=["0201234567"]))
    text = client.get("/metrics").text
    assert "flashsms_messages_open 1.0" in text
    assert "flashsms_recipients_waiting 1.0" in text
    assert 'flashsms_queue_jobs{queue="urgent"} 1.0' in text


def test_the_front_page_shows_how_to_send(client: FlaskClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "http://localhost/api/v1/sms/send" in page.text
