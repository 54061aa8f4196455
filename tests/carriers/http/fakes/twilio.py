"""Twilio as its documentation describes it.

The last five digits of a number are the error code that it gets, where they are one.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl

from tests.carriers.http.fakes.receiver import visit
from tests.carriers.http.fakes.server import FakeServer, Reply, Seen

SID, TOKEN = "AC0123456789abcdef0123456789abcdef", "0123456789abcdef"

STATUSES = {  # the HTTP status that comes with a code; 400 for the others
    20003: 401,
    20404: 404,
    20005: 403,
    20429: 429,
    21611: 429,
    63038: 429,
}
CODES = {
    *(10001, 20005, 20404, 21211, 21212, 21266, 21267, 21408, 21606, 21608, 21609, 21610, 21611),
    *(21612, 21614, 21617, 21657, 21659, 21660, 20429, 63038, 90010, 29999),
}


class FakeTwilio(FakeServer):
    """Makes Messages; `callbacks` has the StatusCallback of each by its SID."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: dict[str, dict[str, str]] = {}
        self.url = f"twilio://{SID}:{TOKEN}@127.0.0.1:{self.port}?tls=0"

    def answer(self, seen: Seen) -> Reply:
        basic = base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
        if seen.headers.get("authorization") != f"Basic {basic}":
            return _exception(20003)
        if (seen.method, seen.path) != ("POST", f"/2010-04-01/Accounts/{SID}/Messages.json"):
            return _exception(20404)
        form = dict(parse_qsl(seen.body.decode(), keep_blank_values=True))
        code = _refusal(form)
        if code:
            return _exception(code)
        sid = f"SM{len(self.taken):032x}"
        self.taken[sid] = form
        told = {"sid": sid, "status": "queued", "to": form["To"], "error_code": None}
        return Reply(201, told)

    def report(self, sid: str, status: str, code: str = "") -> int:
        """Call the StatusCallback of a Message."""
        form = {
            "SmsSid": sid,
            "SmsStatus": status,
            "MessageStatus": status,
            "To": self.taken[sid]["To"],
            "MessageSid": sid,
            "AccountSid": SID,
            "From": self.taken[sid]["From"],
            "ApiVersion": "2010-04-01",
        }
        if code:
            form["ErrorCode"] = code
        return sign_and_post(self.taken[sid]["StatusCallback"], form)[0]


def sign_and_post(url: str, form: Mapping[str, str], token: str = TOKEN) -> tuple[int, str, str]:
    """Call an address as Twilio does, signed by the steps of its documentation."""
    data = url
    for name in sorted(form):
        data += name + form[name]
    digest = hmac.new(token.encode(), data.encode("utf-8"), hashlib.sha1).digest()
    return visit(url, form, {"X-Twilio-Signature": base64.b64encode(digest).decode()})


def _refusal(form: Mapping[str, str]) -> int:
    number, sender = form.get("To", ""), form.get("From", "")
    if not (number.startswith("+") and number[1:].isdecimal()):
        return 21211
    if not sender or (len(sender) > 6 and sender.isdecimal()):  # a number without its plus
        return 21212
    if len(form.get("Body", "")) > 1600:
        return 21617
    if not 1 <= int(form.get("ValidityPeriod", "36000")) <= 36_000:
        return 21624
    code = int(number[-5:])
    return code if code in CODES else 0


def _exception(code: int) -> Reply:
    status = STATUSES.get(code, 400)
    more = f"https://www.twilio.com/docs/errors/{code}"
    return Reply(status, {"code": code, "message": "No.", "more_info": more, "status": status})
