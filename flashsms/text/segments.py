"""How a text becomes the parts of an SMS: encoding, splitting, bytes and back.

Source: 3GPP TS 23.038 (GSM 03.38 default alphabet and its extension table) and TS 23.040 (the
six-byte header that leaves 153 septets or 67 UTF-16 units in each part of a longer message).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

MAX_LENGTH = 918  # Unicode code points in one message, in any encoding


class Encoding(StrEnum):
    """The two alphabets of SMS."""

    GSM7 = "GSM-7"
    UCS2 = "UCS-2"


@dataclass(frozen=True, slots=True)
class Segmentation:
    """A text divided into parts; `length` is the whole text in Unicode code points."""

    encoding: Encoding
    parts: tuple[str, ...]
    length: int


# Units that fit: (in a message of one part, in each part of a longer one).
_LIMITS = {Encoding.GSM7: (160, 153), Encoding.UCS2: (70, 67)}

_ESC = "\x1b"
_ALPHABET = (  # the index of a character is its septet; 0x1B only introduces an extension
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSIONS = {  # the septet after the escape
    "\f": 0x0A,
    "^": 0x14,
    "{": 0x28,
    "}": 0x29,
    "\\": 0x2F,
    "[": 0x3C,
    "~": 0x3D,
    "]": 0x3E,
    "|": 0x40,
    "€": 0x65,
}

_TO_SEPTETS = str.maketrans(
    {character: chr(septet) for septet, character in enumerate(_ALPHABET) if character != _ESC}
    | {character: _ESC + chr(septet) for character, septet in _EXTENSIONS.items()}
)
_FROM_SEPTETS = dict(enumerate(_ALPHABET))
# Keyed by what the second septet means on its own, since decoding translates the septets first.
_FROM_ESCAPED = {_ALPHABET[septet]: character for character, septet in _EXTENSIONS.items()}
_FROM_ESCAPED[_ESC] = " "  # reserved for a further table, shown as a space until there is one

_NOT_GSM7 = re.compile(f"[^{re.escape(''.join(map(chr, _TO_SEPTETS)))}]")
_NOT_UCS2 = re.compile("[\ud800-\udfff]")
_NOT_SENDABLE = re.compile("[\x00\ud800-\udfff]")
_DOUBLE = {  # characters that take two units
    Encoding.GSM7: re.compile(f"[{re.escape(''.join(_EXTENSIONS))}]"),
    Encoding.UCS2: re.compile("[\U00010000-\U0010ffff]"),
}
_ESCAPED = re.compile(f"{_ESC}(.?)", re.DOTALL)


def segment(text: str) -> Segmentation:
    """Divide a text into the parts it travels in; an empty text is one empty part.

    A part holds whole characters: neither an escape pair nor a surrogate pair is ever divided.
    Takes a text of any length; ask `unsendable` first about text from outside.
    """
    encoding = _encoding(text)
    starts = [*_starts(text, encoding)]
    ends = [*starts[1:], len(text)]
    parts = tuple(text[start:end] for start, end in zip(starts, ends, strict=True))
    return Segmentation(encoding, parts, len(text))


def count_parts(text: str) -> int:
    """The number of parts that `segment` would make, without making them."""
    return sum(1 for _ in _starts(text, _encoding(text)))


def room(found: Segmentation) -> int:
    """How many more units the last part takes: characters, but for those that count two."""
    whole, limit = _LIMITS[found.encoding]
    last = found.parts[-1]
    used = len(last) + len(_DOUBLE[found.encoding].findall(last))
    return (whole if len(found.parts) == 1 else limit) - used


def not_gsm7(text: str) -> Iterator[tuple[int, str]]:
    """Find each character that GSM-7 lacks: its position (code points from 0) and itself."""
    return ((found.start(), found[0]) for found in _NOT_GSM7.finditer(text))


def unsendable(text: str) -> str | None:
    """Say in a sentence which first character cannot be sent, counted from 1; None if all can."""
    found = _NOT_SENDABLE.search(text)
    if found is None:
        return None
    what = "the NUL control character" if found[0] == "\0" else "half of a broken character"
    return (
        f"Character {found.start() + 1} of the message cannot be sent: "
        f"it is {what} (U+{ord(found[0]):04X}). Remove it and try again."
    )


def encode(part: str, encoding: Encoding) -> bytes:
    """One septet a byte for GSM-7 (unpacked, escape 0x1B), big-endian UTF-16 for UCS-2.

    Raises ValueError naming the first character that the encoding does not have.
    """
    foreign = (_NOT_GSM7 if encoding == Encoding.GSM7 else _NOT_UCS2).search(part)
    if foreign is not None:
        raise ValueError(
            f"{encoding} has no character {foreign[0]!r} (U+{ord(foreign[0]):04X}), "
            f"found at position {foreign.start() + 1}."
        )
    if encoding == Encoding.UCS2:
        return part.encode("utf-16-be")
    return part.translate(_TO_SEPTETS).encode("ascii")


def decode(data: bytes, encoding: Encoding) -> str:
    """Read back what `encode` wrote, or what another system did.

    An escape followed by a septet that the extension table lacks shows the character of the default
    alphabet, and an escape followed by an escape shows a space, as 3GPP TS 23.038 says (6.2.1).
    Raises ValueError for a byte that is no septet, a cut escape or surrogate pair, half a unit.
    """
    if encoding == Encoding.GSM7:
        return _decode_gsm7(data)
    try:
        return data.decode("utf-16-be")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"Not UCS-2: {error.reason} at byte {error.start + 1} of {len(data)}."
        ) from error


def _encoding(text: str) -> Encoding:
    return Encoding.UCS2 if _NOT_GSM7.search(text) else Encoding.GSM7


def _starts(text: str, encoding: Encoding) -> Iterator[int]:
    """Where each part begins, filling every part as far as whole characters allow."""
    whole, limit = _LIMITS[encoding]
    double = {found.start() for found in _DOUBLE[encoding].finditer(text)}
    if len(text) + len(double) <= whole:
        return iter((0,))
    if not double:
        return iter(range(0, len(text), limit))
    return _starts_around(double, len(text), limit)


def _starts_around(double: set[int], length: int, limit: int) -> Iterator[int]:
    yield 0
    used = 0
    for position in range(length):
        units = 2 if position in double else 1
        if used + units > limit:
            yield position
            used = 0
        used += units


def _decode_gsm7(data: bytes) -> str:
    try:
        text = data.decode("ascii").translate(_FROM_SEPTETS)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"Not GSM-7: 0x{data[error.start]:02X} at byte {error.start + 1} is above 0x7F."
        ) from error
    return _ESCAPED.sub(_unescape, text) if _ESC in text else text


def _unescape(found: re.Match[str]) -> str:
    if not found[1]:
        raise ValueError("Not GSM-7: the text ends in the middle of an escape pair.")
    return _FROM_ESCAPED.get(found[1], found[1])
