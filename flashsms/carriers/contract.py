"""What every carrier promises: frozen dataclasses in, frozen dataclasses out.

Nothing here knows Flask, the database or Redis; services translate between these shapes and rows.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Submission:
    """One recipient on its way out.

    `reference` is ours and comes back in the outcome; `to` is digits (`233201234567`); `text` is
    whole, the carrier splits it into parts. `validity` is how many seconds it is worth delivering,
    0 for as long as the carrier likes. `attempt` counts its tries from 1, this one included.
    """

    reference: int
    to: str
    sender: str
    text: str
    validity: int = 0
    attempt: int = 1


class Fate(StrEnum):
    """What is known about a submission once the carrier is done with it."""

    ACCEPTED = "accepted"  # the carrier took every part
    REFUSED = "refused"  # a definite refusal that another try will not change
    ELSEWHERE = "elsewhere"  # a definite refusal by this carrier that another might not make
    BUSY = "busy"  # a definite refusal that may pass (queue full, system error): uses up an attempt
    THROTTLED = "throttled"  # a definite "too fast": does not use up an attempt
    UNSENT = "unsent"  # never written to the wire
    UNKNOWN = "unknown"  # written, and no answer came: it may or may not have been taken


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one submission.

    `carrier_ids` are the ids that the carrier gave to the parts it took, in order of the parts,
    empty for a part that it took without giving an id; with REFUSED and UNKNOWN there may be fewer
    than parts. ACCEPTED with one id alone means that the carrier knows all parts by it and reports
    on them together. `reason` is a short sentence for a person, `code` the carrier's own
    (`0x0000000B`); both are empty when there is nothing to say. `ask` is what the carrier is to be
    asked with for the receipts, the same for all that one question is about; empty where it sends
    them by itself.
    """

    reference: int
    fate: Fate
    carrier_ids: tuple[str, ...] = ()
    reason: str = ""
    code: str = ""
    ask: str = ""


class ReceiptState(StrEnum):
    """What a receipt says about its part."""

    DELIVERED = "delivered"
    FAILED = "failed"
    ENROUTE = "enroute"  # an intermediate notice: nothing changes
    UNKNOWN = "unknown"  # the carrier itself does not know


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a carrier said later about one part (a DLR).

    `carrier_id` is the message id as the carrier wrote it; `phone` the recipient it speaks of, in
    digits, or empty; `at` an aware UTC time or None.
    """

    carrier_id: str
    phone: str
    state: ReceiptState
    reason: str = ""
    code: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TextPart:
    """Which part of a longer text one arrival is: the `number`th (from 1) of `total`.

    `reference` is the sender's phone's own and the same for all parts.
    """

    reference: int
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class Inbound:
    """A text that somebody sent to a number of ours, or one part of it.

    `phone` is who sent it and `number` what it was sent to, in digits where they are numbers;
    `carrier_id` is the carrier's id of it, by which one that comes twice is known, empty when it
    gives none.
    """

    phone: str
    number: str
    text: str
    carrier_id: str = ""
    part: TextPart | None = None


Arrival = Receipt | Inbound

Take = Callable[[Sequence[Arrival]], Awaitable[None]]
"""Takes what a carrier tells of its own accord, receipts and texts from people, for good.

Returns once they are committed, raises when they could not be.

A carrier may call it again before an earlier call has returned.
"""


class CarrierError(Exception):
    """A carrier that cannot be used as configured, or an answer that makes no sense."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent


@dataclass(frozen=True, slots=True)
class CarrierStats:
    """How a carrier is doing, for logs and metrics; the counts run since it was opened.

    `in_flight` and `window` are parts without an answer now and how many there may be;
    `submitted` parts written; `receipts` receipts taken for good; `reconnects` lost connections.
    `latency` is how long answers take lately, in seconds. `fault` says what only the operator can
    mend (a wrong password), empty when there is nothing of the kind.
    """

    ready: bool
    in_flight: int
    window: int
    submitted: int
    receipts: int
    reconnects: int
    latency: float = 0.0
    fault: str = ""


class Carrier(Protocol):
    """One way out, living on an asyncio loop for as long as its worker."""

    @property
    def ready(self) -> bool:
        """Whether a submission would reach the wire now."""

    @property
    def trouble(self) -> str:
        """Why it is not ready, as a sentence for the operator; empty when it is."""

    @property
    def stats(self) -> CarrierStats:
        """The figures of this moment; may be read from another thread."""

    async def open(self) -> None:
        """Start connecting and stay connected until `close`; returns at once."""

    async def submit(self, submissions: Sequence[Submission]) -> list[Outcome]:
        """Send them within the window; one outcome each, in the same order. Never raises.

        Several calls may run side by side; they share the window.
        """

    async def close(self, grace: float) -> None:
        """Stop writing at once, wait up to `grace` seconds for outstanding answers, then hang up.

        Submissions not yet written end as UNSENT, those still without an answer as UNKNOWN; one
        of several parts that was begun is finished, since half of it is on its way.
        """


@runtime_checkable
class AskedCarrier(Protocol):
    """What a carrier can besides that does not send receipts but tells them when it is asked."""

    async def ask(self, questions: Sequence[str], within: float) -> list[Sequence[Receipt] | None]:
        """Ask with what `Outcome.ask` said, for at most `within` seconds. Never raises.

        One answer for each question that was asked, in their order: what it says of every message
        that the question is about, or None when there was no answer. There are fewer answers than
        questions when the time was over, or when it wants to be asked more slowly; none when it
        cannot be reached.
        """
