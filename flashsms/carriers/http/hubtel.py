"""Hubtel, Ghana: `hubtel://CLIENT_ID:CLIENT_SECRET@default`.

Sources: https://businessdocs-developers.hubtel.com/docs/getting-started-with-sms (Basic
authentication), …/docs/simple-messaging (one recipient), …/docs/batch-simple-messaging (several;
documented at sms.hubtel.com only, so that host is the default), …/docs/sms-status-check and
https://hubtel.readme.io/reference/response-code (codes).

The codes stand as HTTP status and as `status` of the body, and only there they are believed: a bare
403 or 400 is the word of some gateway. A sender or a route that Hubtel does not have (2, 4) another
carrier may have. 500 and 502 are documented as failures
of Hubtel's, but not as messages that were not taken: they are UNKNOWN, as is a number that the
answer to a batch leaves out. How many recipients a batch may have is not documented: 100 are sent.

No push of receipts is documented: Hubtel is asked for them, a batch with one request. The only
state that the documentation names is Delivered; it says that the others are those of the network's
receipts. Published clients know Blacklisted, Unrouteable and NACK besides. Hubtel pushes texts to a
short code to its campaign's callback address
(https://help.hubtel.com/support/solutions/articles/44001760236-receive-sms-api), but the names of
the fields are not in the public documentation that could be read, so nothing is read from them.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

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

_BASE = "https://sms.hubtel.com"
_TAKEN = 0
_NO_CREDIT = "The account at Hubtel has no credit left: top it up."
_NOT_VALID = "Hubtel says that the message is not valid."
_FATES: dict[int, tuple[Fate, str]] = {
    1: (Fate.REFUSED, "Hubtel says that the number is not valid."),
    2: (Fate.ELSEWHERE, "Hubtel does not allow this sender."),
    3: (Fate.REFUSED, "Hubtel says that the message is too long."),
    4: (Fate.ELSEWHERE, "Hubtel has no route to this number."),
    5: (Fate.REFUSED, "Hubtel says that the delivery time is not valid."),
    6: (Fate.REFUSED, "Hubtel rejected the text of the message."),
    7: (Fate.REFUSED, "Hubtel does not allow a parameter of the message."),
    8: (Fate.REFUSED, "Hubtel says that a parameter of the message is not valid."),
    12: (Fate.UNSENT, _NO_CREDIT),
    100: (Fate.REFUSED, _NOT_VALID),
    400: (Fate.REFUSED, _NOT_VALID),
    401: (Fate.UNSENT, "Hubtel refused the sign-in: check the client id and the client secret."),
    402: (Fate.UNSENT, _NO_CREDIT),
    403: (Fate.REFUSED, "The recipient has not agreed to receive messages."),
}


class Hubtel:
    """Implements `Provider` and `AskedProvider`; a question is the end of its path."""

    most = 100

    def __init__(self, options: CarrierOptions) -> None:
        self.base = base(options, _BASE)
        pair = f"{options.user}:{options.password}".encode()
        self._headers = {
            "Authorization": f"Basic {base64.b64encode(pair).decode()}",
            "Content-Type": "application/json",
        }

    def request(self, group: Sequence[Submission]) -> Request:
        """One recipient has an endpoint of its own: it answers with a code for that number."""
        first = group[0]
        message: dict[str, object] = {"From": first.sender, "Content": first.text}
        if len(group) == 1:
            path, message["To"] = "/v1/messages/send", first.to
        else:
            path = "/v1/messages/batch/simple/send"
            message["Recipients"] = [sub.to for sub in group]
        return Request("POST", self.base + path, self._headers, json.dumps(message).encode())

    def read(self, group: Sequence[Submission], answer: Answer) -> list[Outcome]:
        """`status` 0 with a message id for each number, or a code for the whole request."""
        found = fields(answer)
        status = found.get("status")
        if answer.status in (200, 201) and type(status) is int and status == _TAKEN:
            return _taken(group, found)
        if type(status) is int and status in _FATES:
            fate, reason = _FATES[status]
            return everyone(group, fate, reason, str(status))
        return everyone(group, Fate.UNKNOWN, "Hubtel's answer cannot be read.", str(answer.status))

    def question(self, ask: str) -> Request:
        """The state of one message or of a batch."""
        return Request("GET", f"{self.base}/v1/messages/{ask}", self._headers)

    def told(self, ask: str, answer: Answer) -> list[Receipt]:
        """The message itself, or those of a batch under `data`."""
        found = fields(answer)
        several = found.get("data")
        messages = map(named, several) if isinstance(several, list) else [found]
        return [_receipt(one) for one in messages if one.get("messageid") and one.get("status")]

    def hear(self, call: Call) -> Heard:
        """Hubtel documents no callback that could be read."""
        raise CallUnreadableError(f"Hubtel documents no callback for {call.step}.")


def _taken(group: Sequence[Submission], found: Mapping[str, Any]) -> list[Outcome]:
    message_id, batch_id, data = (found.get(name) for name in ("messageid", "batchid", "data"))
    if len(group) == 1 and message_id:
        return [_accepted(group[0], str(message_id), "")]
    ids = {
        number_key(one.get("recipient")): str(one["messageId"])
        for one in (data if isinstance(data, list) else [])
        if isinstance(one, dict) and one.get("messageId")
    }
    known = distinct_keys(group)
    ask = f"batch/{_quoted(batch_id)}" if batch_id else ""
    return [_one(sub, ids, known, ask) for sub in group]


def _one(sub: Submission, ids: dict[str, str], known: set[str], ask: str) -> Outcome:
    key = number_key(sub.to)
    if key in ids and key in known:
        return _accepted(sub, ids[key], ask)
    return Outcome(sub.reference, Fate.UNKNOWN, reason="Hubtel's answer leaves this number out.")


def _accepted(sub: Submission, message_id: str, ask: str) -> Outcome:
    return Outcome(sub.reference, Fate.ACCEPTED, (message_id,), ask=ask or _quoted(message_id))


def _quoted(part: object) -> str:
    return quote(str(part), safe="", errors="replace")


def _receipt(message: Mapping[str, Any]) -> Receipt:
    what = state("Hubtel", message["status"])
    reason = sentence("Hubtel", message["status"]) if what is ReceiptState.FAILED else ""
    return Receipt(str(message["messageid"]), digits(str(message.get("to") or "")), what, reason)
