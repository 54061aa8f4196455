"""Arkesel against a server that follows its documentation."""

import pytest

from flashsms.carriers.contract import Fate, Receipt, ReceiptState
from flashsms.carriers.http.provider import CallUnreadableError, Step
from flashsms.carriers.urls import provider
from tests.carriers.http.fakes.arkesel import FakeArkesel
from tests.carriers.http.fakes.server import Reply
from tests.carriers.http.steps import (
    LONG,
    assert_absence_is_unsent,
    assert_silence_is_unknown,
    call,
    fates,
    send,
    send_and_look,
    text_to,
)

CALLBACK = "https://sms.example/callbacks/car_1/abc/receipts"


@pytest.fixture
def arkesel(serve):
    return serve(FakeArkesel())


def url(arkesel: FakeArkesel, key: str = "key") -> str:
    return f"arkesel://{key}@127.0.0.1:{arkesel.port}?tls=0"


def test_one_recipient_is_known_by_its_id(arkesel):
    (outcome,) = send(url(arkesel), text_to(1))
    assert (outcome.fate, outcome.carrier_ids) == (Fate.ACCEPTED, ("ark-233244120000",))
    assert arkesel.seen[0].json() == {
        "sender": "SHOP",
        "message": "Your parcel is ready.",
        "recipients": ["233244120000"],
    }


def test_the_callback_address_goes_with_each_request(arkesel):
    send(f"{url(arkesel)}&callback=https://sms.example/callbacks/car_1/abc", text_to(1))
    assert arkesel.seen[0].json()["callback_url"] == CALLBACK


def test_many_recipients_go_in_batches_and_each_has_its_own_id(arkesel):
    submissions = text_to(201)
    outcomes = send(url(arkesel), submissions)
    assert [one.carrier_ids for one in outcomes] == [(f"ark-{sub.to}",) for sub in submissions]
    assert sorted(len(seen.json()["recipients"]) for seen in arkesel.seen) == [1, 100, 100]


def test_a_long_text_with_any_characters_arrives_whole(arkesel):
    assert fates(send(url(arkesel), text_to(2, LONG))) == ["accepted", "accepted"]
    assert arkesel.seen[0].json()["message"] == LONG


def test_a_number_that_is_not_valid_is_refused_among_others_that_are(arkesel):
    arkesel.invalid = frozenset({"233244120001"})
    outcomes = send(url(arkesel), text_to(3))
    assert fates(outcomes) == ["accepted", "refused", "accepted"]
    assert outcomes[1].reason == "Arkesel says that the number is not valid."


def test_a_number_that_the_answer_leaves_out_is_unknown(arkesel):
    arkesel.left_out = frozenset({"233244120001"})
    assert fates(send(url(arkesel), text_to(3))) == ["accepted", "unknown", "accepted"]


def test_numbers_are_known_again_however_they_are_written(arkesel):
    data = [{"recipient": "0244120001", "id": "b"}, {"recipient": "+233244120000", "id": "a"}]
    arkesel.replies.append(Reply(200, {"status": "success", "data": data}))
    outcomes = send(url(arkesel), text_to(2))
    assert [one.carrier_ids for one in outcomes] == [("a",), ("b",)]


def test_a_number_that_is_both_taken_and_not_valid_is_unknown(arkesel):
    data = [{"recipient": "233244120000", "id": "a"}, {"invalid numbers": ["233244120000"]}]
    arkesel.replies.append(Reply(200, {"status": "success", "data": data}))
    assert fates(send(url(arkesel), text_to(1))) == ["unknown"]


def test_a_wrong_key_is_for_the_operator_to_mend(arkesel):
    outcomes, stats = send_and_look(url(arkesel, "wrong"), text_to(2))
    assert fates(outcomes) == ["unsent", "unsent"]
    assert stats.fault == "Arkesel refused the sign-in: check the key in the carrier's URL."


@pytest.mark.parametrize(("status", "words"), [(402, "no credit"), (403, "switched")])
def test_an_account_that_may_not_send_is_for_the_operator_to_mend(arkesel, status, words):
    arkesel.replies.append(Reply(status, {"status": "error", "message": "Sorry"}))
    outcomes, stats = send_and_look(url(arkesel), text_to(2))
    assert fates(outcomes) == ["unsent", "unsent"]
    assert words in stats.fault


