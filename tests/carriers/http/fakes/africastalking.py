"""Africa's Talking as its documentation describes it.

The last three digits of a number are the status code that it gets, where they are one.
"""

from urllib.parse import parse_qsl

from tests.carriers.http.fakes.receiver import visit
from tests.carriers.http.fakes.server import FakeServer, Reply, Seen

USER, KEY = "shop", "atsk_0123"

STATUSES = {
    100: "Processed",
    101: "Success",
    102: "Queued",
    401: "RiskHold",
    402: "InvalidSenderId",
    403: "InvalidPhoneNumber",
    404: "UnsupportedNumberType",
    405: "InsufficientBalance",
    406: "UserInBlacklist",
    407: "CouldNotRoute",
    409: "DoNotDisturbRejection",
    500: "InternalServerError",
    501: "GatewayError",
    502: "RejectedByGateway",
}


class FakeAfricasTalking(FakeServer):
    """`senders` are registered; `hushed` numbers are left out of the answer."""

    def __init__(self, hushed: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.senders = {"SHOP", "1400"}
        self.hushed = hushed
        self.taken: dict[str, tuple[str, str]] = {}
        self.url = f"africastalking://{USER}:{KEY}@127.0.0.1:{self.port}?tls=0"

    def answer(self, seen: Seen) -> Reply:
        form = form_of(seen)
        if seen.headers.get("apikey") != KEY or form.get("username") != USER:
            return Reply(401, b"The supplied authentication is invalid")
        if (seen.method, seen.path) != ("POST", "/version1/messaging"):
            return Reply(404, b"The resource could not be found.")
        if seen.headers.get("accept") != "application/json":
            return Reply(201, b"<AfricasTalkingResponse/>")
        if not form.get("to") or not form.get("message"):
            return Reply(400, b"Request is missing required form field")
        if form.get("from") not in self.senders:
            return self._told("InvalidSenderId", [])
        numbers = [number for number in form["to"].split(",") if number not in self.hushed]
        entries = [self._entry(number, form) for number in numbers]
        sent = sum(entry["statusCode"] < 400 for entry in entries)
        return self._told(f"Sent to {sent}/{len(entries)} Total Cost: GHS 0.0400", entries)

    def _told(self, message: str, entries: list[dict]) -> Reply:
        return Reply(201, {"SMSMessageData": {"Message": message, "Recipients": entries}})

    def _entry(self, number: str, form: dict[str, str]) -> dict:
        code = int(number[-3:]) if int(number[-3:]) in STATUSES else 101
        if not (number.startswith("+") and number[1:].isdecimal()):
            code = 403
        message_id = f"ATXid_{len(self.taken):032x}" if code < 400 else "None"
        if code < 400:
            self.taken[message_id] = (number, form["message"])
        return {
            "statusCode": code,
            "number": number,
            "status": STATUSES[code],
            "cost": "GHS 0.0400" if code < 400 else "0",
            "messageId": message_id,
        }


def form_of(seen: Seen) -> dict[str, str]:
    return dict(parse_qsl(seen.body.decode(), keep_blank_values=True))


def report(address: str, message_id: str, phone: str, status: str, reason: str = "") -> int:
    """Send a delivery report."""
    form = {"id": message_id, "status": status, "phoneNumber": phone, "networkCode": "62001"}
    if reason:
        form["failureReason"] = reason
    return visit(address, form)[0]
