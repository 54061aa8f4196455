"""mNotify's API v2 as its published clients describe it: the key in the address, one summary."""

from tests.carriers.http.fakes.server import FakeServer, Reply, Seen


class FakeMnotify(FakeServer):
    """`rejected` are numbers that it does not send to, `names` whether it says to which it did.

    `states` are what the report of a campaign says of a number, DELIVERED once where it has none.
    """

    rejected: frozenset[str] = frozenset()
    names = False

    def __init__(self) -> None:
        super().__init__()
        self.states: dict[str, list[str]] = {}
        self.campaigns: dict[str, list[str]] = {}

    def answer(self, seen: Seen) -> Reply:
        if seen.query.get("key") != "key":
            return Reply(401, {"status": "error", "message": "Unauthorized."})
        if seen.method == "GET" and seen.path.startswith("/api/campaign/"):
            return self._report(seen.path.removeprefix("/api/campaign/"))
        if (seen.method, seen.path) != ("POST", "/api/sms/quick"):
            return Reply(404, b"")
        told = seen.json()
        sent = [to for to in told["recipient"] if to not in self.rejected]
        campaign = f"A59CCB70-{len(self.campaigns)}"
        self.campaigns[campaign] = sent
        summary = {
            "_id": campaign,
            "type": "API QUICK SMS",
            "total_sent": len(sent),
            "contacts": len(told["recipient"]),
            "total_rejected": len(told["recipient"]) - len(sent),
            "numbers_sent": [f"0{to[3:]}" for to in sent] if self.names else [],
            "credit_used": len(sent),
            "credit_left": 1483,
        }
        said = {"status": "success", "code": "2000", "message": "messages sent successfully"}
        return Reply(200, {**said, "summary": summary})

    def _report(self, campaign: str) -> Reply:
        report = [
            {
                "_id": 60711577 + number,
                "recipient": to,
                "message": "API messaging is fun!",
                "sender": "SHOP",
                "status": state,
                "date_sent": "2018-03-08 10:19:35",
                "campaign_id": campaign,
                "retries": 0,
            }
            for number, to in enumerate(self.campaigns.get(campaign, []))
            for state in self.states.get(to, ["DELIVERED"])
        ]
        return Reply(200, {"status": "success", "report": report})