def test_a_message_that_is_not_valid_is_refused_in_the_words_of_arkesel(arkesel):
    arkesel.replies.append(Reply(422, {"status": "error", "message": "Sender ID not approved."}))
    (outcome,) = send(url(arkesel), text_to(1))
    assert (outcome.fate, outcome.code) == (Fate.REFUSED, "422")
    assert outcome.reason == "Arkesel says: Sender ID not approved."


@pytest.mark.parametrize(
    ("reply", "fate"),
    [
        (Reply(422, {"errors": {"sender": ["too long"]}}), "refused"),
        (Reply(422, b"<html>"), "unknown"),
        (Reply(402, b"<html>"), "unsent"),
        (Reply(403, {"message": "Forbidden"}), "unsent"),
        (Reply(429, b""), "throttled"),
        (Reply(500, {"status": "error", "message": "Internal error"}), "unknown"),
        (Reply(200, {"status": "error"}), "unknown"),
        (Reply(200, {"status": "success"}), "unknown"),
        (Reply(200, {"status": "success", "data": ["what?"]}), "unknown"),
        (Reply(200, b"success"), "unknown"),
    ],
    ids=[
        "422",
        "page 422",
        "page 402",
        "gateway",
        "429",
        "500",
        "error",
        "no data",
        "other data",
        "no JSON",
    ],
)
def test_other_answers_have_the_fate_that_is_certain(arkesel, reply, fate):
    arkesel.replies.append(reply)
    assert fates(send(url(arkesel), text_to(2))) == [fate, fate]


@pytest.mark.parametrize("status", [402, 403])
def test_what_a_gateway_says_is_no_fault_of_the_account_yet(arkesel, status):
    arkesel.replies.append(Reply(status, b"<html>"))
    outcomes, stats = send_and_look(url(arkesel), text_to(2))
    assert fates(outcomes) == ["unsent", "unsent"]
    assert (stats.fault, stats.ready) == ("", False)


def test_words_with_what_no_database_takes_are_cleaned(arkesel):
    arkesel.replies.append(Reply(422, {"status": "error", "message": "bad\x00 \ud83d sender"}))
    (outcome,) = send(url(arkesel), text_to(1))
    assert outcome.reason == "Arkesel says: bad  sender."


def test_silence_is_unknown_and_asked_once(arkesel):
    assert_silence_is_unknown(arkesel, url(arkesel))


def test_a_server_that_is_not_there_is_unsent():
    assert_absence_is_unsent("arkesel://key@127.0.0.1:1?tls=0")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("DELIVERED", ReceiptState.DELIVERED),
        ("delivered", ReceiptState.DELIVERED),
        ("SUBMITTED", ReceiptState.ENROUTE),
        ("QUEUED", ReceiptState.ENROUTE),
        ("NOT_DELIVERED", ReceiptState.FAILED),
        ("EXPIRED", ReceiptState.FAILED),
        ("PROHIBITED", ReceiptState.FAILED),
    ],
)
def test_each_documented_status_is_a_receipt(status, state):
    heard = provider("arkesel://key@default").hear(
        call(Step.RECEIPTS, f"{CALLBACK}?sms_id=9b752841-7ee7&status={status}")
    )
    (receipt,) = heard.arrivals
    assert isinstance(receipt, Receipt)
    assert (receipt.carrier_id, receipt.state) == ("9b752841-7ee7", state)
    assert bool(receipt.reason) == (state is ReceiptState.FAILED)


@pytest.mark.parametrize(
    "query", ["", "sms_id=a", "status=DELIVERED", "sms_id=&status=DELIVERED", "sms_id=a&status=EH"]
)
def test_a_call_that_says_nothing_is_unreadable(query):
    with pytest.raises(CallUnreadableError):
        provider("arkesel://key@default").hear(call(Step.RECEIPTS, f"{CALLBACK}?{query}"))


def test_it_has_no_documented_callback_for_texts_from_people():
    with pytest.raises(CallUnreadableError, match="texts that people send"):
        provider("arkesel://key@default").hear(
            call(Step.INBOUND, f"{CALLBACK}?sms_id=a&status=DELIVERED")
        )
