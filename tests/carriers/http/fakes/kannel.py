"""Kannel's smsbox as its documentation describes it.

The ending of a number decides: `0403` has no way, `0503` is a temporary failure, `0003` is queued
for later, `0400` is on a black list.
"""

from urllib.parse import quote_plus

from tests.carriers.http.fakes.receiver import visit
from tests.carriers.http.fakes.server import FakeServer, Reply, Seen

USER, PASSWORD = "flash", "p&w=1"

_ANSWERS = {
    "0003": (202, "3: Queued for later delivery"),
    "0400": (400, "Number(s) has/have been denied by white- and/or black-lists."),
    "0403": (403, "Not routable. Do not try again."),
    "0503": (503, "Temporal failure, try again later."),
    "0500": (500, "Sending failed."),
}


class FakeKannel(FakeServer):
    """`taken` has the parameters of each request that was accepted."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[dict[str, str]] = []
        self.url = f"kannel://{USER}:{quote_plus(PASSWORD)}@127.0.0.1:{self.port}"

    def answer(self, seen: Seen) -> Reply:
        if (seen.method, seen.path) != ("GET", "/cgi-bin/sendsms"):
            return Reply(404, b"Unknown request.\n")
        query = seen.query
        if (query.get("username"), query.get("password")) != (USER, PASSWORD):
            return Reply(403, b"Authorization failed for sendsms")
        if not query.get("to"):
            return Reply(400, b"Missing receiver number, rejected")
        if not query.get("from"):
            return Reply(400, b"Sender missing and no global set, rejected")
        if not query.get("dlr-url", "http://").startswith(("http://", "https://")):
            return Reply(400, b"DLR-URL field misformed, rejected")
        status, words = _ANSWERS.get(query["to"][-4:], (202, "0: Accepted for delivery"))
        if status == 202:
            self.taken.append(query)
        return Reply(status, words.encode())


def report(taken: dict[str, str], state: int, answer: str) -> int:
    """Call the dlr-url of a request, its escapes filled in as the documentation says."""
    filled = {
        "%": "%",
        "d": str(state),
        "p": quote_plus(taken["to"]),
        "P": quote_plus(taken["from"]),
        "A": quote_plus(answer),
    }
    pieces = taken["dlr-url"].split("%")
    address = pieces.pop(0)
    while pieces:
        piece = pieces.pop(0)
        if piece == "":  # "%%": the rest of the second escape is plain
            address += "%" + pieces.pop(0)
        else:
            address += filled[piece[0]] + piece[1:]
    return visit(address)[0]
