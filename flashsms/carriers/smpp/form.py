"""What follows the addresses in a submit_sm: settings and text, prepared once for each text.

Source: SMPP v3.4 sections 4.4.1 (submit_sm), 5.3.2 (optional parameters) and 7.1.1 (times), and
3GPP TS 23.040 section 9.2.3.24.1 (the header of concatenated messages).
"""

import struct
from typing import NamedTuple

from flashsms.carriers.options import CarrierOptions
from flashsms.carriers.smpp.letters import Written, spell
from flashsms.carriers.smpp.pdu import (
    MESSAGE_PAYLOAD,
    SAR_NUMBER,
    SAR_REFERENCE,
    SAR_TOTAL,
    UDH_INDICATOR,
    encode_tlvs,
)
from flashsms.carriers.smpp.septets import fill_bits, pack

_MOST_PARTS = 255
_HEADER = bytes((5, 0, 3))  # then reference, total and number, a byte each
_HEADER_SIZE = 6
_SAR_HEAD = struct.pack(">HH", SAR_REFERENCE, 2)
_LONGEST_VALIDITY = 31 * 86400  # seconds


class Form(NamedTuple):
    """One text, ready for any number of recipients.

    `only` is all there is when one submit_sm takes it. Otherwise the message's own reference, of
    `reference` bytes, goes between the two halves of each of the `parts`.
    """

    text: str
    seconds: int
    only: bytes
    parts: tuple[tuple[bytes, bytes], ...] = ()
    reference: int = 1


def form(text: str, seconds: int, options: CarrierOptions) -> Form:
    """Prepare a text that is worth delivering for `seconds`, 0 for as long as the carrier likes.

    Raises ValueError with a sentence for a text that cannot be sent.
    """
    written = spell(text, options.gsm)
    count = len(written.parts)
    if count > _MOST_PARTS:
        raise ValueError(f"The text is too long: {count} parts, at most {_MOST_PARTS}.")
    settings = _settings(options, seconds, written.coding)
    if count == 1:
        return Form(text, seconds, b"\0" + settings + _short(_packed(written)[0]))
    if options.long == "payload":
        whole = _packed(written._replace(parts=[b"".join(written.parts)]))[0]
        tail = b"\0" + settings + _short(b"") + encode_tlvs({MESSAGE_PAYLOAD: whole})
        return Form(text, seconds, tail)
    if options.long == "sar":
        return Form(text, seconds, b"", _sar(settings, _packed(written)), reference=2)
    return Form(text, seconds, b"", _udh(settings, _packed(written, _HEADER_SIZE)))


def relative_time(seconds: int) -> str:
    """A time from now, as SMPP writes it; empty for 0. More than 31 days are 31."""
    if seconds <= 0:
        return ""
    minutes, second = divmod(min(seconds, _LONGEST_VALIDITY), 60)
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    return f"0000{day:02}{hour:02}{minute:02}{second:02}000R"


def _settings(options: CarrierOptions, seconds: int, coding: int) -> bytes:
    """From protocol_id to sm_default_msg_id; never a schedule, which is the services' own."""
    validity = relative_time(seconds).encode("ascii")
    head = bytes((0, options.priority)) + b"\0" + validity + b"\0"
    return head + bytes((options.receipts, 0, coding, 0))


def _packed(written: Written, header: int = 0) -> list[bytes]:
    if not written.packs:
        return written.parts
    return [pack(part, fill_bits(header)) for part in written.parts]


def _short(text: bytes) -> bytes:
    return bytes((len(text),)) + text


def _udh(settings: bytes, parts: list[bytes]) -> tuple[tuple[bytes, bytes], ...]:
    head = bytes((UDH_INDICATOR,)) + settings
    return tuple(
        (
            head + bytes((_HEADER_SIZE + len(part),)) + _HEADER,
            bytes((len(parts), number)) + part,
        )
        for number, part in enumerate(parts, 1)
    )


def _sar(settings: bytes, parts: list[bytes]) -> tuple[tuple[bytes, bytes], ...]:
    total = bytes((len(parts),))
    return tuple(
        (
            b"\0"
            + settings
            + _short(part)
            + encode_tlvs({SAR_TOTAL: total, SAR_NUMBER: bytes((number,))})
            + _SAR_HEAD,
            b"",
        )
        for number, part in enumerate(parts, 1)
    )
