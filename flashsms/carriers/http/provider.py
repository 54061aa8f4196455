"""What a provider's file has to say: how to ask, what an answer means, what a callback tells.

All of it is pure: bytes in, bytes and outcomes out. Connections, waiting and concurrency are in
`carrier`, which is the same for all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from flashsms.carriers.contract import Arrival, Fate, Outcome, Receipt, Submission
from flashsms.carriers.options import CarrierOptions


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the provider's API; `url` is whole."""

    method: str
    url: str = field(repr=False)  # it may have a key, and so may the headers
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
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
    url: str = field(repr=False)  # it has the secret of the callback
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


def base(options: CarrierOptions, default: str) -> str:
    """Where the provider's API is: `https://host:port`, or `default` for the host `default`.

    The option `tls=0` makes it http.
    """
    if options.host == "default":
        return default
    host = f"[{options.host}]" if ":" in options.host else options.host
    port = f":{options.port}" if options.port else ""
    return f"{'https' if options.tls else 'http'}://{host}{port}"


def everyone(
    group: Sequence[Submission], fate: Fate, reason: str = "", code: str = ""
) -> list[Outcome]:
    """The same outcome for all of a group."""
    return [Outcome(sub.reference, fate, reason=reason, code=code) for sub in group]


class Provider(Protocol):
    """One provider. It is made from the carrier's options."""

    @property
    def base(self) -> str:
        """Scheme, host and port that all requests go to."""

    @property
    def most(self) -> int:
        """How many recipients of one text and sender a request may have."""

    def request(self, group: Sequence[Submission]) -> Request:
        """Ask to send one text from one sender to a group of at most `most`.

        All of a group have the same validity, too, and no number is in it twice. Raises ValueError
        with a sentence for what cannot be sent.
        """

    def read(self, group: Sequence[Submission], answer: Answer) -> list[Outcome]:
        """One outcome for each of the group, in its order.

        Only what the documentation says was not taken is REFUSED, BUSY or THROTTLED; an answer
        that cannot be read is UNKNOWN. UNSENT says that it was not taken because of something that
        only the operator can mend (a wrong key, no credit left at the provider): its reason becomes
        the carrier's fault, and the carrier pauses. All of it only by what the provider itself
        wrote, never by the HTTP status alone: a gateway in between says 400 and 403, too. Where all
        are UNKNOWN the carrier applies what HTTP itself says (`carrier`).
        """

    def hear(self, call: Call) -> Heard:
        """What a callback tells. Raises CallRefusedError and CallUnreadableError."""


@runtime_checkable
class AskedProvider(Protocol):
    """What a provider can besides that pushes no receipts: its outcomes say what to `ask` with."""

    def question(self, ask: str) -> Request:
        """Ask what became of the messages that `ask` stands for."""

    def told(self, ask: str, answer: Answer) -> list[Receipt]:
        """What an answer with the status 200 says, one for each message that it knows.

        Those that are still under way are ENROUTE, and those of which it says something that
        nobody has documented are UNKNOWN.
        """
