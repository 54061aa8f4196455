"""Africa's Talking.

Source: https://developers.africastalking.com/docs/sms/sending/bulk (request, answer, codes) and
https://developers.africastalking.com/docs/sms/notifications (delivery reports, incoming messages).

It signs nothing: the secret in the callback address says who calls.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from flashsms.carriers.contract import Fate, Inbound, Outcome, Receipt, ReceiptState, Submission
from flashsms.carriers.http.answers import fields
from flashsms.carriers.http.calls import digits, parameters
from flashsms.carriers.http.provider import Answer, Call, Heard, Request, Step, base, everyone
from flashsms.carriers.options import CarrierOptions

_LIVE = "https://api.africastalking.com"
_SANDBOX = "https://api.sandbox.africastalking.com"
_PATH = "/version1/messaging"

# The documentation names no limit. What one lost answer leaves unknown should stay small.
_MOST = 100

_TAKEN = {100, 101, 102}  # Processed, Sent, Queued
_NOT_TAKEN = {
    402: (Fate.ELSEWHERE, "InvalidSenderId", "Africa's Talking does not know this sender."),
    403: (Fate.REFUSED, "InvalidPhoneNumber", "The number is not valid."),
    404: (Fate.REFUSED, "UnsupportedNumberType", "Africa's Talking cannot send to such a number."),
    405: (Fate.UNSENT, "InsufficientBalance", "The balance at Africa's Talking is used up."),
    406: (Fate.REFUSED, "UserInBlacklist", "The number wants no messages from this sender."),
    407: (Fate.ELSEWHERE, "CouldNotRoute", "Africa's Talking has no way to this number."),
    409: (Fate.BUSY, "DoNotDisturbRejection", "The network takes no such messages at this hour."),
    502: (Fate.REFUSED, "RejectedByGateway", "The network refused the message."),
}
# The documentation leaves open whether these went out. One that was not taken has no message id.
_OPEN = {
    401: (Fate.REFUSED, "RiskHold", "Africa's Talking holds the message back as a risk."),
    500: (Fate.BUSY, "InternalServerError", "Africa's Talking has an internal error."),
    501: (Fate.BUSY, "GatewayError", "Africa's Talking could not reach the network."),
}
_BY_WORD = {word: code for code, (_, word, _) in {**_NOT_TAKEN, **_OPEN}.items()}
_UNREADABLE = "Africa's Talking did not say what became of the message."

_STATES = {
    "Sent": (ReceiptState.ENROUTE, ""),
    "Submitted": (ReceiptState.ENROUTE, ""),
    "Buffered": (ReceiptState.ENROUTE, ""),
    "Success": (ReceiptState.DELIVERED, ""),
    "Rejected": (ReceiptState.FAILED, "The network rejected the message."),
    "Failed": (ReceiptState.FAILED, "The network could not deliver the message."),
    "AbsentSubscriber": (ReceiptState.FAILED, "The phone was off or out of reach."),
    "Expired": (ReceiptState.FAILED, "The network discarded the message."),
}
_OF_ITS_OWN = (ReceiptState.UNKNOWN, "The carrier sent a receipt with a state of its own.")
_FAILURES = {
    "InsufficientCredit": "The recipient has not enough airtime for this service.",
    "InvalidLinkId": "The message is no answer to a request of the recipient.",
    "UserIsInactive": "The number is not active.",
    "UserInBlackList": "The number wants no messages from this sender.",
    "UserAccountSuspended": "The network has suspended the number.",
    "NotNetworkSubcriber": "The number is not on this network.",  # spelt so in the documentation
    "NotNetworkSubscriber": "The number is not on this network.",
    "UserNotSubscribedToProduct": "The number has not subscribed to this service.",
    "UserDoesNotExist": "The number does not exist.",
    "DoNotDisturbRejection": "The network takes no such messages at this hour.",
}


class AfricasTalking:
    """`africastalking://USERNAME:API_KEY@default`; the username `sandbox` goes to the sandbox."""

    most = _MOST

    def __init__(self, options: CarrierOptions) -> None:
        self._options = options
        self.base = base(options, _SANDBOX if options.user == "sandbox" else _LIVE)

    def request(self, group: Sequence[Submission]) -> Request:
        """One form for all of the group."""
        form = {
            "username": self._options.user,
            "to": ",".join(f"+{sub.to}" for sub in group),
            "message": group[0].text,
            "from": group[0].sender,
            "bulkSMSMode": "1",
            "enqueue": "1",
        }
        headers = {
            "apiKey": self._options.password,
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return Request("POST", self.base + _PATH, headers, urlencode(form).encode())

    def read(self, group: Sequence[Submission], answer: Answer) -> list[Outcome]:
        """Each recipient's own status; a refusal of all of them comes with no recipients."""
        told = fields(answer).get("smsmessagedata")
        if not isinstance(told, dict):
            return everyone(group, Fate.UNKNOWN, _UNREADABLE)
        entries = told.get("Recipients")
        code = _BY_WORD.get(str(told.get("Message")))
        if not entries and code:
            return [_judge(sub.reference, code, "") for sub in group]
        listed = entries if isinstance(entries, list) else []
        by_number = {digits(str(one.get("number"))): one for one in listed if isinstance(one, dict)}
        return [_outcome(sub, by_number.get(sub.to, {})) for sub in group]

    def hear(self, call: Call) -> Heard:
        """A delivery report or an incoming message: a form either way."""
        if call.step is Step.INBOUND:
            return Heard([_inbound(parameters(call.form, "from", "to", "id"))])
        return Heard([_receipt(parameters(call.form, "id", "status"))])


def _outcome(sub: Submission, entry: Mapping[str, Any]) -> Outcome:
    written, message_id = str(entry.get("statusCode", "")), str(entry.get("messageId") or "")
    code = int(written[:9]) if written.isdecimal() else 0
    return _judge(sub.reference, code, "" if message_id == "None" else message_id)


def _judge(reference: int, code: int, message_id: str) -> Outcome:
    if code in _TAKEN:
        return Outcome(reference, Fate.ACCEPTED, (message_id,))
    if code not in _NOT_TAKEN and code not in _OPEN:
        return Outcome(reference, Fate.UNKNOWN, reason=_UNREADABLE, code=str(code or ""))
    fate, word, reason = _NOT_TAKEN.get(code) or _OPEN[code]
    if code in _OPEN and message_id:
        fate = Fate.UNKNOWN
    return Outcome(reference, fate, reason=reason, code=f"{code} {word}")


def _receipt(form: Mapping[str, str]) -> Receipt:
    state, reason = _STATES.get(form["status"].strip(), _OF_ITS_OWN)
    why = form.get("failureReason", "").strip()
    if state is ReceiptState.FAILED:
        reason = _FAILURES.get(why, reason)
    return Receipt(
        carrier_id=form["id"].strip(),
        phone=digits(form.get("phoneNumber", "")),
        state=state,
        reason=reason,
        code=why or (form["status"].strip() if reason else ""),
    )


def _inbound(form: Mapping[str, str]) -> Inbound:
    return Inbound(
        phone=digits(form["from"]),
        number=digits(form["to"]),
        text=form.get("text", ""),
        carrier_id=form["id"].strip(),
    )
