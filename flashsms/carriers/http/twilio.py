"""Twilio.

Source: https://www.twilio.com/docs/messaging/api/message-resource (request, answer, statuses),
https://www.twilio.com/docs/usage/twilios-response (errors) and
https://www.twilio.com/docs/api/errors (codes),
https://www.twilio.com/docs/messaging/guides/track-outbound-message-status (status callbacks),
https://www.twilio.com/docs/messaging/guides/webhook-request (incoming messages),
https://www.twilio.com/docs/usage/security#validating-requests (signature).
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote, urlencode, urlsplit

from flashsms.carriers.contract import Fate, Inbound, Outcome, Receipt, ReceiptState, Submission
from flashsms.carriers.http.answers import fields
from flashsms.carriers.http.calls import digits, parameters
from flashsms.carriers.http.provider import (
    Answer,
    Call,
    CallRefusedError,
    Heard,
    Request,
    Step,
    base,
    everyone,
)
from flashsms.carriers.options import CarrierOptions

_API = "https://api.twilio.com"
_LONGEST_VALIDITY = 36_000  # seconds
_LONGEST_SHORT_CODE = 6  # digits
_STANDARD_PORTS = {"http": 80, "https": 443}
_EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

# One table for both ways in which a code comes: in the answer, and later in a callback.
_REASONS = {
    Fate.UNSENT: {  # for the operator to mend
        10001: "The Twilio account is not active.",
        20003: "Twilio refused the account SID or the token.",
        20005: "The Twilio account is not active.",
        20404: "Twilio does not know the account SID.",
        21609: "Twilio cannot call the callback address.",
        30002: "The Twilio account is suspended.",
        90010: "The Twilio account is not active.",
    },
    Fate.THROTTLED: {
        14107: "Twilio asks to send more slowly.",
        20429: "Twilio asks to send more slowly.",
        21611: "The queue at Twilio is full.",
        30001: "The queue at Twilio is full.",
    },
    Fate.BUSY: {
        63038: "The Twilio account has sent all that it may in a day.",
    },
    Fate.ELSEWHERE: {  # about the account at Twilio and what it may do
        21212: "Twilio does not allow this sender.",
        21267: "Twilio does not allow this sender.",
        21408: "Twilio is not set up to send to this country.",
        21606: "Twilio does not allow this sender.",
        21608: "A trial account sends to verified numbers only.",
        21612: "Twilio has no way from this sender to this number.",
        21657: "Twilio does not allow this sender.",
        21659: "Twilio does not allow this sender.",
        21660: "The sender belongs to another Twilio account.",
    },
    Fate.REFUSED: {
        21211: "The number is not valid.",
        21266: "The sender and the number are the same.",
        21602: "The message is empty.",
        21603: "The message has no sender.",
        21604: "The message has no number to go to.",
        21610: "The number wants no messages from this sender.",
        21614: "The number is not a mobile number.",
        21617: "The message is too long.",
        30003: "The phone was off or out of reach.",
        30004: "The number or the network blocked the message.",
        30005: "The number does not exist or is out of reach.",
        30006: "The number cannot receive messages.",
        30007: "The network filtered the message.",
        30008: "The network could not deliver the message.",
        30009: "A part of the message was lost.",
        30010: "The message costs more than the highest price allowed.",
        30036: "The message waited at Twilio for longer than it was worth.",
    },
}
_CODES = {code: (fate, text) for fate, texts in _REASONS.items() for code, text in texts.items()}
_REFUSED = "Twilio refused the message."
_UNREADABLE = "Twilio did not say what became of the message."
_TAKEN_AND_FAILED = {"failed", "undelivered", "canceled"}

_STATES = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending", "sent"), ReceiptState.ENROUTE),
    **dict.fromkeys(("delivered", "read"), ReceiptState.DELIVERED),
    **dict.fromkeys(_TAKEN_AND_FAILED, ReceiptState.FAILED),
}
_NOT_DELIVERED = "The network could not deliver the message."
_OF_ITS_OWN = "The carrier sent a receipt with a state of its own."


class Twilio:
    """`twilio://ACCOUNT_SID:AUTH_TOKEN@default`: one recipient a request, as the API has it."""

    most = 1

    def __init__(self, options: CarrierOptions) -> None:
        self._options = options
        self.base = base(options, _API)

    def request(self, group: Sequence[Submission]) -> Request:
        """Create one Message."""
        sub = group[0]
        form = {"To": f"+{sub.to}", "From": _sender(sub.sender), "Body": sub.text}
        if sub.validity:
            form["ValidityPeriod"] = str(min(sub.validity, _LONGEST_VALIDITY))
        if self._options.callback:
            form["StatusCallback"] = f"{self._options.callback}/{Step.RECEIPTS}"
        user, token = self._options.user, self._options.password
        basic = base64.b64encode(f"{user}:{token}".encode()).decode()
        headers = {
            "Authorization": f"Basic {basic}",
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        url = f"{self.base}/2010-04-01/Accounts/{quote(user, safe='')}/Messages.json"
        return Request("POST", url, headers, urlencode(form).encode())

    def read(self, group: Sequence[Submission], answer: Answer) -> list[Outcome]:
        """A Message, or an exception with a code.

        Of a 4xx the documentation says that the request was not completed; of a 5xx it says
        nothing of the message.
        """
        told = fields(answer)
        if answer.status in (200, 201) and told.get("sid"):
            return [_created(group[0], told)]
        code = told.get("code")
        if type(code) is not int:  # some gateway's answer
            return everyone(group, Fate.UNKNOWN, _UNREADABLE)
        if 400 <= answer.status < 500 and code in _CODES:
            fate, reason = _CODES[code]
            return everyone(group, fate, reason, str(code))
        if answer.status == 400:
            return everyone(group, Fate.REFUSED, _REFUSED, str(code))
        return everyone(group, Fate.UNKNOWN, _UNREADABLE)

    def hear(self, call: Call) -> Heard:
        """A status callback or an incoming message, each signed with the account's token."""
        if not self._is_signed(call):
            raise CallRefusedError("The signature of the call is missing or wrong.")
        if call.step is Step.INBOUND:
            arrival = _inbound(parameters(call.form, "From", "To", "MessageSid"))
            return Heard([arrival], _EMPTY_TWIML, "text/xml; charset=utf-8")
        return Heard([_receipt(parameters(call.form, "MessageSid", "MessageStatus"))])

    def _is_signed(self, call: Call) -> bool:
        given = call.headers.get("x-twilio-signature", "").encode()
        token = self._options.password
        return any(
            hmac.compare_digest(given, signature(token, url, call.form).encode())
            for url in _spellings(call.url)
        )


