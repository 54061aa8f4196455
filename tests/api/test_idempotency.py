"""Requests that come twice: they happen once, and say so."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from flashsms.extensions import db
from flashsms.models import Account, IdempotencyKey, Message, now
from flashsms.services import idempotency
from tests.api.calls import HELLO, data, error, send, stored, write
from tests.factories import Member

KEY = {"Idempotency-Key": "order-17"}


def messages() -> int:
    return db.session.scalar(select(func.count()).select_from(Message)) or 0


def test_a_repeated_request_gets_the_first_answer(client: FlaskClient, ama: Member):
    first = send(client, ama, KEY)
    assert "Idempotency-Replayed" not in first.headers
    before = stored(ama)
    second = send(client, ama, KEY)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert data(second) == data(first)
    assert second.mimetype == "application/json"
    assert stored(ama) == before


def test_the_same_fields_in_another_order_are_the_same_request(client: FlaskClient, ama: Member):
    first = send(client, ama, KEY)
    turned = dict(reversed(HELLO.items())) | {"senderId": None}
    second = client.post("/api/v1/sms/send", json=turned, headers=ama.headers | KEY)
    assert data(second) == data(first)


def test_another_request_under_the_same_key_is_a_conflict(client: FlaskClient, ama: Member):
    send(client, ama, KEY)
    before = stored(ama)
    sentence = error(send(client, ama, KEY, message="Bye"), 409, "idempotency_key_reused")
    assert "order-17" in sentence
    assert stored(ama) == before


def test_a_refused_request_does_not_use_up_its_key(client: FlaskClient, ama: Member):
    before = stored(ama)
    error(send(client, ama, KEY, senderId="Nobody"), 400, "sender_not_approved")
    write(update(Account).values(balance=1))
    error(send(client, ama, KEY), 402, "insufficient_credits")
    write(update(Account).values(balance=1000))
    assert stored(ama) == before
    assert data(send(client, ama, KEY))["recipientsSent"] == 2


def test_after_a_day_the_key_is_new_again(client: FlaskClient, ama: Member):
    first = data(send(client, ama, KEY))
    with time_machine.travel(now() + timedelta(hours=24, seconds=1)):
        second = send(client, ama, KEY, message="Bye")
        again = send(client, ama, KEY, message="Bye")
    assert "Idempotency-Replayed" not in second.headers
    assert data(second)["messageId"] != first["messageId"]
    assert data(again) == data(second)


def test_the_same_key_of_a_stranger_is_another_key(client: FlaskClient, ama: Member, kofi: Member):
    assert data(send(client, ama, KEY)) != data(send(client, kofi, KEY))


@pytest.mark.parametrize("key", ["", "x" * 256, "a\x00b", "a\tb", "\x7f"])
def test_a_bad_key_is_refused(client: FlaskClient, ama: Member, key: str):
    before = stored(ama)
    error(send(client, ama, {"Idempotency-Key": key}), 400, "bad_idempotency_key")
    assert stored(ama) == before


@pytest.mark.parametrize("key", ["x" * 255, "1", "key with spaces", "é"])
def test_any_other_key_is_taken(client: FlaskClient, ama: Member, key: str):
    first = data(send(client, ama, {"Idempotency-Key": key}))
    assert data(send(client, ama, {"Idempotency-Key": key})) == first


def test_without_a_key_each_request_counts(client: FlaskClient, ama: Member):
    assert data(send(client, ama)) != data(send(client, ama))


def test_eight_at_once_with_one_key_send_one_message(app: Flask, ama: Member):
    def once(_: int):
        return send(app.test_client(), ama, KEY)

    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(once, range(8)))
    assert len({data(response)["messageId"] for response in responses}) == 1
    replayed = [response.headers.get("Idempotency-Replayed") for response in responses]
    assert sorted(replayed, key=str) == [None, *["true"] * 7]
    db.session.commit()
    assert (messages(), ama.balance) == (1, 998)


def test_eight_at_once_that_are_refused_keep_nothing(app: Flask, ama: Member):
    def once(_: int):
        return send(app.test_client(), ama, KEY, senderId="Nobody")

    before = stored(ama)
    with ThreadPoolExecutor(8) as pool:
        for response in pool.map(once, range(8)):
            error(response, 400, "sender_not_approved")
    assert stored(ama) == before


def test_old_answers_are_forgotten_and_fresh_ones_kept(client: FlaskClient, ama: Member):
    send(client, ama, {"Idempotency-Key": "old"})
    with time_machine.travel(now() + timedelta(hours=26)):
        send(client, ama, {"Idempotency-Key": "fresh"})
        idempotency.forget_old()
    assert list(db.session.scalars(select(IdempotencyKey.key))) == ["fresh"]


def test_the_order_of_fields_and_nulls_makes_no_other_request(client: FlaskClient, ama: Member):
    bodies = [
        b'{"recipients": ["0201234567"], "message": "{{a}}{{b}}", '
        b'"variables": {"a": "1", "b": "2"}}',
        b'{"variables": {"b": "2", "a": "1"}, "message": "{{a}}{{b}}", "senderId": null, '
        b'"recipients": ["0201234567"]}',
    ]
    rows = [
        b'{"contacts": [{"phone": "0201234567", "firstName": "Ama", "email": null}]}',
        b'{"contacts": [{"firstName": "Ama", "phone": "0201234567"}], "groupId": null}',
    ]
    for path, pair in (("sms/send", bodies), ("contacts/import", rows)):
        answers = [
            client.post(
                f"/api/v1/{path}",
                data=body,
                content_type="application/json",
                headers=ama.headers | {"Idempotency-Key": path},
            )
            for body in pair
        ]
        assert answers[0].status_code == 200, answers[0].text
        assert answers[1].json == answers[0].json
        assert answers[1].headers["Idempotency-Replayed"] == "true"


def test_numbers_of_any_size_in_a_row_are_answered(client: FlaskClient, ama: Member):
    response = client.post(
        "/api/v1/contacts/import",
        data=b'{"contacts": [{"phone": 123456789012345678901234567890}]}',
        content_type="application/json",
        headers=ama.headers | {"Idempotency-Key": "big"},
    )
    assert response.status_code in (200, 400)
