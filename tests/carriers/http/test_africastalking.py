"""Africa's Talking, against a server that follows its documentation."""

from dataclasses import replace

import pytest

from flashsms.carriers.contract import Fate, Inbound, Receipt, ReceiptState, Submission
from flashsms.carriers.http.provider import Answer
from flashsms.carriers.urls import provider
from tests.carriers.http.fakes.africastalking import (
    KEY,
    STATUSES,
    FakeAfricasTalking,
    form_of,
    report,
)
from tests.carriers.http.fakes.receiver import Receiver, visit
from tests.carriers.http.steps import send

TEXT = "Your parcel is ready."


def to(number: int, text: str = TEXT, sender: str = "SHOP") -> Submission:
    return Submission(number, f"233201{number:06d}", sender, text)


def test_many_recipients_of_one_text_go_in_one_request_and_each_gets_its_id():
    with FakeAfricasTalking().running() as fake:
        outcomes = send(fake.url, [to(number) for number in range(600, 700)])
    assert [outcome.reference for outcome in outcomes] == [*range(600, 700)]
    assert {outcome.fate for outcome in outcomes} == {Fate.ACCEPTED}
    by_id = {outcome.carrier_ids[0]: outcome.reference for outcome in outcomes}
    assert len(by_id) == 100
    for message_id, (number, text) in fake.taken.items():
        assert (number, text) == (f"+{to(by_id[message_id]).to}", TEXT)
    [seen] = fake.seen
    assert form_of(seen)["from"] == "SHOP"


def test_more_than_a_request_has_room_for_go_in_several():
    with FakeAfricasTalking().running() as fake:
        outcomes = send(fake.url, [to(number) for number in range(600, 850)])
    assert {outcome.fate for outcome in outcomes} == {Fate.ACCEPTED}
    assert sorted(form_of(seen)["to"].count(",") + 1 for seen in fake.seen) == [50, 100, 100]


@pytest.mark.parametrize(
    "text",
    ["Medaase, wo ho te s\u025bn? \U0001f600" * 40, "\u20ac1 & [now] @home + 100%", "a" * 918],
)
def test_any_text_arrives_whole(text):
    with FakeAfricasTalking().running() as fake:
        [outcome] = send(fake.url, [to(1, text)])
    assert fake.taken[outcome.carrier_ids[0]] == ("+233201000001", text)


@pytest.mark.parametrize(
    ("code", "fate"),
    [
        (100, Fate.ACCEPTED),
        (101, Fate.ACCEPTED),
        (102, Fate.ACCEPTED),
        (401, Fate.REFUSED),
        (402, Fate.ELSEWHERE),
        (403, Fate.REFUSED),
        (404, Fate.REFUSED),
        (405, Fate.UNSENT),
        (406, Fate.REFUSED),
        (407, Fate.ELSEWHERE),
        (409, Fate.BUSY),
        (500, Fate.BUSY),
        (501, Fate.BUSY),
        (502, Fate.REFUSED),
    ],
)
def test_each_documented_status_has_its_fate(code, fate):
    with FakeAfricasTalking().running() as fake:
        other, outcome = send(fake.url, [to(600), to(code)])
    assert other.fate is Fate.ACCEPTED
    assert outcome.fate is fate
    if fate is Fate.ACCEPTED:
        assert fake.taken[outcome.carrier_ids[0]][0] == f"+{to(code).to}"
    else:
        assert outcome.carrier_ids == ()
        assert outcome.code == f"{code} {STATUSES[code]}"
        assert outcome.reason.endswith(".")


@pytest.mark.parametrize("code", [401, 500, 501])
def test_an_error_that_comes_with_a_message_id_leaves_open_whether_it_went_out(code):
    body = (
        '{"SMSMessageData": {"Message": "", "Recipients": [{"statusCode": %d, '
        '"number": "+233201000001", "messageId": "ATXid_1"}]}}'
    )
    africas_talking = provider("africastalking://shop:key@default")
    [outcome] = africas_talking.read([to(1)], Answer(201, (body % code).encode()))
    assert outcome.fate is Fate.UNKNOWN


def test_an_unregistered_sender_goes_elsewhere_for_all():
    with FakeAfricasTalking().running() as fake:
        outcomes = send(fake.url, [to(1, sender="NOBODY"), to(2, sender="NOBODY")])
    assert {outcome.fate for outcome in outcomes} == {Fate.ELSEWHERE}
    assert {outcome.code for outcome in outcomes} == {"402 InvalidSenderId"}


def test_a_wrong_key_is_for_the_operator_and_nothing_counts_as_sent():
    with FakeAfricasTalking().running() as fake:
        [outcome] = send(fake.url.replace(KEY, "wrong"), [to(1)])
    assert outcome.fate is Fate.UNSENT
    assert fake.taken == {}


