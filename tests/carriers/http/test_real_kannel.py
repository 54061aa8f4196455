"""The real Kannel between our carrier and our simulator: HTTP in, SMPP out, and the way back."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from urllib.parse import quote, urlencode

import pytest

from flashsms.carriers.contract import Fate, Inbound, Outcome, Receipt, ReceiptState, Submission
from flashsms.carriers.smpp.pdu import ShortMessage, encode_message
from flashsms.carriers.urls import provider
from flashsms.simulator.simulator import Simulator
from flashsms.text.segments import Encoding, encode
from tests.carriers.http.fakes.receiver import Receiver, visit
from tests.carriers.http.steps import send
from tests.peers.kannel import BARRED, PASSWORD, USER, kannel

PLAIN = "Your parcel is ready: \u20ac1 & [now] @home {100%} + more?"
ALPHABET = (  # 3GPP TS 23.038, without the escape
    "@\u00a3$\u00a5\u00e8\u00e9\u00f9\u00ec\u00f2\u00c7\n\u00d8\u00f8\r\u00c5\u00e5\u0394_\u03a6"
    "\u0393\u039b\u03a9\u03a0\u03a8\u03a3\u0398\u039e\u00c6\u00e6\u00df\u00c9 !\"#\u00a4%&'()*+,-./"
    "0123456789:;<=>?\u00a1ABCDEFGHIJKLMNOPQRSTUVWXYZ\u00c4\u00d6\u00d1\u00dc\u00a7"
    "\u00bfabcdefghijklmnopqrstuvwxyz\u00e4\u00f6\u00f1\u00fc\u00e0^{}\\[~]|\u20ac"
)
TWI = "Medaase, wo ho te s\u025bn?"
LONG = "0123456789" * 91 + "the end."  # 918 characters, six parts
LONG_TWI = "\u025b\u0254\u014b" * 306  # 918 characters, fourteen parts


@dataclass(frozen=True)
class Street:
    """All of the way: our carrier's URL, the SMSC behind Kannel, and our end of the callbacks."""

    url: str
    port: int
    simulator: Simulator
    ours: Receiver

    def receipts(self, outcomes: list[Outcome]) -> list[Receipt]:
        """Wait for one receipt of each; in the order of the outcomes."""
        ids = [outcome.carrier_ids[0] for outcome in outcomes]
        wait(lambda: {one.carrier_id for one in self._heard()} >= set(ids))
        by_id = {one.carrier_id: one for one in self._heard()}
        return [by_id[carrier_id] for carrier_id in ids]

    def _heard(self) -> list[Receipt]:
        return [one for one in self.ours.arrivals if isinstance(one, Receipt)]

    def from_phone(self, text: str, encoding: Encoding) -> None:
        """Let the SMSC deliver a text that somebody sent from a phone."""
        coding = 8 if encoding is Encoding.UCS2 else 0
        data = encode(text, encoding)
        body = encode_message(ShortMessage("233201112222", "1400", data, data_coding=coding))
        smsc, bind = self.simulator._smsc, SimpleNamespace(system_id="kannel")
        self.simulator._loop.call_soon_threadsafe(smsc.deliver, bind, [body])


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    home = tmp_path_factory.mktemp("kannel")
    with Receiver() as ours, Simulator() as simulator:
        # An address with a percent sign in it, which Kannel would read as an escape.
        callback = f"{ours.address}%2Fsecret"
        inbound = f"{callback}/inbound".replace("%", "%%")
        with kannel(home, simulator.port, inbound) as port:
            query = urlencode({"callback": callback, "response_timeout": "10"})
            url = f"kannel://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{port}?{query}"
            ours.provider = provider(url)
            yield Street(url, port, simulator, ours)


def to(ending: int, text: str = PLAIN, block: str = "23320100") -> Submission:
    return Submission(ending, f"{block}{ending:04d}", "SHOP", text)


