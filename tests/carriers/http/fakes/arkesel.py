"""Arkesel's SMS API v2 as its published clients describe it: a key in a header, JSON.

Numbers that are not valid stand beside those that were taken, in an entry of their own.
"""

from tests.carriers.http.fakes.server import FakeServer, Reply, Seen


class FakeArkesel(FakeServer):
    """Ids are `ark-` and the number; `invalid` are numbers that it does not take."""

    invalid: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()

    def answer(self, seen: Seen) -> Reply:
        if seen.headers.get("api-key") != "key":
            return Reply(401, {"status": "error", "message": "Authentication failed"})
        if (seen.method, seen.path) != ("POST", "/api/v2/sms/send"):
            return Reply(404, b"")
        told = seen.json()
        if not {"sender", "message", "recipients"} <= told.keys() or len(told["sender"]) > 11:
            return Reply(422, {"status": "error", "message": "The sender is too long."})
        valid = set(told["recipients"]) - self.invalid - self.left_out
        data: list[dict] = [{"recipient": to, "id": f"ark-{to}"} for to in sorted(valid)]
        bad = sorted(self.invalid & set(told["recipients"]))
        return Reply(
            200, {"status": "success", "data": data + [{"invalid numbers": bad}] * bool(bad)}
        )
