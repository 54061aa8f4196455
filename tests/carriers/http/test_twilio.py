"""Twilio, against a server that follows its documentation."""

from dataclasses import replace

import pytest

from flashsms.carriers.contract import Fate, Inbound, Receipt, ReceiptState, Submission
from flashsms.carriers.http.provider import Answer, CallRefusedError, Step
from flashsms.carriers.http.twilio import signature
from flashsms.carriers.urls import provider
from tests.carriers.http.fakes.receiver import Receiver, visit
from tests.carriers.http.fakes.twilio import SID, TOKEN, FakeTwilio, sign_and_post
from tests.carriers.http.steps import call, send

TEXT = "Your parcel is ready."


def to(number: int, text: str = TEXT, sender: str = "SHOP", validity: int = 0) -> Submission:
    return Submission(number, f"2332{number:08d}", sender, text, validity)


def test_each_recipient_is_a_message_of_its_own():
    with FakeTwilio().running() as fake:
        outcomes = send(fake.url, [to(number) for number in range(50)])
    assert {outcome.fate for outcome in outcomes} == {Fate.ACCEPTED}
    assert len(fake.taken) == len(fake.seen) == 50
    for outcome in outcomes:
        form = fake.taken[outcome.carrier_ids[0]]
        assert form == {"To": f"+{to(outcome.reference).to}", "From": "SHOP", "Body": TEXT}


@pytest.mark.parametrize(
    "text",
    ["Medaase, wo ho te s\u025bn? \U0001f600" * 30, "\u20ac1 & [now] @home + 100%", "a" * 918],
)
def test_any_text_arrives_whole(text):
    with FakeTwilio().running() as fake:
        [outcome] = send(fake.url, [to(1, text)])
    assert fake.taken[outcome.carrier_ids[0]]["Body"] == text


@pytest.mark.parametrize(
    ("sender", "written"), [("SHOP", "SHOP"), ("1400", "1400"), ("233302000000", "+233302000000")]
)
def test_names_and_short_codes_stay_and_numbers_become_international(sender, written):
    with FakeTwilio().running() as fake:
        [outcome] = send(fake.url, [to(1, sender=sender)])
    assert fake.taken[outcome.carrier_ids[0]]["From"] == written


@pytest.mark.parametrize(("validity", "written"), [(0, None), (90, "90"), (86_400, "36000")])
def test_a_message_is_worth_as_long_as_twilio_allows(validity, written):
    with FakeTwilio().running() as fake:
        [outcome] = send(fake.url, [to(1, validity=validity)])
    assert fake.taken[outcome.carrier_ids[0]].get("ValidityPeriod") == written


@pytest.mark.parametrize(
    ("fate", "codes"),
    [
        (Fate.UNSENT, [10001, 20005, 20404, 21609, 90010]),
        (Fate.THROTTLED, [20429, 21611]),
        (Fate.BUSY, [63038]),
        (
            Fate.ELSEWHERE,
            [21212, 21267, 21408, 21606, 21608, 21612, 21657, 21659, 21660],
        ),
        (
            Fate.REFUSED,
            [21211, 21266, 21610, 21614, 21617, 29999],
        ),  # the last one is in no table of ours
    ],
)
def test_each_documented_error_has_its_fate(fate, codes):
    # After one that the operator must mend the carrier pauses: each of them needs a fresh one.
    batches = [[code] for code in codes] if fate is Fate.UNSENT else [codes]
    for batch in batches:
        with FakeTwilio().running() as fake:
            outcomes = send(fake.url, [to(code) for code in batch])
        found = [(outcome.fate, outcome.code) for outcome in outcomes]
        assert found == [(fate, str(code)) for code in batch]
        assert all(outcome.reason.endswith(".") for outcome in outcomes)
        assert fake.taken == {}


def test_a_wrong_token_is_for_the_operator():
    with FakeTwilio().running() as fake:
        [outcome] = send(fake.url.replace(f":{TOKEN}@", ":wrong@"), [to(1)])
    assert (outcome.fate, outcome.code) == (Fate.UNSENT, "20003")
    assert outcome.reason == "Twilio refused the account SID or the token."


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b'{"code": 20500, "message": "Internal Server Error"}'),
        (503, b'{"code": 21610}'),
        (502, b"<html>"),
        (201, b"{}"),
        (201, b""),
        (201, b'["sid"]'),
        (400, b"Bad Request"),
        (404, b'{"code": "lost"}'),
    ],
)
def test_an_answer_that_leaves_open_what_happened_is_unknown(status, body):
    twilio = provider(f"twilio://{SID}:{TOKEN}@default")
    [outcome] = twilio.read([to(1)], Answer(status, body))
    assert outcome.fate is Fate.UNKNOWN


def test_a_message_that_failed_when_it_was_made_is_refused():
    twilio = provider(f"twilio://{SID}:{TOKEN}@default")
    body = b'{"sid": "SM1", "status": "failed", "error_code": 30006}'
    [outcome] = twilio.read([to(1)], Answer(201, body))
    assert (outcome.fate, outcome.code) == (Fate.REFUSED, "30006")
    assert outcome.reason == "The number cannot receive messages."


def test_the_address_of_the_api_is_the_documented_one():
    twilio = provider(f"twilio://{SID}:{TOKEN}@default")
    expected = f"https://api.twilio.com/2010-04-01/Accounts/{SID}/Messages.json"
    assert twilio.request([to(1)]).url == expected


# --- callbacks

