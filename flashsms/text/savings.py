"""Why a text is as dear as it is: the characters that GSM-7 lacks, and what to write instead.

One of them halves what fits into a part. Source: 3GPP TS 23.038 for what needs no replacement,
the decompositions of the Unicode Character Database for letters with marks.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from flashsms.text.segments import count_parts, not_gsm7


@dataclass(frozen=True, slots=True)
class Culprit:
    """A character that GSM-7 lacks, as the text has it, and what could stand in its place.

    `character` is one code point, save for what a reader sees as one: a letter written with a
    separate mark that composes with it, an emoji of several. `name` is its lower-case Unicode name
    or "U+XXXX"; `position` is its first place in code points from 0. `replacement` is in GSM-7,
    empty if the character can simply go, None if nothing means the same.
    """

    character: str
    name: str
    count: int
    position: int
    replacement: str | None


@dataclass(frozen=True, slots=True)
class Savings:
    """The culprits in order of first appearance, and `text` with every replacement made.

    `parts_now` and `parts_then` count the SMS parts of the text as given and of `text`.
    """

    culprits: tuple[Culprit, ...]
    text: str
    parts_now: int
    parts_then: int

    @property
    def helps(self) -> bool:
        """Whether replacing makes the message cheaper; a longer replacement may cost instead."""
        return self.parts_then < self.parts_now


# Words and figures that are kept apart from letters, digits and placeholders beside them.
_WORDS = {
    **dict.fromkeys("\u20b5\u00a2", "GHS"),  # the cedi sign, and the cent sign typed for it
    "\u2116": "No",
    "½": "1/2",
    "¼": "1/4",
    "¾": "3/4",
}
_SPELT = _WORDS | {
    # Curly, low, reversed, prime and ornamental quotes, single angles, accents typed as one.
    **dict.fromkeys("`\u00b4\u02b9\u02bb\u02bc\u2018\u2019\u201a\u201b\u2032\u2035", "'"),
    **dict.fromkeys("\u2039\u203a\u275b\u275c", "'"),
    **dict.fromkeys("«»\u02ba\u201c\u201d\u201e\u201f\u2033\u2036\u275d\u275e", '"'),
    **dict.fromkeys("\u301d\u301e\u301f", '"'),
    # Hyphens, dashes and minus; then bullets, the last one that of word processors.
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63", "-"),
    **dict.fromkeys("·•‣\u2043∙◦●○■□▪▫\uf0b7", "-"),
    # Tabs, line and paragraph separators. Other blanks are known by their category.
    "\t": " ",
    "\u2028": "\n",
    "\u2029": "\n",
    # Characters without width: soft hyphen, joiners, direction marks, byte order mark.
    **dict.fromkeys("\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", ""),
    **dict.fromkeys("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", ""),
    # Letters of Ghana and its neighbours that do not decompose.
    **dict(zip("ɛƐɔƆŋŊɖƉđĐƒƑɣƔʋƲ", "eEoOnNdDdDfFgGvV", strict=True)),
    **dict(zip("ʒƷǝƎəƏɩƖʊƱɓƁɗƊƙƘƴƳ", "zZeEeEiIuUbBdDkKyY", strict=True)),
    "œ": "oe",
    "Œ": "OE",
    "™": "TM",
    "©": "(c)",
    "®": "(R)",
    "\u00d7": "x",
    "÷": "/",
}

# Marks that belong to the Latin character before them, and variation selectors. Without the
# overlays U+0335 to U+0338: they negate (an unequal sign is no equals sign) or strike out a price.
_MARKS = (
    "[\u0300-\u0334\u0339-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]"
)
_MARK = re.compile(_MARKS)
_EMOJI = (  # one picture with its style, frame, skin tone or tags
    "[\u2190-\u2bff\U0001f000-\U0001faff]"
    "[\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*"
)
_CHARACTER = re.compile(  # as a reader sees it: a flag, one picture or several joined, any other
    f"(?P<picture>[\U0001f1e6-\U0001f1ff]{{2}}|{_EMOJI}(?:\u200d{_EMOJI})*)|.{_MARKS}*", re.DOTALL
)
_UNSEEN = "\u200d\ufe0f"  # parts of an emoji that its name can do without

# Decompositions that keep the meaning; "<super>" would make a hundred and two of ten squared.
_FAITHFUL = ("", "<compat>", "<font>", "<wide>")
_BRACES = ("{", "}")  # two of them would make a placeholder
_RUN_TOGETHER = re.compile(r"[\w}][\w{]")
# "GH₵50" is as common as "₵50", and must not become "GHGHS 50".
_CEDI_PREFIX = re.compile("(?<![A-Za-z])GHS?$", re.IGNORECASE)

_Find = tuple[int, str, str | None]  # where, what, and what could stand there


def find(text: str) -> Savings:
    """Find what keeps a text out of GSM-7, and write it with every replacement there is.

    A text in GSM-7 has no culprits and comes back as it is; what has no replacement stays.
    """
    finds = [*_finds(text)]
    better = _rewritten(text, finds)
    return Savings(_culprits(finds), better, count_parts(text), count_parts(better))


def replacement(piece: str) -> str | None:
    """Return what could stand in place of a character that GSM-7 lacks, None for nothing."""
    return _spelt(unicodedata.normalize("NFC", piece))


def _finds(text: str) -> Iterator[_Find]:
    for character in _CHARACTER.finditer(text) if _foreign(text) else ():
        for position, piece in _pieces(character):
            if _foreign(piece):
                yield position, piece, replacement(piece)


def _pieces(character: re.Match[str]) -> Iterator[tuple[int, str]]:
    """Keep a picture and a letter that composes whole; other marks stand for themselves."""
    whole = character[0]
    if character["picture"] or len(unicodedata.normalize("NFC", whole)) != len(whole):
        return iter([(character.start(), whole)])
    return enumerate(whole, character.start())


def _foreign(text: str) -> bool:
    return next(not_gsm7(text), None) is not None


def _spelt(characters: str) -> str | None:
    spelt = [_spelt_one(character) for character in characters]
    return None if None in spelt else "".join(filter(None, spelt))


def _spelt_one(character: str) -> str | None:
    if not _foreign(character):
        return character
    if _MARK.match(character):
        return ""
    if unicodedata.category(character) == "Zs":
        return " "
    return _SPELT[character] if character in _SPELT else _decomposed(character)


def _decomposed(character: str) -> str | None:
    codes = unicodedata.decomposition(character).split()
    kind = codes.pop(0) if codes and codes[0].startswith("<") else ""
    if not codes or kind not in _FAITHFUL:
        return None
    spelt = _spelt("".join(chr(int(code, 16)) for code in codes))
    return None if spelt in _BRACES else spelt


def _culprits(finds: list[_Find]) -> tuple[Culprit, ...]:
    counts = Counter(piece for _, piece, _ in finds)
    first = {piece: (position, spelt) for position, piece, spelt in reversed(finds)}
    return tuple(
        Culprit(piece, _name(piece), count, *first[piece]) for piece, count in counts.items()
    )


def _name(piece: str) -> str:
    seen = [character for character in piece if character not in _UNSEEN] or piece
    return " + ".join(
        unicodedata.name(character, "").lower() or f"U+{ord(character):04X}" for character in seen
    )


def _rewritten(text: str, finds: list[_Find]) -> str:
    written, after_word = "", False
    for chunk, is_word in _chunks(text, finds):
        if not chunk:
            continue
        if is_word and chunk == "GHS" and not after_word:
            written = _without_cedi_prefix(written)
        if (is_word or after_word) and _RUN_TOGETHER.fullmatch(written[-1:] + chunk[0]):
            written += " "
        written += chunk
        after_word = is_word
    return written


def _without_cedi_prefix(written: str) -> str:
    prefix = _CEDI_PREFIX.search(written[-4:])  # enough for the prefix and the letter before it
    return written[: -len(prefix[0])] if prefix else written


def _chunks(text: str, finds: list[_Find]) -> Iterator[tuple[str, bool]]:
    """Divide the new text at the replacements, and say which are _WORDS."""
    done = 0
    for position, piece, spelt in finds:
        kept = piece if spelt is None else spelt
        yield text[done:position], False
        yield kept, piece in _WORDS
        done = position + len(piece)
    yield text[done:], False
