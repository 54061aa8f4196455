"""Texts as carriers bring them, in the form in which they are stored and compared."""

import hashlib
import re
from dataclasses import dataclass, replace

from flask import current_app

from flashsms.carriers.contract import Inbound
from flashsms.text.phones import normalise

LONGEST_ADDRESS = 20
LONGEST_REF = 64
NOBODY = "unknown"  # stands for a sender that the carrier did not name

_PERSON = re.compile(r"[0-9]{7,15}")
_DIGITS = re.compile(r"[0-9]{3,15}")
_STRANGE = re.compile(r"[^\w &+-]")
_HASH = 10  # characters that stand for the end of an address that is too long


@dataclass(frozen=True, slots=True)
class Text:
    """A whole text: who sent it to which number.

    `ref` is the carrier's id of it, None when it gave none. One that was `joined` from parts cannot
    be a repetition: its parts were none.
    """

    phone: str
    number: str
    text: str
    ref: str | None = None
    joined: bool = False


def clean(given: Inbound) -> Inbound:
    """Return what a carrier brought with its addresses as digits and nothing unstorable in it."""
    return replace(
        given,
        phone=address(given.phone) or NOBODY,
        number=address(given.number),
        text=_storable(given.text),
        carrier_id=_ref(given.carrier_id),
    )


def whole(given: Inbound) -> Text:
    """Return a cleaned text that came in one piece."""
    return Text(given.phone, given.number, given.text, given.carrier_id or None)


def address(raw: str) -> str:
    """Return an address as it is compared: a number as digits with its country, others as given.

    `0…` of Ghana becomes `233…`; short codes stay what they are. A name (`MTN`) keeps its letters,
    one that is too long its beginning.
    """
    if digits := normalise(raw, current_app.config["COUNTRIES"]):
        return digits
    if any(character.isalpha() for character in raw):
        return _fitting(_STRANGE.sub("-", raw.strip()), raw)
    digits = "".join(one for one in raw if one.isascii() and one.isdigit())
    digits = digits.removeprefix("00")
    if len(digits) == 10 and digits.startswith("0"):  # a fixed line of Ghana
        digits = "233" + digits[1:]
    return _fitting(digits, raw)


def is_person(known: str) -> bool:
    """Whether an address can belong to a person: a whole number, no short code and no name."""
    return _PERSON.fullmatch(known) is not None


def is_number(known: str) -> bool:
    """Whether an address is a number or a short code, which messages can leave from."""
    return _DIGITS.fullmatch(known) is not None


def _fitting(known: str, raw: str) -> str:
    """Return an address that fits its column: two that differ at their end stay two."""
    if len(known) <= LONGEST_ADDRESS:
        return known
    digest = hashlib.sha256(raw.strip().encode("utf-8", "replace")).hexdigest()
    return f"{known[: LONGEST_ADDRESS - _HASH - 1]}-{digest[:_HASH]}"


def _storable(text: str) -> str:
    """Return the text without what PostgreSQL refuses: NUL, and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _ref(given: str) -> str:
    """Return an id that fits its column: a longer one as its hash, for its end counts, too."""
    ref = "".join(one for one in given if one.isprintable()).strip()
    if len(ref) > LONGEST_REF:
        return hashlib.sha256(ref.encode("utf-8", "replace")).hexdigest()
    return ref.encode("utf-8", "replace").decode()
