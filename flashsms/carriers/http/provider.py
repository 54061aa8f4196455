"""What a provider's file has to say: how to ask, what an answer means, what a callback tells.

All of it is pure: bytes in, bytes and outcomes out. Connections, waiting and concurrency are in
`carrier`, which is the same for all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from flashsms.carriers.contract import Arrival, Outcome, Submission


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the provider's API; `url` is whole."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; the names of `headers` are lower-case."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Step(StrEnum):
    """What a callback address is for: its last step."""

    RECEIPTS = "receipts"
    INBOUND = "inbound"


@dataclass(frozen=True, slots=True)
class Call:
    """A request that a provider made to us.

    `url` is whole and as the provider called it (signatures cover it), `headers` have lower-case
    names, `query` and `form` are in the order they came in.
    """

    step: Step
    method: str
    url: str
    headers: Mapping[str, str]
    query: Sequence[tuple[str, str]]
    form: Sequence[tuple[str, str]]
    body: bytes


@dataclass(frozen=True, slots=True)
class Heard:
    """What a call told, and what the provider wants to hear once that is stored."""

    arrivals: Sequence[Arrival]
    body: str = ""
    content_type: str = "text/plain; charset=utf-8"


class CallRefusedError(Exception):
    """A call that is not from the provider: its signature or secret is wrong."""


class CallUnreadableError(Exception):
    """A call that tells nothing that could be stored; it says what is wrong with it."""


class Provider(Protocol):
    """One provider. It is made from the carrier's options."""

    @property
    def most(self) -> int:
        """How many recipients of one text and sender a request may have."""

    def request(self, group: Sequence[Submission]) -> Request:
        """Ask to send one text from one sender to a group of at most `most`.

        Raises ValueError with a sentence for what cannot be sent.
        """

    def read(self, group: Sequence[Submission], answer: Answer) -> list[Outcome]:
        """One outcome for each of the group, in its order.

        Only what the documentation says was not taken is REFUSED, BUSY or THROTTLED; an answer
        that cannot be read is UNKNOWN.
        """

    def hear(self, call: Call) -> Heard:
        """What a callback tells. Raises CallRefusedError and CallUnreadableError."""
