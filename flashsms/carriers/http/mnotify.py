"""mNotify, Ghana: `mnotify://KEY@default`. Its API v2, "quick bulk SMS".

Sources: the documentation of published clients, https://github.com/sammyfort/mNotify-laravel (the
answer with code 2000 and its summary) and https://github.com/Adjanour/mnotify-ts-sdk (request, key,
429), and http://developer.mnotify.com/SMS_API/Send_Multiple_SMS (how numbers are written). They
follow mNotify's own reference, https://readthedocs.mnotify.com/, which was not at hand itself.

An answer has one id for the whole campaign and says how many numbers were sent and how many were
rejected; `numbers_sent` may name those sent, and is empty in the published examples. So a campaign
that was taken in part is told by number only where it names them; elsewhere its recipients are
UNKNOWN. That is why a request has 50 recipients at most (no limit is documented).

The codes of errors are not in the documentation that could be read. A `status` of error with an
HTTP status of 400 to 499 was not carried out, by what HTTP says of these (RFC 9110): 401, 402 and
403 are the operator's to mend, 429 asks to be slower, the others refuse. With any other status an
error is UNKNOWN; its words are the reason in each case.

The key stands in the address, as documented, which therefore must not be logged. No push is
documented: mNotify is asked for the report of a campaign, which names each number and its state
(DELIVERED in the examples; published clients know SUBMITTED, UNDELIVERED, FAILED, REJECTED and
EXPIRED besides). A message has no id of its own before that, so the number and the campaign are it.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote, urlencode

from flashsms.carriers.contract import Fate, Outcome, Receipt, ReceiptState, Submission
from flashsms.carriers.http.answers import distinct_keys, fields, named, number_key, sentence
from flashsms.carriers.http.calls import digits
from flashsms.carriers.http.provider import (
    Answer,
    Call,
    CallUnreadableError,
    Heard,
    Request,
    base,
    everyone,
)
from flashsms.carriers.http.states import state
from flashsms.carriers.options import CarrierOptions

_BASE = "https://api.mnotify.com"
_OK = "2000"
_FAULTS = {
    401: "mNotify refused the sign-in: check the key in the carrier's URL.",
    402: "The account at mNotify has no credit left: top it up.",
    403: "mNotify refused the sign-in: check the key in the carrier's URL.",
}
# Of a message that was tried several times: delivered once is delivered, one open leaves it open.
_WEIGHT = {
    ReceiptState.FAILED: 0,
    ReceiptState.UNKNOWN: 1,
    ReceiptState.ENROUTE: 2,
    ReceiptState.DELIVERED: 3,
}
_NOT_NAMED = "mNotify took only some of the numbers and does not say which."


class Mnotify:
    """Implements `Provider` and `AskedProvider`; a question is the id of a campaign."""

    most = 50

    def __init__(self, options: CarrierOptions) -> None:
        self.base = base(options, _BASE)
        self._key = urlencode({"key": options.password})

    def request(self, group: Sequence[Submission]) -> Request:
        """One text to all of the group, now."""
        message = {
            "recipient": [sub.to for sub in group],
            "sender": group[0].sender,
            "message": group[0].text,
            "is_schedule": False,
            "schedule_date": "",
        }
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        url = f"{self.base}/api/sms/quick?{self._key}"
        return Request("POST", url, headers, json.dumps(message).encode())

    def read(self, group: Sequence[Submission], answer: Answer) -> list[Outcome]:
        """A summary of the campaign, or an error for all."""
        found = fields(answer)
        status, code = found.get("status"), str(found.get("code", ""))
        if answer.status == 200 and status == "success" and code == _OK:
            summary = found.get("summary")
            return _taken(group, summary if isinstance(summary, dict) else {})
        said = sentence("mNotify", found.get("message"))
        if status == "error" and 400 <= answer.status < 500:
            return _refused(group, answer.status, said, code)
        return everyone(group, Fate.UNKNOWN, said or "mNotify's answer cannot be read.", code)

    def question(self, ask: str) -> Request:
        """The report of a campaign, whatever the state of its messages."""
        url = f"{self.base}/api/campaign/{ask}?{self._key}"
        return Request("GET", url, {"Accept": "application/json"})

    def told(self, ask: str, answer: Answer) -> list[Receipt]:
        """One receipt for each number; of several entries the one that knows most."""
        found = fields(answer)
        report = found.get("report")
        if found.get("status") != "success" or not isinstance(report, list):
            return []
        campaign, best = unquote(ask), dict[str, Receipt]()
        for one in map(named, report):
            if one.get("recipient") and one.get("status"):
                receipt = _receipt(campaign, one)
                before = best.setdefault(receipt.carrier_id, receipt)
                if _WEIGHT[receipt.state] > _WEIGHT[before.state]:
                    best[receipt.carrier_id] = receipt
        return list(best.values())

    def hear(self, call: Call) -> Heard:
        """mNotify documents no callback."""
        raise CallUnreadableError(f"mNotify documents no callback for {call.step}.")


def _refused(group: Sequence[Submission], status: int, said: str, code: str) -> list[Outcome]:
    code = code or str(status)
    if status in _FAULTS:
        return everyone(group, Fate.UNSENT, _FAULTS[status], code)
    if status == 429:
        return everyone(group, Fate.THROTTLED, "mNotify asks to send more slowly.", code)
    return everyone(group, Fate.REFUSED, said or "mNotify refused the message.", code)


def _taken(group: Sequence[Submission], summary: Mapping[str, Any]) -> list[Outcome]:
    campaign = str(summary.get("_id") or "")
    sent, rejected = summary.get("total_sent"), summary.get("total_rejected")
    known = distinct_keys(group)
    if (sent, rejected) == (len(group), 0):
        return [_accepted(sub, campaign, known) for sub in group]
    if (sent, rejected) == (0, len(group)):
        return everyone(group, Fate.REFUSED, "mNotify rejected the number.")
    listed = summary.get("numbers_sent")
    keys = {number_key(number) for number in listed} if isinstance(listed, list) else set()
    told = len(keys) == sent and keys <= known and len(known) == len(group)
    if not told or rejected != len(group) - len(keys):
        return everyone(group, Fate.UNKNOWN, _NOT_NAMED)
    return [
        _accepted(sub, campaign, known)
        if number_key(sub.to) in keys
        else Outcome(sub.reference, Fate.REFUSED, reason="mNotify rejected the number.")
        for sub in group
    ]


def _accepted(sub: Submission, campaign: str, known: set[str]) -> Outcome:
    """Taken; without an id where no report could tell which of two numbers it speaks of."""
    if not campaign or number_key(sub.to) not in known:
        return Outcome(sub.reference, Fate.ACCEPTED, ("",))
    ask = quote(campaign, safe="", errors="replace")
    return Outcome(sub.reference, Fate.ACCEPTED, (_id(sub.to, campaign),), ask=ask)


def _id(number: object, campaign: str) -> str:
    """The number comes first, since only the beginning of an id is kept."""
    return f"{number_key(number)}@{campaign}"


def _receipt(campaign: str, message: Mapping[str, Any]) -> Receipt:
    number, said = message["recipient"], message["status"]
    what = state("mNotify", said)
    reason = sentence("mNotify", said) if what is ReceiptState.FAILED else ""
    return Receipt(_id(number, campaign), digits(str(number)), what, reason)
