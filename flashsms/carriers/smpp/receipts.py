"""What a deliver_sm or data_sm says about a message: optional parameters first, then the text.

Source: SMPP v3.4 section 5.2.28 and appendix B. The appendix is only an example of a format, so
the text is read tolerantly, as carriers were seen to write it: fields in any order and case,
missing, without blanks between, with quotes; `FAILED` and `Delivered` beside the seven letters of
the specification; times with seconds, a century, or as in section 7.1.1.
"""

import re
from datetime import UTC, datetime, timedelta

from flashsms.carriers.contract import Receipt, ReceiptState
from flashsms.carriers.smpp import network_errors
from flashsms.carriers.smpp.pdu import (
    DELIVERY_RECEIPT,
    INTERMEDIATE_NOTICE,
    MESSAGE_PAYLOAD,
    MESSAGE_STATE,
    MESSAGE_TYPE,
    NETWORK_ERROR_CODE,
    RECEIPTED_MESSAGE_ID,
    ShortMessage,
)

MESSAGE_STATES = {
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
    9: "SKIPPED",  # since v5.0
}

_UNDELIVERED = (ReceiptState.FAILED, "The network could not deliver the message.")
_ON_ITS_WAY = (ReceiptState.ENROUTE, "")
_ARRIVED = "DELIVRD", "DELIVERED", "DLVRD"  # nothing longer: DeliveredToNetwork is on its way
_STATES = {  # by how any other spelling begins, the first that fits
    "UNDEL": _UNDELIVERED,
    "NOTDEL": _UNDELIVERED,
    "DELET": (ReceiptState.FAILED, "The carrier deleted the message."),
    "DELAY": _ON_ITS_WAY,
    "EXP": (ReceiptState.FAILED, "The phone could not be reached in time."),
    "REJ": (ReceiptState.FAILED, "The network rejected the message."),
    "SKIP": (ReceiptState.FAILED, "The carrier left the message out."),
    "ENROUTE": _ON_ITS_WAY,
    "ACCEPT": _ON_ITS_WAY,
    "BUFF": _ON_ITS_WAY,
    "SCHED": _ON_ITS_WAY,
    "UNK": (ReceiptState.UNKNOWN, "The carrier does not know what became of the message."),
}
_UNREADABLE = (ReceiptState.UNKNOWN, "The carrier sent a receipt with a state of its own.")

# Nearly all receipts are exactly what the appendix has: they cost a third of a search for fields.
_USUAL = re.compile(
    r"id:([^\s,;|\"'{}:=]+) sub:\d+ dlvrd:\d+ submit date:\d+ done date:(\d+) "
    r"stat:([A-Z]+) err:(\w+)(?: |$)",
    re.ASCII,
)
# Some carriers leave no blank before a name. There a "=" may as well end an id in base64.
_FIELDS = re.compile(
    r"""(?P<apart>(?<![a-z0-9]))?
    (?:(?P<id>(?<![a-z0-9])id)|(?P<stat>stat(?:us)?)|(?P<err>err(?:or)?(?:[ _]?code)?)
    |(?P<done>done[ _]?date)|(?P<other>sub|dlvrd|submit[ _]?date))
    ["']?\s*(?(apart)[:=]|:)""",
    re.IGNORECASE | re.VERBOSE,
)
_QUOTED_TEXT = re.compile(r"(?<![a-z0-9])text[\"']?\s*[:=]|text:", re.IGNORECASE)
_WORD = re.compile(r"[^\s\0,;|\"'{}]+")
_NOT_LETTERS = re.compile("[^A-Z]+")
_NOT_DIGITS = re.compile("[^0-9]+")
_ADDRESS = re.compile(r"[+]?[0-9 .-]{3,}")
_WITH_ZONE = re.compile(r"([0-9]{12})[0-9]([0-9]{2})([+-])")  # section 7.1.1: YYMMDDhhmmsstnnp
_CENTURY = "20"
_SHORTEST_PHONE = 7  # digits
_LONGEST_CODE = 20


def is_receipt(message: ShortMessage) -> bool:
    """Whether the carrier itself speaks here.

    A text that merely looks like a receipt is not one: anybody can send it from a phone.
    """
    kind = message.esm_class & MESSAGE_TYPE
    return kind in (DELIVERY_RECEIPT, INTERMEDIATE_NOTICE) or RECEIPTED_MESSAGE_ID in message.tlvs


def read_receipt(message: ShortMessage) -> Receipt | None:
    """The receipt in a deliver_sm or data_sm, or None when it names no message."""
    fields = _read_text(message)
    carrier_id = _identity(message, fields)
    if not carrier_id:
        return None
    state, reason = _state(message, fields)
    code, cause = _error(message, fields)
    return Receipt(
        carrier_id=carrier_id,
        phone=_phone(message),
        state=state,
        reason=cause if cause and state is ReceiptState.FAILED else reason,
        code=code,
        at=_time(fields.get("done", "")),
    )


