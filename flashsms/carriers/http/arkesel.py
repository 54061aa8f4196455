"""Arkesel, Ghana: `arkesel://KEY@default`. Its SMS API v2.

Sources: the documentation of published clients, https://github.com/kalourmade/arkesel-sdk (the
endpoint, HTTP statuses, states of a message, the callback and that it has no signature),
https://github.com/dvc-77/arkesel (the answer, with numbers that are not valid among others) and
https://github.com/Parables/arkesel-sdk (401, 500). They follow Arkesel's own reference,
https://developers.arkesel.com/, which was not at hand itself.

A 500 is not documented as "not taken": UNKNOWN. So is a number that an answer leaves out. How many
recipients a request may have is not documented: 100 are sent.

Arkesel calls `callback_url`, which goes with each request, by GET with `sms_id` and `status`. It
signs nothing: the secret in the address is what tells its calls from others, and the web layer has
checked it before `hear` is called. It documents no push of texts that people send.
"""

import json
from collections.abc import Sequence

from flashsms.carriers.contract import Fate, Outcome, Receipt, ReceiptState, Submission
from flashsms.carriers.http.answers import distinct_keys, fields, number_key, sentence
from flashsms.carriers.http.calls import parameters
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

_BASE = "https://sms.arkesel.com"
_INVALID = "invalid numbers"  # the name in the answer, with its blank
_FATES: dict[int, tuple[Fate, str]] = {
    401: (Fate.UNSENT, "Arkesel refused the sign-in: check the key in the carrier's URL."),
    402: (Fate.UNSENT, "The account at Arkesel has no credit left: top it up."),
    403: (Fate.UNSENT, "Arkesel refused the key, or has switched the account's gateway off."),
    422: (Fate.REFUSED, "Arkesel says that the message is not valid."),
}
_BY_STATUS = (401, 422)  # with any object of JSON
_STATES: dict[str, tuple[ReceiptState, str]] = {
    "DELIVERED": (ReceiptState.DELIVERED, ""),
    "SUBMITTED": (ReceiptState.ENROUTE, ""),
    "QUEUED": (ReceiptState.ENROUTE, ""),
    "NOT_DELIVERED": (ReceiptState.FAILED, "The message could not be delivered."),
    "EXPIRED": (ReceiptState.FAILED, "The message expired before it could be delivered."),
    "PROHIBITED": (ReceiptState.FAILED, "The network does not allow this message."),
}


class Arkesel:
    """Implements `Provider`."""

    most = 100

    def __init__(self, options: CarrierOptions) -> None:
        self.base = base(options, _BASE)
        self._callback = options.callback
        self._headers = {
            "api-key": options.password,
            "Content-Type": "application/json",
            "Accept": "application/json",
        }

    def request(self, group: Sequence[Submission]) -> Request:
        """One text to all of the group, with the address for receipts if there is one."""
        message: dict[str, object] = {
            "sender": group[0].sender,
            "message": group[0].text,
            "recipients": [sub.to for sub in group],
        }
        if self._callback:
            message["callback_url"] = f"{self._callback}/{Step.RECEIPTS}"
        body = json.dumps(message).encode()
        return Request("POST", f"{self.base}/api/v2/sms/send", self._headers, body)

    def read(self, group: Sequence[Submission], answer: Answer) -> list[Outcome]:
        """`status` success with an id for each number taken, or an HTTP status for all.

        402, 403 and 422 are believed with Arkesel's own body alone: gateways say them, too.
        """
        found = fields(answer)
        if answer.status == 200 and found.get("status") == "success":
            return _taken(group, found.get("data"))
        own = found.get("status") == "error" or (found and answer.status in _BY_STATUS)
        if own and answer.status in _FATES:
            fate, reason = _FATES[answer.status]
            said = sentence("Arkesel", found.get("message")) if fate is Fate.REFUSED else ""
            return everyone(group, fate, said or reason, str(answer.status))
        return everyone(group, Fate.UNKNOWN, "Arkesel's answer cannot be read.", str(answer.status))

    def hear(self, call: Call) -> Heard:
        """A receipt: `sms_id` and `status` in the query."""
        if call.step is not Step.RECEIPTS:
            raise CallUnreadableError("Arkesel documents no callback for texts that people send.")
        query = parameters(call.query, "sms_id", "status")
        status = query["status"].strip().upper()
        if status not in _STATES:
            raise CallUnreadableError("The call has a status that Arkesel does not document.")
        state, reason = _STATES[status]
        code = status if state is ReceiptState.FAILED else ""
        return Heard([Receipt(query["sms_id"].strip(), "", state, reason, code)])


def _taken(group: Sequence[Submission], data: object) -> list[Outcome]:
    """`data` has `{recipient, id}` for each number taken, and `{"invalid numbers": […]}`."""
    ids: dict[str, str] = {}
    invalid: set[str] = set()
    for one in data if isinstance(data, list) else []:
        if not isinstance(one, dict):
            continue
        if one.get("id"):
            ids[number_key(one.get("recipient"))] = str(one["id"])
        if isinstance(one.get(_INVALID), list):
            invalid |= {number_key(number) for number in one[_INVALID]}
    known = distinct_keys(group)
    return [_one(sub, ids, invalid, known) for sub in group]


def _one(sub: Submission, ids: dict[str, str], invalid: set[str], known: set[str]) -> Outcome:
    key = number_key(sub.to)
    if key in known and key in ids and key not in invalid:
        return Outcome(sub.reference, Fate.ACCEPTED, (ids[key],))
    if key in known and key in invalid and key not in ids:
        return Outcome(
            sub.reference, Fate.REFUSED, reason="Arkesel says that the number is not valid."
        )
    return Outcome(sub.reference, Fate.UNKNOWN, reason="Arkesel's answer leaves this number out.")
