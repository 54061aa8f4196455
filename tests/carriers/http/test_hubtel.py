"""Hubtel against a server that follows its documentation."""

import pytest

from flashsms.carriers.contract import Fate, Receipt, ReceiptState
from flashsms.carriers.http.provider import Answer, CallUnreadableError, Step
from flashsms.carriers.urls import provider
from tests.carriers.http.fakes.hubtel import FakeHubtel
from tests.carriers.http.fakes.server import Reply
from tests.carriers.http.steps import (
    LONG,
    assert_absence_is_unsent,
    assert_silence_is_unknown,
    call,
    fates,
    send,
    send_and_ask,
    send_and_look,
    text_to,
)


@pytest.fixture
def hubtel(serve):
    return serve(FakeHubtel())


def url(hubtel: FakeHubtel, secret: str = "secret") -> str:
    return f"hubtel://me:{secret}@127.0.0.1:{hubtel.port}?tls=0"


def test_one_recipient_is_sent_by_itself_and_known_by_its_id(hubtel):
    (outcome,) = send(url(hubtel), text_to(1))
    assert (outcome.fate, outcome.carrier_ids) == (Fate.ACCEPTED, ("hub-233244120000",))
    (seen,) = hubtel.seen
    assert seen.path == "/v1/messages/send"
    assert seen.json() == {
        "From": "SHOP",
        "To": "233244120000",
        "Content": "Your parcel is ready.",
    }


def test_many_recipients_go_in_batches_and_each_has_its_own_id(hubtel):
    submissions = text_to(101)
    outcomes = send(url(hubtel), submissions)
    assert [one.carrier_ids for one in outcomes] == [(f"hub-{sub.to}",) for sub in submissions]
    assert sorted(seen.path for seen in hubtel.seen) == [
        "/v1/messages/batch/simple/send",
        "/v1/messages/send",
    ]


@pytest.mark.parametrize("count", [1, 2])
def test_a_long_text_with_any_characters_arrives_whole(hubtel, count):
    assert fates(send(url(hubtel), text_to(count, LONG))) == ["accepted"] * count
    assert hubtel.seen[0].json()["Content"] == LONG


def test_what_became_of_one_message_is_asked_by_its_id(hubtel):
    _, answers = send_and_ask(url(hubtel), text_to(1))
    assert answers == [[Receipt("hub-233244120000", "233244120000", ReceiptState.DELIVERED)]]
    assert hubtel.asked == ["/v1/messages/hub-233244120000"]


def test_what_became_of_a_batch_is_asked_with_one_request(hubtel):
    hubtel.states = {"233244120001": "Undeliverable", "233244120002": "Sent"}
    outcomes, (receipts,) = send_and_ask(url(hubtel), text_to(4))
    assert {one.carrier_id: str(one.state) for one in receipts} == {
        "hub-233244120000": "delivered",
        "hub-233244120001": "failed",
        "hub-233244120002": "enroute",
        "hub-233244120003": "delivered",
    }
    assert [one.reason for one in receipts if one.reason] == ["Hubtel says: Undeliverable."]
    assert {one.ask for one in outcomes} == {"batch/165949ee-0"}
    assert hubtel.asked == ["/v1/messages/batch/165949ee-0"]


def test_a_state_that_nobody_knows_changes_nothing_and_is_logged_once(hubtel, caplog):
    hubtel.state = "Levitating"
    _, (receipts,) = send_and_ask(url(hubtel), text_to(3))
    assert [one.state for one in receipts] == [ReceiptState.UNKNOWN] * 3
    assert caplog.text.count("'Levitating'") == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b'{"data": 7}', b'{"data": [7, {"status": "Delivered"}]}'],
    ids=str,
)
def test_an_answer_that_names_no_message_tells_nothing(body):
    asked = provider("hubtel://me:secret@default")
    assert asked.told("batch/1", Answer(200, body)) == []


def test_an_id_of_any_characters_stays_within_the_path(hubtel):
    reply = Reply(201, {"status": 0, "messageId": "../a b?c"})
    hubtel.replies.append(reply)
    (outcome,) = send(url(hubtel), text_to(1))
    question = provider("hubtel://me:secret@default").question(outcome.ask)
    assert question.url == "https://sms.hubtel.com/v1/messages/..%2Fa%20b%3Fc"


