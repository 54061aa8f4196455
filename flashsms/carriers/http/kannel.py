"""Kannel's smsbox: the gateway that many operators already run.

Source: Kannel 1.4 User's Guide (https://www.kannel.org/download/1.4.5/userguide-1.4.5/), chapters
"Setting up a SMS Gateway" (parameters of get-url), "Using the HTTP interface to send SMS messages"
(parameters of sendsms, reply codes) and "Delivery Reports"; interoperation is tested with 1.4.5.

A request has one recipient although `to` takes several: the answer is one word for all of them.
Kannel 1.4.5 answers 202 to two numbers of which it drops one, 403 to two of which it sends one, and
takes a number that comes twice once.

It signs nothing: the secret in the callback address says who calls.
"""

import secrets
from collections.abc import Mapping, Sequence
from urllib.parse import unquote_to_bytes, urlencode, urlsplit

from flashsms.carriers.contract import Fate, Inbound, Outcome, Receipt, ReceiptState, Submission
from flashsms.carriers.http.calls import digits, parameters
from flashsms.carriers.http.provider import (
    Answer,
    Call,
    CallUnreadableError,
    Heard,
    Request,
    Step,
    base,
    everyone,
)
from flashsms.carriers.options import CarrierOptions
from flashsms.carriers.smpp.pdu import DELIVERY_RECEIPT, ShortMessage
from flashsms.carriers.smpp.receipts import read_receipt
from flashsms.carriers.smpp.status import judge
from flashsms.text.segments import Encoding, segment

_HERE = "http://127.0.0.1:13013"
_PATH = "/cgi-bin/sendsms"
_UCS2 = "2"
_MOST_IDS = 20_000  # twice the widest window

# By the words, since 403 stands for a wrong password and for a number without a way, too.
_ANSWERS = (
    ("authorization failed", Fate.UNSENT, "Kannel refused the user name or the password."),
    ("not routable", Fate.ELSEWHERE, "Kannel has no way to this number."),
    ("temporal failure", Fate.BUSY, "Kannel has a temporary failure."),
    ("black-lists", Fate.REFUSED, "Kannel's lists do not allow this number."),
    ("dlr-url field", Fate.UNSENT, "Kannel cannot call the callback address."),
    (", rejected", Fate.REFUSED, "Kannel rejected the message."),
)
_UNREADABLE = "Kannel did not say what became of the message."

# The bits of %d. More may be set: an expired message comes as 34, which is 32 and 2.
_DELIVERED, _FAILED, _QUEUED, _ACKNOWLEDGED, _REJECTED = 1, 2, 4, 8, 16
# Not asked for are the two steps between: a call for nothing.
_MASK = _DELIVERED | _FAILED | _REJECTED
_STATES = (
    (_DELIVERED, ReceiptState.DELIVERED, ""),
    (_FAILED, ReceiptState.FAILED, "The network could not deliver the message."),
    (_REJECTED, ReceiptState.FAILED, "The network refused the message."),
    (_QUEUED | _ACKNOWLEDGED, ReceiptState.ENROUTE, ""),
)
_OF_ITS_OWN = "The carrier sent a receipt with a state of its own."
_NO_SMSC = "NACK/no SMSC"
_LONGEST_STATE = 9  # digits
_CHARSETS = {"UTF-8", "UTF-16BE", "WINDOWS-1252", "ISO-8859-1"}