def _read_text(message: ShortMessage) -> dict[str, str]:
    """The fields before the quoted text, the first of each name.

    Where the quoted text comes first the fields are behind it, the last of each name.
    """
    data = message.text or message.tlvs.get(MESSAGE_PAYLOAD, b"")
    text = data.decode("utf-16-be" if message.data_coding == 8 else "latin-1", "replace")
    if usual := _USUAL.match(text):
        return {"id": usual[1], "done": usual[2], "stat": usual[3], "err": usual[4]}
    fields = dict(reversed(_fields(_QUOTED_TEXT.split(text, maxsplit=1)[0])))
    return fields if "id" in fields or "stat" in fields else dict(_fields(text))


def _fields(text: str) -> list[tuple[str, str]]:
    """Each name with what stands between it and the next one, those without a value left out."""
    found = list(_FIELDS.finditer(text))
    ends = [*(match.start() for match in found[1:]), len(text)]
    values = [text[match.end() : end] for match, end in zip(found, ends, strict=False)]
    return [
        (str(match.lastgroup), value)
        for match, value in zip(found, values, strict=True)
        if _WORD.search(value)
    ]


def _word(value: str) -> str:
    found = _WORD.search(value)
    return found[0] if found else ""


def _identity(message: ShortMessage, fields: dict[str, str]) -> str:
    named = message.tlvs.get(RECEIPTED_MESSAGE_ID, b"").split(b"\0", 1)[0].decode("latin-1").strip()
    return named or _word(fields.get("id", ""))


def _phone(message: ShortMessage) -> str:
    """The recipient: whom the receipt comes from, but some carriers leave the addresses as sent.

    Where both are numbers a short one is a short code of ours that the message left from.
    """
    both = (message.source, message.destination)
    found = [_NOT_DIGITS.sub("", one) for one in both if _ADDRESS.fullmatch(one)]
    return next((one for one in found if len(one) >= _SHORTEST_PHONE), "".join(found[:1]))


def _state(message: ShortMessage, fields: dict[str, str]) -> tuple[ReceiptState, str]:
    if message.esm_class & MESSAGE_TYPE == INTERMEDIATE_NOTICE:
        return _ON_ITS_WAY
    number = int.from_bytes(message.tlvs.get(MESSAGE_STATE, b""))
    said = _word(fields.get("stat", ""))
    if number not in MESSAGE_STATES and said.isascii() and said.isdecimal():
        number = int(said[:3])
    word = MESSAGE_STATES.get(number) or _NOT_LETTERS.sub("", said.upper())
    if word in _ARRIVED:
        return ReceiptState.DELIVERED, ""
    if "FAIL" in word:  # DELIVERY_FAILED, SUBMIT_FAIL
        return _UNDELIVERED
    meant = (state for start, state in _STATES.items() if word.startswith(start))
    otherwise = _UNDELIVERED if "FAIL" in fields.get("stat", "").upper() else _UNREADABLE
    return next(meant, otherwise)


def _error(message: ShortMessage, fields: dict[str, str]) -> tuple[str, str]:
    """The network's error and what it means; both empty for no error, the second if unknown."""
    code, reason = network_errors.of_parameter(message.tlvs.get(NETWORK_ERROR_CODE, b""))
    if code:
        return code, reason
    written = _word(fields.get("err", ""))[:_LONGEST_CODE]
    if not written.strip("0"):
        return "", ""
    return written, network_errors.of_text(written)


def _time(written: str) -> datetime | None:
    """When it was done; a receipt that names no zone is taken to be in UTC."""
    if len(written) == 10:
        return _moment(_CENTURY + written)
    text = written.strip(" \t\r\n,;|\"'")
    if zoned := _WITH_ZONE.match(text):
        at = _moment(_CENTURY + zoned[1])
        quarters = timedelta(minutes=15 * int(zoned[2]))
        return at and (at - quarters if zoned[3] == "+" else at + quarters)
    digits = re.sub("[-/: T.]", "", text)
    if len(digits) == 12 and digits.startswith(_CENTURY) and (at := _moment(digits)):
        return at
    return _moment(digits if len(digits) == 14 else _CENTURY + digits)


def _moment(digits: str) -> datetime | None:
    """YYYYMMDDhhmm with or without seconds, None for anything else."""
    if len(digits) not in (12, 14) or not (digits.isascii() and digits.isdecimal()):
        return None
    pairs = [int(digits[start : start + 2]) for start in range(4, len(digits), 2)]
    month, day, hour, minute, second = [*pairs, 0][:5]
    try:
        return datetime(int(digits[:4]), month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
