"""In which alphabet a text travels: its data_coding, and the bytes of each of its parts.

Source: SMPP v3.4 section 5.2.19 for the data codings.

The parts are always those of `flashsms.text.segments`, because those are what was charged: a text
in GSM 03.38 is cut at 160 and 153 characters whatever it is written in, any other at 70 and 67.

- `unpacked`: GSM 03.38 with one character a byte (data_coding 0), else UCS-2 (8).
- `packed`: the same with seven bits a character, which few carriers want.
- `latin1`: Latin-1 (3) when that has every character, else UCS-2. A text in GSM 03.38 that Latin-1
  lacks (the euro sign, Greek capitals) would need more parts in UCS-2 than were charged as soon as
  it is longer than 70 characters; then it goes in GSM 03.38.
"""

from typing import NamedTuple

from flashsms.text.segments import Encoding, Segmentation, encode, segment

GSM, LATIN1, UCS2 = 0, 3, 8  # data codings
_CODINGS = {Encoding.GSM7: GSM, Encoding.UCS2: UCS2}
_UCS2_WHOLE, _UCS2_PART = 70, 67


class Written(NamedTuple):
    """A text as bytes; `packs` says that its characters are septets that have to be packed."""

    coding: int
    parts: list[bytes]
    packs: bool = False


def spell(text: str, gsm: str) -> Written:
    """Write a text as the option `gsm` says. Raises ValueError for what no alphabet has."""
    segments = segment(text)
    if gsm == "latin1":
        return _latin1(segments) or _wide(text, segments) or _plain(segments)
    written = _plain(segments)
    return written._replace(packs=gsm == "packed" and written.coding == GSM)


def _plain(segments: Segmentation) -> Written:
    encoding = segments.encoding
    return Written(_CODINGS[encoding], [encode(part, encoding) for part in segments.parts])


def _latin1(segments: Segmentation) -> Written | None:
    try:
        return Written(LATIN1, [part.encode("latin-1") for part in segments.parts])
    except UnicodeEncodeError:
        return None


def _wide(text: str, segments: Segmentation) -> Written | None:
    """GSM 03.38 in UCS-2, when that takes no more parts; none of its characters has surrogates."""
    if segments.encoding is Encoding.UCS2:
        return None
    size = _UCS2_WHOLE if len(text) <= _UCS2_WHOLE else _UCS2_PART
    parts = [text[start : start + size] for start in range(0, len(text), size)]
    if len(parts) > len(segments.parts):
        return None
    return Written(UCS2, [encode(part, Encoding.UCS2) for part in parts])
