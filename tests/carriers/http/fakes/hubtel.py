"""Hubtel as https://businessdocs-developers.hubtel.com/docs/simple-messaging and others say.

Basic authentication, JSON, one endpoint for one recipient and one for several. Errors have the
codes of https://hubtel.readme.io/reference/response-code. What became of a message or of a batch is
asked for as https://businessdocs-developers.hubtel.com/docs/sms-status-check says.
"""

import base64

from tests.carriers.http.fakes.server import FakeServer, Reply, Seen

SIGNED_IN = f"Basic {base64.b64encode(b'me:secret').decode()}"


class FakeHubtel(FakeServer):
    """Message ids are `hub-` and the number; `left_out` are numbers that a batch forgets.

    `state` is what became of every message, `states` of those of some numbers.
    """

    left_out: frozenset[str] = frozenset()
    state = "Delivered"

    def __init__(self) -> None:
        super().__init__()
        self.states: dict[str, str] = {}
        self.batches: dict[str, list[str]] = {}

    @property
    def asked(self) -> list[str]:
        """The paths of the questions about messages."""
        return [seen.path for seen in self.seen if seen.method == "GET"]

    def answer(self, seen: Seen) -> Reply:
        if seen.headers.get("authorization") != SIGNED_IN:
            return Reply(401, {"status": 401, "statusDescription": "authorization failed"})
        if seen.method == "GET" and seen.path.startswith("/v1/messages/"):
            return self._told(seen.path.removeprefix("/v1/messages/"))
        if seen.method != "POST" or seen.headers.get("content-type") != "application/json":
            return Reply(400, {"status": 0, "statusDescription": "General invalid request"})
        told = seen.json()
        if seen.path == "/v1/messages/send" and told.keys() == {"From", "To", "Content"}:
            return self._one(told)
        batch = {"From", "Recipients", "Content"}
        if seen.path == "/v1/messages/batch/simple/send" and told.keys() == batch:
            return self._batch(told)
        return Reply(404, b"")

    def _one(self, told: dict) -> Reply:
        answer = {
            "rate": 0.0309,
            "messageId": f"hub-{told['To']}",
            "status": 0,
            "networkId": "62001",
            "clientReference": None,
            "statusDescription": "request submitted successfully",
        }
        return Reply(201, answer)

    def _batch(self, told: dict) -> Reply:
        data = [
            {"recipient": to, "content": told["Content"], "messageId": f"hub-{to}"}
            for to in reversed(told["Recipients"])
            if to not in self.left_out
        ]
        batch_id = f"165949ee-{len(self.batches)}"
        self.batches[batch_id] = told["Recipients"]
        return Reply(200, {"batchId": batch_id, "status": 0, "data": data})

    def _told(self, ask: str) -> Reply:
        if ask.startswith("batch/") and ask.removeprefix("batch/") in self.batches:
            batch_id = ask.removeprefix("batch/")
            data = [self._message(to, batch_id) for to in self.batches[batch_id]]
            return Reply(200, {"rate": 0.0618, "batchId": batch_id, "data": data})
        if ask.startswith("hub-"):
            return Reply(200, self._message(ask.removeprefix("hub-"), None))
        return Reply(404, {"status": 404, "statusDescription": "The message was not found."})

    def _message(self, to: str, batch_id: str | None) -> dict:
        return {
            "rate": 0.0309,
            "batchId": batch_id,
            "messageId": f"hub-{to}",
            "content": "Your parcel is ready.",
            "status": self.states.get(to, self.state),
            "updateTime": "2023-05-30T16:43:15",
            "time": "2023-05-30T16:43:13.7208383Z",
            "to": to,
            "from": "SHOP",
        }