FAILED = Receipt("", "233200000001", ReceiptState.FAILED)
DELIVERED = replace(FAILED, state=ReceiptState.DELIVERED)
ENROUTE = replace(FAILED, state=ReceiptState.ENROUTE)
NOT_DELIVERED = "The network could not deliver the message."


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        ("accepted", "", ENROUTE),
        ("scheduled", "", ENROUTE),
        ("queued", "", ENROUTE),
        ("sending", "", ENROUTE),
        ("sent", "", ENROUTE),
        ("delivered", "", DELIVERED),
        ("read", "", DELIVERED),
        ("canceled", "", replace(FAILED, reason=NOT_DELIVERED)),
        (
            "undelivered",
            "30003",
            replace(FAILED, reason="The phone was off or out of reach.", code="30003"),
        ),
        (
            "undelivered",
            "30007",
            replace(FAILED, reason="The network filtered the message.", code="30007"),
        ),
        ("failed", "30001", replace(FAILED, reason="The queue at Twilio is full.", code="30001")),
        ("failed", "30999", replace(FAILED, reason=NOT_DELIVERED, code="30999")),
        (
            "partially_delivered",
            "",
            replace(
                FAILED,
                state=ReceiptState.UNKNOWN,
                reason="The carrier sent a receipt with a state of its own.",
                code="partially_delivered",
            ),
        ),
    ],
)
def test_each_documented_status_comes_back_for_its_message(status, code, expected):
    with FakeTwilio().running() as fake, Receiver() as ours:
        url = f"{fake.url}&callback={ours.address}"
        ours.provider = provider(url)
        [outcome] = send(url, [to(1)])
        assert fake.report(outcome.carrier_ids[0], status, code) == 200
    assert ours.arrivals == [replace(expected, carrier_id=outcome.carrier_ids[0])]


INBOUND = {
    "MessageSid": "SM1",
    "AccountSid": SID,
    "From": "+233201000001",
    "To": "+233302000000",
    "Body": "STOP \u025b + & \U0001f600",
    "NumMedia": "0",
}


def test_a_text_from_a_person_is_heard_and_answered_with_nothing_to_say():
    with Receiver() as ours:
        ours.provider = provider(f"twilio://{SID}:{TOKEN}@default")
        status, kind, body = sign_and_post(f"{ours.address}/inbound?secret=a%2Fb", INBOUND)
    assert (status, kind) == (200, "text/xml; charset=utf-8")
    assert body.endswith("<Response/>")
    assert ours.arrivals == [Inbound("233201000001", "233302000000", INBOUND["Body"], "SM1")]


def test_the_signature_is_that_of_the_published_example():
    form = [
        ("To", "+18005551212"),
        ("CallSid", "CA1234567890ABCDE"),
        ("From", "+12349013030"),
        ("Digits", "1234"),
        ("Caller", "+12349013030"),
    ]
    made = signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", form)
    assert made == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


@pytest.mark.parametrize("step", ["receipts", "inbound"])
def test_a_call_that_twilio_did_not_sign_is_refused(step):
    with Receiver() as ours:
        ours.provider = provider(f"twilio://{SID}:{TOKEN}@default")
        address = f"{ours.address}/{step}"
        assert visit(address, INBOUND)[0] == 403
        assert visit(address, INBOUND, {"X-Twilio-Signature": ""})[0] == 403
        assert visit(address, INBOUND, {"X-Twilio-Signature": "\u00e9"})[0] == 403
        assert sign_and_post(address, INBOUND, token="another")[0] == 403
    assert ours.arrivals == []


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("https://sms.example/callbacks/x/inbound?a=2", INBOUND),
        ("https://sms.example/callbacks/y/inbound?a=1", INBOUND),
        ("https://sms.example/callbacks/x/inbound?a=1", {**INBOUND, "Body": "START"}),
        ("https://sms.example/callbacks/x/inbound?a=1", {**INBOUND, "More": ""}),
    ],
)
def test_a_signature_is_good_for_nothing_else(url, form):
    twilio = provider(f"twilio://{SID}:{TOKEN}@default")
    signed = signature(TOKEN, "https://sms.example/callbacks/x/inbound?a=1", INBOUND.items())
    headers = {"x-twilio-signature": signed}
    changed = call(Step.INBOUND, url, method="POST", headers=headers, form=tuple(form.items()))
    with pytest.raises(CallRefusedError):
        twilio.hear(changed)


@pytest.mark.parametrize(
    ("signed", "called"),
    [
        ("https://sms.example:443/x/inbound", "https://sms.example/x/inbound"),
        ("https://sms.example/x/inbound", "https://sms.example:443/x/inbound"),
        ("http://sms.example:80/x/inbound", "http://sms.example/x/inbound"),
        ("https://sms.example:8443/x/inbound", "https://sms.example:8443/x/inbound"),
    ],
)
def test_the_standard_port_may_be_signed_or_not(signed, called):
    twilio = provider(f"twilio://{SID}:{TOKEN}@default")
    headers = {"x-twilio-signature": signature(TOKEN, signed, INBOUND.items())}
    heard = twilio.hear(call(Step.INBOUND, called, headers=headers, form=tuple(INBOUND.items())))
    assert len(heard.arrivals) == 1


@pytest.mark.parametrize(
    ("step", "form"),
    [
        ("receipts", {"MessageSid": "SM1"}),
        ("receipts", {"MessageStatus": "delivered"}),
        ("inbound", {"MessageSid": "SM1", "From": "+233201000001", "Body": "hi"}),
        ("inbound", {"MessageSid": "SM1", "To": "1400", "Body": "hi"}),
        ("inbound", {"To": "1400", "From": "+233201000001", "Body": "hi"}),
    ],
)
def test_a_signed_call_without_what_it_needs_is_refused(step, form):
    with Receiver() as ours:
        ours.provider = provider(f"twilio://{SID}:{TOKEN}@default")
        assert sign_and_post(f"{ours.address}/{step}", form)[0] == 400
    assert ours.arrivals == []