def signature(token: str, url: str, form: Iterable[tuple[str, str]]) -> str:
    """Sign a call as Twilio does: the whole URL, then each parameter and its value, sorted."""
    signed = url + "".join(name + value for name, value in sorted(set(form)))
    mac = hmac.new(token.encode(), signed.encode(), hashlib.sha1)  # the algorithm is Twilio's
    return base64.b64encode(mac.digest()).decode()


def _spellings(url: str) -> Iterator[str]:
    """The URL as it is, and with or without the standard port, which Twilio may sign either way."""
    yield url
    split = urlsplit(url)
    host = split.netloc.rpartition("@")[2]
    port = f":{_STANDARD_PORTS.get(split.scheme, 0)}"
    if host.endswith(port):
        yield url.replace(split.netloc, split.netloc.removesuffix(port), 1)
    elif split.port is None:
        yield url.replace(split.netloc, split.netloc + port, 1)


def _sender(sender: str) -> str:
    """Numbers go in the international form, names and short codes as they are."""
    return f"+{sender}" if sender.isdecimal() and len(sender) > _LONGEST_SHORT_CODE else sender


def _created(sub: Submission, told: Mapping[str, object]) -> Outcome:
    """A Message that was made; of one that failed at once no callback tells."""
    if told.get("status") not in _TAKEN_AND_FAILED:
        return Outcome(sub.reference, Fate.ACCEPTED, (str(told["sid"]),))
    code = str(told.get("error_code") or "")
    return Outcome(sub.reference, Fate.REFUSED, reason=_why(code, _REFUSED), code=code)


def _receipt(form: Mapping[str, str]) -> Receipt:
    state = _STATES.get(form["MessageStatus"].strip(), ReceiptState.UNKNOWN)
    code = form.get("ErrorCode", "").strip()
    reason = ""
    if state is ReceiptState.FAILED:
        reason = _why(code, _NOT_DELIVERED)
    elif state is ReceiptState.UNKNOWN:
        reason, code = _OF_ITS_OWN, code or form["MessageStatus"].strip()
    return Receipt(form["MessageSid"].strip(), digits(form.get("To", "")), state, reason, code)


def _inbound(form: Mapping[str, str]) -> Inbound:
    return Inbound(
        phone=digits(form["From"]),
        number=digits(form["To"]),
        text=form.get("Body", ""),
        carrier_id=form["MessageSid"].strip(),
    )


def _why(code: str, otherwise: str) -> str:
    known = _CODES.get(int(code[:9])) if code.isdecimal() else None
    return known[1] if known else otherwise
