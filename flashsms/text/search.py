"""What a search compares: names without case, numbers in any form that people type."""

import re
import unicodedata

_TYPED_NUMBER = re.compile(r"\+?[0-9 ().\-/\u00a0\u2010-\u2015\u2212]*[0-9][0-9 ().\-/\u00a0]*")
_NOT_DIGIT = re.compile(r"[^0-9]")
_NATIONAL_ZERO = re.compile(r"^((?:00)?233)0")  # that "+233 (0) 24 ..." keeps


def fold(text: str) -> str:
    """Return the text as it is compared: composed, without case, runs of blanks as one."""
    composed = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    return " ".join(composed.split())


def key(phone: str, *names: str | None) -> str:
    """Return the text that a contact is found by: its names on one line, its number below.

    `phone` is digits. No term spans two lines, so a name and a number never match together.
    """
    return fold(" ".join(filter(None, names))) + "\n" + phone


def terms(typed: str) -> tuple[str, ...]:
    """Return the texts of which one must be in a contact's key; none for a blank search.

    A typed number may begin with +, 00 or 0, and have blanks and marks between its digits:
    `024 412`, `+233 24 412` and `24412` all find 233244123456. Digits within names are found too.
    """
    folded = fold(typed)
    found = [folded] if folded else []
    if folded and _TYPED_NUMBER.fullmatch(folded):
        digits = _NOT_DIGIT.sub("", folded)
        digits = _NATIONAL_ZERO.sub(r"\1", digits)
        found.append(digits)
        if digits.startswith("00") and len(digits) > 2:
            found.append("\n" + digits[2:])
        elif digits.startswith("0") and len(digits) > 1:
            found.append("\n233" + digits[1:])
        elif folded.startswith("+"):
            found = ["\n" + digits]
    return tuple(dict.fromkeys(found))