def wait(fact: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("block", "text"),
    [
        ("23320101", PLAIN),
        ("23320102", ALPHABET),
        ("23320103", TWI),
        ("23320104", LONG),
        ("23320105", LONG_TWI),
    ],
    ids=["plain", "alphabet", "twi", "long", "long-twi"],
)
def test_a_text_reaches_each_phone_once_as_it_was_written_and_is_reported(street, block, text):
    submissions = [to(ending, text, block) for ending in range(5000, 5020)]
    outcomes = send(street.url, submissions)
    assert {outcome.fate for outcome in outcomes} == {Fate.ACCEPTED}

    receipts = street.receipts(outcomes)
    assert [receipt.phone for receipt in receipts] == [one.to for one in submissions]
    assert {receipt.state for receipt in receipts} == {ReceiptState.DELIVERED}
    assert all(receipt.at is not None for receipt in receipts)
    taken = street.simulator.record.messages
    mine = {key: count for key, count in taken.items() if key[0].startswith(block)}
    assert mine == Counter((one.to, text) for one in submissions)


def test_what_the_network_does_not_deliver_comes_back_with_its_reason(street):
    undelivered, expired, refused = send(street.url, [to(2), to(3), to(4)])
    assert {undelivered.fate, expired.fate, refused.fate} == {Fate.ACCEPTED}  # by Kannel

    receipts = street.receipts([undelivered, expired, refused])
    assert {receipt.state for receipt in receipts} == {ReceiptState.FAILED}
    assert [receipt.code for receipt in receipts] == ["001", "027", "0x0000000B"]
    assert receipts[2].reason == "The carrier says that the number is not valid."
    assert [receipt.phone for receipt in receipts] == [to(2).to, to(3).to, to(4).to]


def test_a_report_that_could_not_be_stored_comes_again(street):
    street.ours.away = 1
    outcomes = send(street.url, [to(5050)])
    [receipt] = street.receipts(outcomes)
    assert (receipt.state, street.ours.away) == (ReceiptState.DELIVERED, 0)


def test_a_number_without_a_way_may_go_elsewhere_and_never_leaves(street):
    barred = to(1, block=BARRED)
    other, outcome = send(street.url, [to(5100), barred])
    assert (other.fate, outcome.fate) == (Fate.ACCEPTED, Fate.ELSEWHERE)
    assert outcome.reason == "Kannel has no way to this number."
    street.receipts([other])
    assert barred.to not in street.simulator.record.parts


def test_a_wrong_password_is_for_the_operator(street):
    [outcome] = send(f"kannel://{USER}:wrong@127.0.0.1:{street.port}", [to(5200)])
    assert outcome.fate is Fate.UNSENT
    assert "password" in outcome.reason
    assert to(5200).to not in street.simulator.record.parts


def test_its_one_answer_for_several_recipients_would_be_a_guess(street):
    """Why the provider asks for one at a time: here 403 comes for two, and one of them gets it."""
    going = to(5300).to
    query = {"username": USER, "password": PASSWORD, "from": "SHOP", "text": "one word"}
    asked = urlencode({**query, "to": f"{BARRED}0001 {going}"})
    answer = visit(f"http://127.0.0.1:{street.port}/cgi-bin/sendsms?{asked}")
    assert (answer[0], answer[2]) == (403, "Not routable. Do not try again.")
    wait(lambda: street.simulator.record.messages[going, "one word"] == 1)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("STOP  now & \u20ac + 100%", Encoding.GSM7),
        ("Aane \u025b\u0254\n \u014b \U0001f600", Encoding.UCS2),
    ],
    ids=["gsm", "ucs2"],
)
def test_a_text_from_a_phone_comes_as_it_was_written(street, text, encoding):
    street.from_phone(text, encoding)

    def heard() -> list[Inbound]:
        arrivals = [one for one in street.ours.arrivals if isinstance(one, Inbound)]
        return [one for one in arrivals if one.text == text]

    wait(heard)
    [inbound] = heard()
    assert (inbound.phone, inbound.number) == ("233201112222", "1400")
    assert len(inbound.carrier_id) == 36
