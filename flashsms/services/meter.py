"""What a text comes to while it is being written: how long, how many parts, and why so many."""

from dataclasses import dataclass

from flashsms.services.sending.content import Content
from flashsms.text import merge, savings
from flashsms.text.savings import Culprit
from flashsms.text.segments import MAX_LENGTH, Encoding, count_parts, room, segment, unsendable


@dataclass(frozen=True, slots=True)
class Meter:
    """A text as it stands.

    `length`, `parts`, `encoding` and `left`, the characters that the last part still takes, are
    those of a typical message: with fallbacks, or the names of the placeholders, in their place.
    `culprits` keep the text out of GSM-7; written as `better` it would have `parts_then`.
    `problem` is a sentence when the text cannot be sent as it is.
    """

    length: int
    parts: int
    encoding: Encoding
    left: int
    variables: tuple[str, ...]
    culprits: tuple[Culprit, ...]
    better: str
    parts_then: int
    problem: str | None

    @property
    def helps(self) -> bool:
        """Whether the replacements make the message cheaper."""
        return self.parts_then < self.parts


def measure(text: str) -> Meter:
    """Measure a text, which may be half typed; never raises."""
    typical, variables, broken = _read(text)
    found = segment(typical)
    culprits, better = _savings(text)
    return Meter(
        length=found.length,
        parts=len(found.parts),
        encoding=found.encoding,
        left=room(found),
        variables=variables,
        culprits=culprits,
        better=better,
        parts_then=count_parts(_read(better)[0]),
        problem=_too_long(text) or unsendable(text) or broken,
    )


def _read(text: str) -> tuple[str, tuple[str, ...], str | None]:
    """Return a typical message, its variables, and what is wrong with the placeholders."""
    try:
        template = merge.parse(text)
    except merge.PlaceholderError as error:
        return text, (), str(error)
    return Content(text, template).typical(), template.variables, None


def _savings(text: str) -> tuple[tuple[Culprit, ...], str]:
    """Look for replacements, though not in a text so long that it must be shortened first."""
    if _too_long(text):
        return (), text
    found = savings.find(text)
    return found.culprits, found.text


def _too_long(text: str) -> str | None:
    if len(text) <= MAX_LENGTH:
        return None
    return (
        f"This text has {len(text):,} characters; a message may have at most {MAX_LENGTH}. "
        "Shorten it, or divide it into two messages."
    )
