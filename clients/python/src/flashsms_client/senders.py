"""The names to send under."""

from dataclasses import dataclass
from datetime import datetime

from flashsms_client.calls import Caller
from flashsms_client.reading import read_list


@dataclass(frozen=True, slots=True)
class Sender:
    """A name that the account may send under."""

    id: str
    name: str
    status: str
    created_at: datetime
    approved_at: datetime | None


class Senders:
    """The approved sender IDs."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list(self) -> tuple[Sender, ...]:
        """List the approved sender IDs, the oldest first."""
        return read_list(Sender, self._caller.get("sender-ids"), "senderIds")