def test_a_number_that_the_answer_leaves_out_is_unknown():
    with FakeAfricasTalking(hushed=("+233201000002",)).running() as fake:
        outcomes = send(fake.url, [to(1), to(2), to(3)])
    fates = [outcome.fate for outcome in outcomes]
    assert fates == [Fate.ACCEPTED, Fate.UNKNOWN, Fate.ACCEPTED]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"SMSMessageData": null}',
        b'{"SMSMessageData": {"Message": "Sent to 1/1", "Recipients": "all"}}',
        b'{"SMSMessageData": {"Message": "Later", "Recipients": []}}',
        b'{"SMSMessageData": {"Recipients": [{"number": "+233201000001", "statusCode": 999}]}}',
        b'{"SMSMessageData": {"Recipients": [{"number": "+233201000001", "statusCode": true}]}}',
        b'{"SMSMessageData": {"Recipients": [7, {"statusCode": 101, "number": null}]}}',
    ],
)
def test_an_answer_that_cannot_be_read_is_unknown(body):
    africas_talking = provider("africastalking://shop:key@default")
    [outcome] = africas_talking.read([to(1)], Answer(201, body))
    assert outcome.fate is Fate.UNKNOWN


def test_the_username_sandbox_goes_to_the_sandbox():
    live = provider("africastalking://shop:key@default")
    assert live.request([to(1)]).url == "https://api.africastalking.com/version1/messaging"
    sandbox = provider("africastalking://sandbox:key@default")
    assert sandbox.base == "https://api.sandbox.africastalking.com"


REPORT = Receipt("ATXid_1", "233201000001", ReceiptState.FAILED)
DELIVERED = replace(REPORT, state=ReceiptState.DELIVERED)
ENROUTE = replace(REPORT, state=ReceiptState.ENROUTE)


@pytest.mark.parametrize(
    ("status", "why", "expected"),
    [
        ("Sent", "", ENROUTE),
        ("Submitted", "", ENROUTE),
        ("Buffered", "", ENROUTE),
        ("Success", "", DELIVERED),
        (
            "Rejected",
            "",
            replace(REPORT, reason="The network rejected the message.", code="Rejected"),
        ),
        (
            "Failed",
            "UserDoesNotExist",
            replace(REPORT, reason="The number does not exist.", code="UserDoesNotExist"),
        ),
        (
            "Failed",
            "DeliveryFailure",
            replace(
                REPORT,
                reason="The network could not deliver the message.",
                code="DeliveryFailure",
            ),
        ),
        (
            "AbsentSubscriber",
            "",
            replace(REPORT, reason="The phone was off or out of reach.", code="AbsentSubscriber"),
        ),
        (
            "Expired",
            "",
            replace(REPORT, reason="The network discarded the message.", code="Expired"),
        ),
        (
            "Pondered",
            "",
            replace(
                REPORT,
                state=ReceiptState.UNKNOWN,
                reason="The carrier sent a receipt with a state of its own.",
                code="Pondered",
            ),
        ),
    ],
)
def test_each_documented_report_has_its_state(status, why, expected):
    with Receiver() as ours:
        ours.provider = provider("africastalking://shop:key@default")
        address = f"{ours.address}/receipts"
        assert report(address, "ATXid_1", "+233201000001", status, why) == 200
    assert ours.arrivals == [expected]


@pytest.mark.parametrize("phone", ["+233201000001", "233201000001"])
def test_a_text_from_a_person_is_heard(phone):
    form = {
        "date": "2026-03-19T08:34:18.445Z",
        "from": phone,
        "id": "b1b2-11",
        "linkId": "SampleLinkId123",
        "text": "STOP \u025b \U0001f600",
        "to": "1400",
        "networkCode": "62001",
    }
    with Receiver() as ours:
        ours.provider = provider("africastalking://shop:key@default")
        assert visit(f"{ours.address}/inbound", form)[0] == 200
    assert ours.arrivals == [Inbound("233201000001", "1400", "STOP \u025b \U0001f600", "b1b2-11")]


@pytest.mark.parametrize(
    ("step", "form"),
    [
        ("receipts", {}),
        ("receipts", {"id": "", "status": "Success"}),
        ("receipts", {"id": "ATXid_1"}),
        ("inbound", {"from": "+233201000001", "text": "hi", "id": "1"}),
        ("inbound", {"to": "1400", "text": "hi", "id": "1"}),
        ("inbound", {"senderId": "SHOP", "phoneNumber": "+233201000001"}),
    ],
)
def test_a_call_without_what_it_needs_is_refused(step, form):
    with Receiver() as ours:
        ours.provider = provider("africastalking://shop:key@default")
        assert visit(f"{ours.address}/{step}", form)[0] == 400
    assert ours.arrivals == []