class Kannel:
    """`kannel://USER:PASSWORD@HOST:13013`, of a `sendsms-user`.

    Kannel gives no id: each request names one of ours in its `dlr-url`, a new one for each try, so
    that what Kannel says of a try that it refused cannot be taken for the next one's receipt.
    """

    most = 1

    def __init__(self, options: CarrierOptions) -> None:
        self._options = options
        self.base = base(options, _HERE)
        self._ids: dict[int, str] = {}

    def request(self, group: Sequence[Submission]) -> Request:
        """One sendsms; its id waits for the answer."""
        sub = group[0]
        query = {
            "username": self._options.user,
            "password": self._options.password,
            "from": sub.sender,
            "to": sub.to,
            "charset": "UTF-8",
            "coding": _UCS2 if segment(sub.text).encoding is Encoding.UCS2 else "0",
            "text": sub.text,
        }
        if sub.validity:
            query["validity"] = str(-(-sub.validity // 60))  # minutes, never less than asked for
        if self._options.callback:
            query["dlr-mask"] = str(_MASK)
            query["dlr-url"] = self._report_to(self._new_id(sub.reference))
        return Request("GET", f"{self.base}{_PATH}?{urlencode(query)}")

    def read(self, group: Sequence[Submission], answer: Answer) -> list[Outcome]:
        """`0: Accepted for delivery` and `3: Queued for later delivery` are 202, the rest words."""
        sub = group[0]
        carrier_id = self._ids.pop(sub.reference, "")
        words = answer.body.decode("utf-8", "replace").strip()
        if answer.status == 202 and words[:2] in ("0:", "3:"):
            return [Outcome(sub.reference, Fate.ACCEPTED, (carrier_id,))]
        if 400 <= answer.status < 600 and not words.startswith("<"):  # the page of a gateway
            for part, fate, reason in _ANSWERS:
                if part in words.lower():
                    return everyone(group, fate, reason, str(answer.status))
        return everyone(group, Fate.UNKNOWN, _UNREADABLE, str(answer.status))

    def hear(self, call: Call) -> Heard:
        """A dlr-url or a get-url, with the parameters that we and the operator wrote there."""
        if call.step is Step.INBOUND:
            return Heard([_inbound(call)])
        return Heard([_receipt(parameters(call.query, "id", "state"))])

    def _new_id(self, reference: int) -> str:
        """Remember an id until its answer; what never got one is forgotten, oldest first."""
        self._ids.pop(reference, None)
        if len(self._ids) >= _MOST_IDS:
            del self._ids[next(iter(self._ids))]
        self._ids[reference] = secrets.token_hex(12)
        return self._ids[reference]

    def _report_to(self, carrier_id: str) -> str:
        """The address with Kannel's escapes; in a delivery report %p is the recipient."""
        address = f"{self._options.callback}/{Step.RECEIPTS}?id={carrier_id}".replace("%", "%%")
        return f"{address}&state=%d&phone=%p&answer=%A"


def _receipt(query: Mapping[str, str]) -> Receipt:
    written, answer = query["state"].strip(), query.get("answer", "").strip()
    if not written.isdecimal() or len(written) > _LONGEST_STATE:
        raise CallUnreadableError("The state of the report is no number.")
    bits, phone = int(written), digits(query.get("phone", ""))
    known = next((one for one in _STATES if bits & one[0]), None)
    if known is None:
        return Receipt(query["id"], phone, ReceiptState.UNKNOWN, _OF_ITS_OWN, written)
    mask, state, reason = known
    if mask == _REJECTED:
        return Receipt(query["id"], phone, state, *_refusal(answer, reason))
    told = _told(answer, phone)
    if told is None or told.state is not state:
        return Receipt(query["id"], phone, state, reason)
    return Receipt(query["id"], phone, state, told.reason, told.code, told.at)


def _told(answer: str, phone: str) -> Receipt | None:
    """The receipt of the network that Kannel passes on, where it speaks SMPP."""
    text = answer.encode("latin-1", "replace")
    return read_receipt(ShortMessage(phone, "", text, esm_class=DELIVERY_RECEIPT))


def _refusal(answer: str, otherwise: str) -> tuple[str, str]:
    """Reason and code of `NACK/0x0000000b/Invalid Destination Address` or `NACK/no SMSC`."""
    if answer == _NO_SMSC:
        return "Kannel has no way to this number.", ""
    code = answer.removeprefix("NACK/").partition("/")[0]
    try:
        verdict = judge(int(code, 16))
    except ValueError:  # another kind of network than SMPP
        return otherwise, code
    return verdict.reason, verdict.code


def _inbound(call: Call) -> Inbound:
    query = parameters(call.query, "from", "to", "id")
    return Inbound(
        phone=digits(query["from"]),
        number=digits(query["to"]),
        text=_text(call.url, query.get("charset", "") or "UTF-8"),
        carrier_id=query["id"].strip(),
    )


def _text(url: str, charset: str) -> str:
    """Read `text=%b` in its own charset: Kannel passes UCS-2 on as UTF-16BE.

    What cannot be decoded becomes U+FFFD, so that the rest of a person's text is kept.
    """
    if charset.upper() not in _CHARSETS:
        raise CallUnreadableError("The text is in a charset that Kannel does not use.")
    for pair in urlsplit(url).query.split("&"):
        name, _, value = pair.partition("=")
        if name == "text":
            return unquote_to_bytes(value.replace("+", " ")).decode(charset, "replace")
    return ""
