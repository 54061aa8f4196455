"""mNotify against a server that follows its documentation."""

from dataclasses import replace

import pytest

from flashsms.carriers.contract import Fate
from flashsms.carriers.http.provider import Answer, CallUnreadableError, Step
from flashsms.carriers.urls import provider
from tests.carriers.http.fakes.mnotify import FakeMnotify
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
def mnotify(serve):
    return serve(FakeMnotify())


def url(mnotify: FakeMnotify, key: str = "key") -> str:
    return f"mnotify://{key}@127.0.0.1:{mnotify.port}?tls=0"


def test_a_recipient_is_known_by_its_number_and_its_campaign(mnotify):
    (outcome,) = send(url(mnotify), text_to(1))
    assert (outcome.fate, outcome.carrier_ids) == (Fate.ACCEPTED, ("244120000@A59CCB70-0",))
    assert mnotify.seen[0].json() == {
        "recipient": ["233244120000"],
        "sender": "SHOP",
        "message": "Your parcel is ready.",
        "is_schedule": False,
        "schedule_date": "",
    }


def test_a_key_with_any_characters_arrives_whole(mnotify):
    send(url(mnotify, "a%26b%2F%20%2B"), text_to(1))
    assert mnotify.seen[0].query == {"key": "a&b/ +"}


def test_many_recipients_go_in_batches(mnotify):
    assert fates(send(url(mnotify), text_to(101))) == ["accepted"] * 101
    assert sorted(len(seen.json()["recipient"]) for seen in mnotify.seen) == [1, 50, 50]


def test_what_became_of_a_campaign_is_asked_with_one_request(mnotify):
    mnotify.states = {"233244120001": ["UNDELIVERED"], "233244120002": ["SUBMITTED"]}
    outcomes, (receipts,) = send_and_ask(url(mnotify), text_to(4))
    assert [one.carrier_id for one in receipts] == [one.carrier_ids[0] for one in outcomes]
    assert [str(one.state) for one in receipts] == ["delivered", "failed", "enroute", "delivered"]
    assert receipts[1].reason == "mNotify says: UNDELIVERED."
    assert receipts[0].phone == "233244120000"
    assert [(seen.path, seen.query) for seen in mnotify.seen if seen.method == "GET"] == [
        ("/api/campaign/A59CCB70-0", {"key": "key"})
    ]


def test_of_several_entries_for_a_number_the_one_that_knows_most_counts(mnotify):
    mnotify.states = {
        "233244120000": ["FAILED", "DELIVERED"],
        "233244120001": ["UNDELIVERED", "SUBMITTED"],
        "233244120002": ["FAILED", "FAILED"],
    }
    _, (receipts,) = send_and_ask(url(mnotify), text_to(3))
    assert [str(one.state) for one in receipts] == ["delivered", "enroute", "failed"]


def test_two_numbers_that_no_report_can_tell_apart_are_not_asked_for(mnotify):
    (_, first, second) = text_to(3)
    abroad = replace(second, to=f"44{first.to[3:]}")
    outcomes = send(url(mnotify), [text_to(1)[0], first, abroad])
    assert [one.carrier_ids[0] for one in outcomes] == ["244120000@A59CCB70-0", "", ""]
    assert [bool(one.ask) for one in outcomes] == [True, False, False]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"status": "error", "message": "Campaign not found"}',
        b'{"status": "success", "report": {}}',
        b'{"status": "success", "report": [7, {"status": "DELIVERED"}]}',
    ],
    ids=str,
)
def test_a_report_that_names_no_number_tells_nothing(body):
    assert provider("mnotify://key@default").told("A59", Answer(200, body)) == []


def test_a_long_text_with_any_characters_arrives_whole(mnotify):
    assert fates(send(url(mnotify), text_to(2, LONG))) == ["accepted", "accepted"]
    assert mnotify.seen[0].json()["message"] == LONG


def test_rejected_numbers_are_refused_where_the_others_are_named(mnotify):
    mnotify.rejected, mnotify.names = frozenset({"233244120001"}), True
    assert fates(send(url(mnotify), text_to(3))) == ["accepted", "refused", "accepted"]


