"""What a person wrote, in a deliver_sm or data_sm: the text, and which part of a longer one it is.

Whatever arrives becomes a text that can be read and stored: what cannot be decoded is shown as
U+FFFD, since half a text is better than none.

Source: SMPP v3.4 section 5.2.19 (data_coding), 3GPP TS 23.038 section 4 (the same byte as networks
use it from 0x10), 3GPP TS 23.040 section 9.2.3.24 (the header before the text).
"""

import re
from collections.abc import Iterator

from flashsms.carriers.contract import Inbound, TextPart
from flashsms.carriers.smpp.pdu import (
    MESSAGE_PAYLOAD,
    MESSAGE_TYPE,
    SAR_NUMBER,
    SAR_REFERENCE,
    SAR_TOTAL,
    UDH_INDICATOR,
    ShortMessage,
)
from flashsms.carriers.smpp.septets import fill_bits, unpack
from flashsms.text.segments import Encoding, decode

UNREADABLE = "\ufffd"

_CODECS = {  # by data_coding; any other one is of the network's kind
    1: "ascii",
    2: "latin-1",  # bytes, which is as good as anything
    3: "latin-1",
    4: "latin-1",
    5: "shift_jis",
    6: "iso8859_5",
    7: "iso8859_8",
    8: "utf-16-be",
    9: "latin-1",
    10: "iso2022_jp",
    13: "shift_jis",
    14: "euc_kr",
}
_LITTLE_ENDIAN = b"\xff\xfe"
_CONCATENATED, _CONCATENATED_16 = 0x00, 0x08  # elements of the header before the text
_NO_SEPTETS = re.compile(rb"\x1b?[\x80-\xff]")
_NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_ADDRESS = re.compile(r"[+]?[0-9 .()-]+")
_NOT_DIGITS = re.compile("[^0-9]+")
_LONGEST_ADDRESS = 20


def is_text(message: ShortMessage) -> bool:
    """Whether a person speaks: neither a receipt nor what a phone acknowledges by itself."""
    return message.esm_class & MESSAGE_TYPE == 0


def read_text(message: ShortMessage, *, packed: bool = False) -> Inbound:
    """The text, from whom and to which number of ours. Never fails.

    `packed` says that the carrier's plain texts have seven bits a character.
    """
    data = message.text or message.tlvs.get(MESSAGE_PAYLOAD, b"")
    part, fill = _by_parameters(message), 0
    if message.esm_class & UDH_INDICATOR and data and data[0] < len(data):
        header, data = data[1 : 1 + data[0]], data[1 + data[0] :]
        part, fill = _by_header(header) or part, fill_bits(1 + len(header))
    if packed and not _codec(message.data_coding):
        data = unpack(data, fill)
    return Inbound(
        phone=_address(message.source),
        number=_address(message.destination),
        text=clean(_decode(data, message.data_coding)),
        part=part,
    )


def clean(text: str) -> str:
    """The text without what no database and no page can take: control characters, half characters.

    Lines may end as they like; NULs that fill up a field are dropped.
    """
    lines = text.rstrip("\0").replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")
    return _NO_TEXT.sub(UNREADABLE, lines)


def _address(written: str) -> str:
    """Digits where it is a number, else the name that it is."""
    if _ADDRESS.fullmatch(written) and (digits := _NOT_DIGITS.sub("", written)):
        return digits[:_LONGEST_ADDRESS]
    return "".join(character for character in written if character.isprintable())[:_LONGEST_ADDRESS]


def _decode(data: bytes, coding: int) -> str:
    codec = _codec(coding)
    if codec == "utf-16-be" and data.startswith(_LITTLE_ENDIAN):
        codec = "utf-16"
    return data.decode(codec, "replace") if codec else _decode_gsm(data)


def _codec(coding: int) -> str:
    """The codec of a data_coding; empty for the GSM alphabet, which Python has none for."""
    return _CODECS.get(coding) or _network_codec(coding)


def _network_codec(coding: int) -> str:
    """What networks mean by a byte that SMPP leaves to them; empty for the GSM alphabet."""
    group = coding >> 4
    if group == 0xF:  # bit 2 alone tells the alphabet
        return "latin-1" if coding & 0x04 else ""
    if group == 0xE:
        return "utf-16-be"
    if 1 <= group <= 7:
        return {0x04: "latin-1", 0x08: "utf-16-be"}.get(coding & 0x0C, "")
    return ""


def _decode_gsm(data: bytes) -> str:
    return UNREADABLE.join(_decode_septets(piece) for piece in _NO_SEPTETS.split(data))


def _decode_septets(data: bytes) -> str:
    try:
        return decode(data, Encoding.GSM7)
    except ValueError:  # an escape at the end, with nothing to escape
        return decode(data[:-1], Encoding.GSM7) + UNREADABLE


# --- parts of longer texts


def _by_header(header: bytes) -> TextPart | None:
    """The part that a user data header tells; elements of other kinds are skipped."""
    for kind, value in _elements(header):
        if kind == _CONCATENATED and len(value) == 3:
            return _part(value[0], value[1], value[2])
        if kind == _CONCATENATED_16 and len(value) == 4:
            return _part(int.from_bytes(value[:2]), value[2], value[3])
    return None


def _elements(header: bytes) -> Iterator[tuple[int, bytes]]:
    offset = 0
    while offset + 2 <= len(header):
        kind, start = header[offset], offset + 2
        offset = start + header[offset + 1]
        if offset <= len(header):
            yield kind, header[start:offset]


def _by_parameters(message: ShortMessage) -> TextPart | None:
    if not message.tlvs.keys() >= {SAR_REFERENCE, SAR_TOTAL, SAR_NUMBER}:
        return None
    reference, total, number = (
        int.from_bytes(message.tlvs[tag][:2]) for tag in (SAR_REFERENCE, SAR_TOTAL, SAR_NUMBER)
    )
    return _part(reference, total, number)


def _part(reference: int, total: int, number: int) -> TextPart | None:
    """The part, None for the only one and for numbers that make no sense."""
    sensible = 1 < total <= 255 and 1 <= number <= total
    return TextPart(reference, number, total) if sensible else None
