"""Names that pass for another one: MTN and M7N, Telecel and Te1ece1, AirtelTigo and AirteITigo."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

LONGEST_SENDER = 11  # characters of a sender ID; longer names are cut off to fit

_SAME = str.maketrans("0123456789i|!$@", "olzeasgtbglllsa")
_PAIRS = (("rn", "m"), ("vv", "w"))
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^A-Z\s]+|[A-Z]+")  # MyMTN and MTNPay have two
_VOWEL = re.compile(r"[aeiou]", re.IGNORECASE)
_CUT_OFF = 9  # letters of a long name that are enough to know it by
_INSIDE = 5  # letters of a name that is seen wherever it stands
_AHEAD = 3  # letters of a name that is seen at the beginning

# What is put behind a short name that could also begin an ordinary word, as GRA begins Grace.
_ADDED = (
    "agent alert airtime app bank bill bonus bundle card care cash credit customer data gh help "
    "info loan mobile momo money news offer online pay plus portal power prepaid promo refund "
    "reward service shop sms support tax team tech token win"
)
# Words that have nothing to do with a name that they contain.
_ORDINARY = re.compile(r"pineapple|snapple|grapple|dapple", re.IGNORECASE)


@lru_cache(maxsize=4096)
def fold(name: str) -> str:
    """Return the name as its look-alikes are spelt: without case, spaces, marks and accents.

    0 is O, 1, I and | are L, 5 is S, 8 B, 2 Z, 3 E, 4 A, 6 and 9 G, 7 T, RN is M, VV is W.
    """
    plain = unicodedata.normalize("NFKD", name).casefold().translate(_SAME)
    letters = "".join(filter(str.isalnum, plain))
    for pair, one in _PAIRS:
        letters = letters.replace(pair, one)
    return letters


def resembles(name: str, protected_names: Iterable[str]) -> str | None:
    """Return the protected name that a sender ID may be taken for, the longest one, or None.

    It is taken for a name that it equals once both are folded, that is one of its words, that it
    begins with (from three letters on) or contains (from five), or whose beginning is all of it.
    """
    alike = (one for one in protected_names if fold(one) and _is_like(name, one))
    return max(alike, key=lambda one: len(fold(one)), default=None)


def _is_like(name: str, protected: str) -> bool:
    whole, wanted = fold(name), fold(protected)
    if whole == wanted or _is_cut_off(whole, wanted):
        return True
    if len(wanted) < _AHEAD:
        return _has_short_word(name, wanted)
    if any(fold(word) == wanted and not word.isdigit() for word in _words(name)):
        return True
    if len(wanted) >= _INSIDE:
        return wanted in fold(_ORDINARY.sub("", name))
    return whole.startswith(wanted) and _stands_apart(name, protected, wanted)


def _is_cut_off(whole: str, wanted: str) -> bool:
    return len(wanted) > LONGEST_SENDER and len(whole) >= _CUT_OFF and wanted.startswith(whole)


def _has_short_word(name: str, wanted: str) -> bool:
    """Whether one or two letters stand first, or in capitals: "AT Ghana", but not "Eat at Joe"."""
    words = name.split()
    return any(
        fold(word) == wanted and not word.isdigit() and (at == 0 or word.isupper())
        for at, word in enumerate(words)
    )


def _words(name: str) -> set[str]:
    """Return the words as they are divided by spaces, and also those that capitals divide."""
    return {*name.split(), *_WORD.findall(name)}


def _stands_apart(name: str, protected: str, wanted: str) -> bool:
    """Whether a short name at the beginning is meant: MTNoffers and GRAtax, but not Grace."""
    if not _VOWEL.search(protected):
        return True  # no ordinary word begins like that
    ahead, behind = _divided(name, wanted)
    if not behind or not behind[0].isalpha() or ahead[-1].islower() != behind[0].islower():
        return True
    return behind.casefold().startswith(tuple(_ADDED.split()))


def _divided(name: str, wanted: str) -> tuple[str, str]:
    """Return the shortest beginning that is spelt like `wanted`, and the rest."""
    end = next(at for at in range(1, len(name) + 1) if fold(name[:at]) == wanted)
    return name[:end], name[end:]
