"""What a deliver_sm says about a message: optional parameters first, then the text.

Source: SMPP v3.4 section 5.2.28 and appendix B. The appendix is only an example of a format, so
the text is read tolerantly: any order, any case, any part missing.
"""

import re
from datetime import UTC, datetime

from flashsms.carriers.contract import Receipt, ReceiptState
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
}

_STATES = {
    "DELIVRD": (ReceiptState.DELIVERED, ""),
    "EXPIRED": (ReceiptState.FAILED, "The phone could not be reached in time."),
    "DELETED": (ReceiptState.FAILED, "The carrier deleted the message."),
    "UNDELIV": (ReceiptState.FAILED, "The network could not deliver the message."),
    "REJECTD": (ReceiptState.FAILED, "The network rejected the message."),
    "ENROUTE": (ReceiptState.ENROUTE, ""),
    "ACCEPTD": (ReceiptState.ENROUTE, ""),
    "UNKNOWN": (ReceiptState.UNKNOWN, "The carrier does not know what became of the message."),
}
_UNREADABLE = (ReceiptState.UNKNOWN, "The carrier sent a receipt with a state of its own.")

# A field left empty must not take the name of the next one for its value.
_FIELDS = re.compile(
    r"\b(id|stat|err|done ?date)\s*[:=]\s*(?!(?:sub|dlvrd|submit|done|stat|err|text)\b)(\S+)",
    re.IGNORECASE,
)
_QUOTED_TEXT = re.compile(r"\btext\s*[:=]", re.IGNORECASE)
_NOT_DIGITS = re.compile("[^0-9]+")


def is_receipt(message: ShortMessage) -> bool:
    """Whether the carrier itself speaks here.

    A text that merely looks like a receipt is not one: anybody can send it from a phone.
    """
    kind = message.esm_class & MESSAGE_TYPE
    return kind in (DELIVERY_RECEIPT, INTERMEDIATE_NOTICE) or RECEIPTED_MESSAGE_ID in message.tlvs


def read_receipt(message: ShortMessage) -> Receipt | None:
    """The receipt in a deliver_sm, or None when it names no message."""
    fields = _read_text(message)
    carrier_id = _identity(message, fields)
    if not carrier_id:
        return None
    state, reason = _state(message, fields)
    return Receipt(
        carrier_id=carrier_id,
        phone=_NOT_DIGITS.sub("", message.source),
        state=state,
        reason=reason,
        code=_code(message, fields),
        at=_time(fields.get("donedate", "")),
    )


def _read_text(message: ShortMessage) -> dict[str, str]:
    """The fields before the quoted text, the first of each name."""
    data = message.text or message.tlvs.get(MESSAGE_PAYLOAD, b"")
    text = data.decode("utf-16-be" if message.data_coding == 8 else "latin-1", "replace")
    head = _QUOTED_TEXT.split(text, maxsplit=1)[0]
    found = reversed(_FIELDS.findall(head))
    return {name.lower().replace(" ", ""): value for name, value in found}


def _identity(message: ShortMessage, fields: dict[str, str]) -> str:
    named = message.tlvs.get(RECEIPTED_MESSAGE_ID, b"").rstrip(b"\0").decode("latin-1").strip()
    return named or fields.get("id", "")


def _state(message: ShortMessage, fields: dict[str, str]) -> tuple[ReceiptState, str]:
    if message.esm_class & MESSAGE_TYPE == INTERMEDIATE_NOTICE:
        return _STATES["ENROUTE"]
    number = int.from_bytes(message.tlvs.get(MESSAGE_STATE, b""))
    word = MESSAGE_STATES.get(number) or fields.get("stat", "").upper()[:7]
    return _STATES.get(word, _UNREADABLE)


def _code(message: ShortMessage, fields: dict[str, str]) -> str:
    """The network's error, as three digits or as the carrier wrote it; empty for no error."""
    network_error = message.tlvs.get(NETWORK_ERROR_CODE, b"")[1:3]
    code = f"{int.from_bytes(network_error):03d}" if network_error else fields.get("err", "")
    return code if code.strip("0") else ""


def _time(text: str) -> datetime | None:
    """YYMMDDhhmm with or without seconds, or with a century; a receipt names no zone: UTC."""
    digits = text if len(text) == 14 else f"20{text}"
    if len(digits) not in (12, 14) or not digits.isdecimal():
        return None
    pairs = [int(digits[start : start + 2]) for start in range(4, len(digits), 2)]
    month, day, hour, minute, second = [*pairs, 0][:5]
    try:
        return datetime(int(digits[:4]), month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