def test_rejected_numbers_leave_all_unknown_where_none_is_named(mnotify):
    mnotify.rejected = frozenset({"233244120001"})
    outcomes = send(url(mnotify), text_to(3))
    assert fates(outcomes) == ["unknown"] * 3
    assert outcomes[0].reason == "mNotify took only some of the numbers and does not say which."


def test_a_campaign_of_which_all_was_rejected_is_refused(mnotify):
    mnotify.rejected = frozenset({"233244120000", "233244120001"})
    assert fates(send(url(mnotify), text_to(2))) == ["refused", "refused"]


@pytest.mark.parametrize(
    "summary",
    [
        None,
        {},
        {"total_sent": 1, "total_rejected": 0},
        {"total_sent": 1, "total_rejected": 1, "numbers_sent": ["233200000000"]},
        {"total_sent": 1, "total_rejected": 0, "numbers_sent": ["233244120000"]},
        {"total_sent": "two", "total_rejected": None, "numbers_sent": [None]},
    ],
    ids=str,
)
def test_a_summary_that_does_not_add_up_is_unknown(mnotify, summary):
    said = {"status": "success", "code": "2000", "summary": summary}
    mnotify.replies.append(Reply(200, said))
    assert fates(send(url(mnotify), text_to(2))) == ["unknown", "unknown"]


def test_a_wrong_key_is_for_the_operator_to_mend(mnotify):
    outcomes, stats = send_and_look(url(mnotify, "wrong"), text_to(2))
    assert fates(outcomes) == ["unsent", "unsent"]
    assert stats.fault == "mNotify refused the sign-in: check the key in the carrier's URL."


def test_no_credit_is_for_the_operator_to_mend(mnotify):
    mnotify.replies.append(Reply(402, {"status": "error", "message": "Insufficient credit"}))
    outcomes, stats = send_and_look(url(mnotify), text_to(2))
    assert fates(outcomes) == ["unsent", "unsent"]
    assert "no credit" in stats.fault


def test_an_error_that_was_not_carried_out_is_refused_in_the_words_of_mnotify(mnotify):
    said = {"status": "error", "code": "4006", "message": "Sender ID is not\n registered."}
    mnotify.replies.append(Reply(422, said))
    (outcome,) = send(url(mnotify), text_to(1))
    assert (outcome.fate, outcome.code) == (Fate.REFUSED, "4006")
    assert outcome.reason == "mNotify says: Sender ID is not registered."


@pytest.mark.parametrize(
    ("reply", "fate"),
    [
        (Reply(429, {"status": "error"}), "throttled"),
        (Reply(429, b""), "throttled"),
        (Reply(500, {"status": "error", "message": "Server Error"}), "unknown"),
        (Reply(503, b""), "unknown"),
        (Reply(200, {"status": "error", "message": "Something went wrong"}), "unknown"),
        (Reply(200, {"status": "success", "code": "2001"}), "unknown"),
        (Reply(200, b"OK"), "unknown"),
    ],
    ids=["429 JSON", "429", "500", "503", "error with 200", "another code", "no JSON"],
)
def test_other_answers_have_the_fate_that_is_certain(mnotify, reply, fate):
    mnotify.replies.append(reply)
    assert fates(send(url(mnotify), text_to(2))) == [fate, fate]


def test_silence_is_unknown_and_asked_once(mnotify):
    assert_silence_is_unknown(mnotify, url(mnotify))


def test_a_server_that_is_not_there_is_unsent():
    assert_absence_is_unsent("mnotify://key@127.0.0.1:1?tls=0")


def test_its_own_address_is_the_documented_one():
    assert provider("mnotify://key@default").base == "https://api.mnotify.com"


@pytest.mark.parametrize("step", Step)
def test_it_has_no_documented_callback(step):
    with pytest.raises(CallUnreadableError, match="documents no callback"):
        provider("mnotify://key@default").hear(call(step))
