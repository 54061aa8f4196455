"""Test keys over the API: what sending does with them, and what is told of it."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from flashsms.extensions import db
from flashsms.models import IdempotencyKey, Message, Transaction
from flashsms.services import keys
from tests.api.calls import call, data, error, get, send, stored
from tests.factories import Member

KEY = {"Idempotency-Key": "order-17"}


@pytest.fixture
def trying(ama: Member) -> Member:
    """Ama with a test key."""
    api_key, secret = keys.create(ama.account.id, "trying", is_test=True)
    return Member(ama.account, api_key, secret)


def test_what_a_test_key_sends_says_so_and_is_free(
    client: FlaskClient, ama: Member, trying: Member
) -> None:
    answer = data(send(client, trying))
    assert (answer["test"], answer["creditsUsed"], answer["remainingCredits"]) == (True, 0, 1000)
    assert answer["recipientsSent"] == 2
    live = data(send(client, ama))
    assert "test" not in live
    assert live["remainingCredits"] == 998
    for member in (ama, trying):  # a key decides what sending does, not what is seen
        for one, is_test in ((answer, True), (live, False)):
            path = f"sms/status/{one['messageId']}"
            assert data(get(client, member, path)).get("test", False) is is_test
            path = f"sms/{one['messageId']}/recipients"
            assert data(get(client, member, path)).get("test", False) is is_test
    assert db.session.scalars(select(Transaction.reference)).all()[1:] == [live["messageId"]]


def test_tests_are_listed_alone_or_left_out(
    client: FlaskClient, ama: Member, trying: Member, kofi: Member
) -> None:
    tried, live = (data(send(client, one))["messageId"] for one in (trying, ama))
    send(client, kofi)

    def listed(query: str) -> list[str]:
        found = data(get(client, ama, f"sms?{query}"))
        assert found["pagination"]["total"] == len(found["messages"])
        return [one["id"] for one in found["messages"]]

    assert listed("") == [live, tried]
    assert listed("test=true") == [tried]
    assert listed("test=false&status=PENDING") == [live]
    assert listed("test=true&status=FAILED") == []
    [shown] = data(get(client, ama, "sms?test=true"))["messages"]
    assert (shown["test"], shown["creditsUsed"]) == (True, 0)
    for wrong in ("yes", "True", "", "1", "%00"):
        assert "test must be true or false" in error(
            get(client, ama, f"sms?test={wrong}"), 400, "invalid_request"
        )


def test_a_dry_run_and_an_estimate_tell_the_true_price(client: FlaskClient, trying: Member) -> None:
    before = stored(trying)
    found = data(send(client, trying, dryRun=True, senderId="NotYet"))
    assert (found["creditsRequired"], found["senderId"], found["test"]) == (2, "NotYet", True)
    body = {"message": "Hi", "recipientCount": 5}
    assert data(call(client, trying, "POST", "sms/estimate", body))["creditsRequired"] == 5
    assert stored(trying) == before


def test_a_test_never_stands_for_a_message_under_the_same_idempotency_key(
    client: FlaskClient, ama: Member, trying: Member
) -> None:
    tried, again = (send(client, trying, KEY) for _ in range(2))
    assert data(again) == data(tried)
    assert again.headers["Idempotency-Replayed"] == "true"
    live = send(client, ama, KEY)
    assert "Idempotency-Replayed" not in live.headers
    assert data(live)["creditsUsed"] == 2
    error(send(client, trying, KEY, message="Another"), 409, "idempotency_key_reused")
    longest = {"Idempotency-Key": "x" * 255}
    assert data(send(client, trying, longest)) == data(send(client, trying, longest))
    error(send(client, trying, {"Idempotency-Key": "x" * 256}), 400, "bad_idempotency_key")
    assert len(db.session.scalars(select(IdempotencyKey.key)).all()) == 3
    assert len(db.session.scalars(select(Message.id)).all()) == 3


def test_a_stranger_sees_no_test(client: FlaskClient, trying: Member, kofi: Member) -> None:
    tried = data(send(client, trying))["messageId"]
    error(get(client, kofi, f"sms/status/{tried}"), 404, "message_unknown")
    assert data(get(client, kofi, "sms?test=true"))["messages"] == []


def test_a_test_key_has_its_scopes_like_any_other(client: FlaskClient, ama: Member) -> None:
    api_key, secret = keys.create(ama.account.id, "reads", ["sms:read"], is_test=True)
    reading = Member(ama.account, api_key, secret)
    error(send(client, reading), 403, "scope_missing")
