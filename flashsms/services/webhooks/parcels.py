"""One request to an endpoint and what came of it: plain values that threads may share."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery on its way in one attempt, made by whoever holds the endpoint until `lease`.

    `name` is the delivery's public id. `failures` and `failing_since` are those of the endpoint
    before this attempt. Without a `signature` it cannot be sent.
    """

    endpoint_id: int
    lease: datetime
    failures: int
    failing_since: datetime | None
    delivery_id: int
    name: str
    url: str
    body: str
    signed_at: datetime
    signature: str


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a parcel: the `status` of the answer, or the `error` in place of one.

    `answer` is the beginning of it. `retry_after` are the seconds that the receiver asked for.
    """

    parcel: Parcel
    milliseconds: int
    status: int | None = None
    error: str | None = None
    answer: str | None = None
    retry_after: float | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the receiver took it: any 2xx."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def said(self) -> str:
        """What came of it as a sentence."""
        return self.error or f"It answered HTTP {self.status}."
