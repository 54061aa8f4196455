"""What is on its way: a batch has recipients, a recipient has parts, a part is one submit_sm."""

import asyncio
from collections.abc import Sequence

from flashsms.carriers.contract import Fate, Outcome

_MOST_TRIES = 5
_RETRYABLE = (Fate.THROTTLED, Fate.BUSY)
# Which part speaks for a recipient whose parts fared differently.
_GRAVEST_FIRST = (
    Fate.UNKNOWN,
    Fate.REFUSED,
    Fate.ELSEWHERE,
    Fate.THROTTLED,
    Fate.BUSY,
    Fate.UNSENT,
)


class Part:
    """One submit_sm: its body, and what is known about it."""

    __slots__ = ("body", "carrier_id", "code", "fate", "reason", "recipient", "sent_at", "tries")

    def __init__(self, recipient: "Recipient", body: bytes) -> None:
        self.recipient = recipient
        self.body = body
        self.sent_at = 0.0
        self.tries = 0
        self.fate: Fate | None = None
        self.carrier_id = self.reason = self.code = ""


class Recipient:
    """One submission: done when none of its parts is open."""

    __slots__ = ("batch", "index", "open", "parts", "reference")

    def __init__(self, batch: "Batch", index: int, reference: int, bodies: Sequence[bytes]) -> None:
        self.batch = batch
        self.index = index
        self.reference = reference
        self.parts = [Part(self, body) for body in bodies]
        self.open = len(self.parts)

    @property
    def begun(self) -> bool:
        """Whether any part was ever handed to the transport."""
        return any(part.tries for part in self.parts)

    def parts_to_retry(self) -> list[Part]:
        """The parts to try again because the carrier took others: half a message helps nobody.

        When it took none, the whole recipient is the caller's to try again.
        """
        if len(self.parts) == 1:
            return []
        rest = [part for part in self.parts if part.fate is not Fate.ACCEPTED]
        hopeful = all(part.fate in _RETRYABLE and part.tries < _MOST_TRIES for part in rest)
        return rest if hopeful and len(rest) < len(self.parts) else []

    def conclude(self) -> None:
        """Tell the batch what became of this recipient."""
        self.batch.finish(self.index, _outcome(self))


class Batch:
    """One call of `submit`: one future for all of its recipients."""

    def __init__(self, size: int) -> None:
        self.done: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()
        self._outcomes: list[Outcome | None] = [None] * size
        self._open = size

    def finish(self, index: int, outcome: Outcome) -> None:
        """Take the outcome of one recipient; the last one resolves `done`."""
        self._outcomes[index] = outcome
        self._open -= 1
        if not self._open and not self.done.done():
            self.done.set_result([outcome for outcome in self._outcomes if outcome is not None])


def _outcome(recipient: Recipient) -> Outcome:
    parts = recipient.parts
    ids = tuple(part.carrier_id for part in parts if part.fate is Fate.ACCEPTED)
    taken = len(ids)
    if taken == len(parts):
        return Outcome(recipient.reference, Fate.ACCEPTED, ids)
    gravest = min(
        (part for part in parts if part.fate in _GRAVEST_FIRST),
        key=lambda part: _GRAVEST_FIRST.index(part.fate or Fate.UNSENT),
    )
    fate, reason = gravest.fate or Fate.UNSENT, gravest.reason
    if taken:
        reason = f"The carrier took only {taken} of {len(parts)} parts. {reason}"
    if taken and fate is not Fate.UNKNOWN:
        fate = Fate.REFUSED  # another try would send the parts that were taken twice
    return Outcome(recipient.reference, fate, ids, reason, gravest.code)
