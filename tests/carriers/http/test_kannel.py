"""Kannel, against a server that follows its documentation; the real one has a file of its own."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from flashsms.carriers.contract import Fate, Inbound, Receipt, ReceiptState, Submission
from flashsms.carriers.http.provider import Answer
from flashsms.carriers.options import options
from flashsms.carriers.urls import provider
from tests.carriers.http.fakes.kannel import PASSWORD, FakeKannel, report
from tests.carriers.http.fakes.receiver import Receiver, visit
from tests.carriers.http.steps import send

TEXT = "Your parcel is ready."
URL = "kannel://flash:pw@localhost:13013"


def to(number: int, text: str = TEXT, validity: int = 0) -> Submission:
    return Submission(number, f"233201{number:06d}", "SHOP", text, validity)


def test_each_recipient_is_a_request_of_its_own_with_an_id_of_its_own():
    with FakeKannel().running() as fake:
        outcomes = send(
            f"{fake.url}?callback=https://sms.example/cb", [to(n) for n in range(5000, 5050)]
        )
    assert {outcome.fate for outcome in outcomes} == {Fate.ACCEPTED}
    assert len({outcome.carrier_ids for outcome in outcomes}) == len(fake.taken) == 50
    by_number = {query["to"]: query for query in fake.taken}
    for outcome in outcomes:
        query = by_number[to(outcome.reference).to]
        assert (query["from"], query["text"], query["dlr-mask"]) == ("SHOP", TEXT, "19")
        [carrier_id] = outcome.carrier_ids
        address = f"https://sms.example/cb/receipts?id={carrier_id}&state=%d&phone=%p&answer=%A"
        assert query["dlr-url"] == address


def test_no_report_is_asked_for_without_an_address():
    with FakeKannel().running() as fake:
        [outcome] = send(fake.url, [to(5001)])
    assert (outcome.fate, outcome.carrier_ids) == (Fate.ACCEPTED, ("",))
    assert not {"dlr-url", "dlr-mask"} & fake.taken[0].keys()


@pytest.mark.parametrize(
    ("text", "coding"),
    [
        ("a" * 918, "0"),
        ("\u20ac1 & [now] @home + 100%", "0"),
        ("Medaase, wo ho te s\u025bn? \U0001f600" * 30, "2"),
    ],
)
def test_any_text_arrives_whole_in_the_alphabet_that_it_needs(text, coding):
    with FakeKannel().running() as fake:
        send(fake.url, [to(5001, text)])
    query = fake.taken[0]
    assert (query["text"], query["coding"], query["charset"]) == (text, coding, "UTF-8")


@pytest.mark.parametrize(
    ("validity", "minutes"), [(0, None), (1, "1"), (60, "1"), (61, "2"), (86_400, "1440")]
)
def test_a_validity_is_in_minutes_and_never_shorter_than_asked_for(validity, minutes):
    with FakeKannel().running() as fake:
        send(fake.url, [to(5001, validity=validity)])
    assert fake.taken[0].get("validity") == minutes


@pytest.mark.parametrize(
    ("number", "fate", "reason"),
    [
        (3, Fate.ACCEPTED, ""),
        (400, Fate.REFUSED, "Kannel's lists do not allow this number."),
        (403, Fate.ELSEWHERE, "Kannel has no way to this number."),
        (503, Fate.BUSY, "Kannel has a temporary failure."),
        (500, Fate.UNKNOWN, "Kannel did not say what became of the message."),
    ],
)
def test_each_documented_answer_has_its_fate(number, fate, reason):
    with FakeKannel().running() as fake:
        other, outcome = send(fake.url, [to(5001), to(number)])
    assert other.fate is Fate.ACCEPTED
    assert (outcome.fate, outcome.reason) == (fate, reason)


def test_a_wrong_password_is_for_the_operator():
    with FakeKannel().running() as fake:
        [outcome] = send(f"kannel://flash:wrong@127.0.0.1:{fake.port}", [to(5001)])
    assert (outcome.fate, fake.taken) == (Fate.UNSENT, [])
    assert outcome.reason == "Kannel refused the user name or the password."


@pytest.mark.parametrize(
    ("status", "words", "fate"),
    [
        (400, "Coding field misformed, rejected", Fate.REFUSED),
        (400, "Sender missing and no global set, rejected", Fate.REFUSED),
        (400, "DLR-URL field misformed, rejected", Fate.UNSENT),
        (202, "", Fate.UNKNOWN),
        (202, "Sent.", Fate.UNKNOWN),
        (200, "0: Accepted for delivery", Fate.UNKNOWN),
        (200, "<html>Not routable</html>", Fate.UNKNOWN),
        (502, "Bad gateway", Fate.UNKNOWN),
        (400, "<html>The request was malformed, rejected", Fate.UNKNOWN),
    ],
)
def test_only_the_documented_words_count(status, words, fate):
    [outcome] = provider(URL).read([to(1)], Answer(status, words.encode()))
    assert outcome.fate is fate


def test_a_second_try_has_another_id():
    kannel = provider(f"{URL}?callback=https://sms.example/cb")
    ids = []
    for words, status in (("Temporal failure, try again later.", 503), ("0: Accepted", 202)):
        ids.append(kannel.request([to(1)]).url.partition("id%3D")[2][:24])
        [outcome] = kannel.read([to(1)], Answer(status, words.encode()))
    assert ids[0] != ids[1]
    assert outcome.carrier_ids == (ids[1],)


def test_ids_whose_answer_never_came_do_not_pile_up(monkeypatch):
    monkeypatch.setattr("flashsms.carriers.http.kannel._MOST_IDS", 10)
    kannel = provider(f"{URL}?callback=https://sms.example/cb")
    for number in range(11):
        kannel.request([to(number)])
    lost, kept = (kannel.read([to(n)], Answer(202, b"0: Accepted"))[0] for n in (0, 1))
    assert lost.carrier_ids == ("",)
    assert len(kept.carrier_ids[0]) == 24


def test_kannel_is_asked_without_tls_unless_told_otherwise():
    assert options(URL).tls is False
    assert provider(URL).base == "http://localhost:13013"
    assert provider(f"{URL}?tls=1").base == "https://localhost:13013"
    assert PASSWORD not in provider("kannel://flash:p%26w%3D1@localhost").request([to(1)]).url


# --- callbacks

SMPP = "id:7 sub:001 dlvrd:000 submit date:2611230751 done date:2611230752 stat:{} err:{} text:"
AT = datetime(2026, 11, 23, 7, 52, tzinfo=UTC)
FAILED = Receipt("", "233201005001", ReceiptState.FAILED)


@pytest.mark.parametrize(
    ("state", "answer", "expected"),
    [
        (1, "", replace(FAILED, state=ReceiptState.DELIVERED)),
        (
            1,
            SMPP.format("DELIVRD", "000"),
            replace(FAILED, state=ReceiptState.DELIVERED, at=AT),
        ),
        (2, "", replace(FAILED, reason="The network could not deliver the message.")),
        (
            2,
            SMPP.format("EXPIRED", "000"),
            replace(FAILED, reason="The phone could not be reached in time.", at=AT),
        ),
        (
            2,
            SMPP.format("UNDELIV", "999"),
            replace(FAILED, reason="The network could not deliver the message.", code="999", at=AT),
        ),
        (34, "", replace(FAILED, reason="The network could not deliver the message.")),
        (4, "", replace(FAILED, state=ReceiptState.ENROUTE)),
        (8, "ACK/", replace(FAILED, state=ReceiptState.ENROUTE)),
        (
            16,
            "NACK/0x0000000b/Invalid Destination Address",
            replace(
                FAILED, reason="The carrier says that the number is not valid.", code="0x0000000B"
            ),
        ),
        (16, "NACK/no SMSC", replace(FAILED, reason="Kannel has no way to this number.")),
        (
            16,
            "NACK/odd/words",
            replace(FAILED, reason="The network refused the message.", code="odd"),
        ),
        (16, "", replace(FAILED, reason="The network refused the message.")),
        (
            32,
            "",
            replace(
                FAILED,
                state=ReceiptState.UNKNOWN,
                reason="The carrier sent a receipt with a state of its own.",
                code="32",
            ),
        ),
    ],
)
def test_each_documented_report_comes_back_for_its_message(state, answer, expected):
    with FakeKannel().running() as fake, Receiver() as ours:
        # Kannel reads a % in the address as the beginning of an escape.
        ours.provider = provider(URL)
        [outcome] = send(f"{fake.url}?callback={ours.address}/a%2525b", [to(5001)])
        assert report(fake.taken[0], state, answer) == 200
    assert ours.arrivals == [replace(expected, carrier_id=outcome.carrier_ids[0])]


@pytest.mark.parametrize(
    ("text", "charset", "heard"),
    [
        ("STOP++now", "UTF-8", "STOP  now"),
        ("%C5%8B%C9%9B+%26+%2B", "UTF-8", "\u014b\u025b & +"),
        ("%01K%02%5B%00+%D8%3D%DE%00", "UTF-16BE", "\u014b\u025b \U0001f600"),
        ("caf%E9", "WINDOWS-1252", "caf\u00e9"),
        ("", "UTF-8", ""),
        ("%FFhi%C3", "utf-8", "\ufffdhi\ufffd"),
        ("%00h%00i%D8%3D", "UTF-16BE", "hi\ufffd"),
    ],
)
@pytest.mark.parametrize("phone", ["233201005001", "%2B233201005001"])
def test_a_text_from_a_person_is_heard_in_its_charset(text, charset, heard, phone):
    query = f"from={phone}&to=1400&id=59200fed&charset={charset}&text={text}"
    with Receiver() as ours:
        ours.provider = provider(URL)
        assert visit(f"{ours.address}/inbound?{query}") == (200, "text/plain; charset=utf-8", "")
    assert ours.arrivals == [Inbound("233201005001", "1400", heard, "59200fed")]


@pytest.mark.parametrize(
    ("step", "query"),
    [
        ("receipts", ""),
        ("receipts", "state=1"),
        ("receipts", "id=&state=1"),
        ("receipts", "id=7"),
        ("receipts", "id=7&state=delivered"),
        ("receipts", "id=7&state=-1"),
        ("receipts", "id=7&state=" + "1" * 5000),
        ("inbound", "from=233201005001&to=1400&text=hi"),
        ("inbound", "from=233201005001&id=7&text=hi"),
        ("inbound", "to=1400&id=7&text=hi"),
        ("inbound", "from=233201005001&to=1400&id=7&charset=klingon&text=hi"),
        ("inbound", "from=233201005001&to=1400&id=7&charset=unicode_escape&text=hi"),
    ],
)
def test_a_call_without_what_it_needs_is_refused(step, query):
    with Receiver() as ours:
        ours.provider = provider(URL)
        assert visit(f"{ours.address}/{step}?{query}")[0] == 400
    assert ours.arrivals == []