def test_a_number_that_the_answer_leaves_out_is_unknown(hubtel):
    hubtel.left_out = frozenset({"233244120001"})
    assert fates(send(url(hubtel), text_to(3))) == ["accepted", "unknown", "accepted"]


def test_a_wrong_secret_is_for_the_operator_to_mend(hubtel):
    outcomes, stats = send_and_look(url(hubtel, "wrong"), text_to(2))
    assert fates(outcomes) == ["unsent", "unsent"]
    assert stats.fault == ("Hubtel refused the sign-in: check the client id and the client secret.")
    assert not stats.ready


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (1, "number is not valid"),
        (3, "too long"),
        (5, "delivery time"),
        (6, "text"),
        (7, "parameter"),
        (8, "parameter"),
        (100, "not valid"),
    ],
)
def test_a_documented_refusal_says_why(hubtel, code, words):
    hubtel.replies.append(Reply(400, {"status": code}))
    outcomes, stats = send_and_look(url(hubtel), text_to(1))
    assert (outcomes[0].fate, outcomes[0].code) == (Fate.REFUSED, str(code))
    assert words in outcomes[0].reason
    assert stats.fault == ""


@pytest.mark.parametrize(("code", "words"), [(2, "this sender"), (4, "no route")])
def test_a_sender_or_a_route_that_it_does_not_have_another_carrier_may_have(hubtel, code, words):
    hubtel.replies.append(Reply(400, {"status": code}))
    (outcome,) = send(url(hubtel), text_to(1))
    assert (outcome.fate, outcome.code) == (Fate.ELSEWHERE, str(code))
    assert words in outcome.reason


@pytest.mark.parametrize(
    "reply",
    [Reply(400, {"status": 12}), Reply(402, {"status": 12})],
    ids=["code", "code and status"],
)
def test_no_credit_is_for_the_operator_to_mend(hubtel, reply):
    hubtel.replies.append(reply)
    outcomes, stats = send_and_look(url(hubtel), text_to(2))
    assert fates(outcomes) == ["unsent", "unsent"]
    assert "no credit" in stats.fault


@pytest.mark.parametrize(
    ("status", "fate"),
    [
        (400, "unknown"),
        (401, "unsent"),
        (402, "unsent"),
        (403, "unsent"),
        (429, "throttled"),
        (500, "unknown"),
        (502, "unknown"),
    ],
)
@pytest.mark.parametrize("body", [b"<html>", {"message": "Forbidden"}], ids=["page", "JSON"])
def test_what_a_gateway_says_refuses_nobody(hubtel, status, fate, body):
    hubtel.replies.append(Reply(status, body))
    outcomes, stats = send_and_look(url(hubtel), text_to(2))
    assert fates(outcomes) == [fate] * 2
    assert bool(stats.fault) == (status == 401)


def test_its_own_403_refuses_the_message(hubtel):
    hubtel.replies.append(Reply(403, {"status": 403}))
    assert fates(send(url(hubtel), text_to(1))) == ["refused"]


@pytest.mark.parametrize(
    "body",
    [{}, {"status": False}, {"status": "0"}, {"status": 0}, {"status": 0, "data": "none"}, b"[]"],
    ids=str,
)
def test_a_success_that_names_no_message_is_unknown(hubtel, body):
    hubtel.replies.append(Reply(201, body))
    assert fates(send(url(hubtel), text_to(1))) == ["unknown"]


def test_silence_is_unknown_and_asked_once(hubtel):
    assert_silence_is_unknown(hubtel, url(hubtel))


def test_a_server_that_is_not_there_is_unsent():
    assert_absence_is_unsent("hubtel://me:secret@127.0.0.1:1?tls=0")


def test_its_own_address_is_the_documented_one():
    assert provider("hubtel://me:secret@default").base == "https://sms.hubtel.com"


@pytest.mark.parametrize("step", Step)
def test_it_has_no_documented_callback(step):
    with pytest.raises(CallUnreadableError, match="documents no callback"):
        provider("hubtel://me:secret@default").hear(call(step))
