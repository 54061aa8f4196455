"""Every command_status in one table: what it means for a message, and for the session.

Source: SMPP v3.4 section 5.1.3; the classes follow what carriers were seen to mean by them.
"""

from enum import Enum, auto
from typing import NamedTuple

from flashsms.carriers.contract import Fate

OK = 0x00
INVALID_COMMAND_LENGTH = 0x02
INVALID_COMMAND = 0x03
INVALID_BIND_STATUS = 0x04
INVALID_DESTINATION = 0x0B
BIND_FAILED = 0x0D
INVALID_PASSWORD = 0x0E
QUEUE_FULL = 0x14
THROTTLED = 0x58
TRY_LATER = 0x64  # ESME_RX_T_APPN: a temporary error of the receiver, who wants it again
NEVER_AGAIN = 0x65  # ESME_RX_P_APPN: a permanent one; it must not come again


class Kind(Enum):
    """Whose problem an answer is."""

    THROTTLE = auto()  # ours: slow down
    TEMPORARY = auto()  # theirs: try later
    SESSION = auto()  # the bind's: bind again, the message is not to blame
    CONFIGURATION = auto()  # the operator's: stop and say so
    PERMANENT = auto()  # the message's: it will never go
    VENDOR = auto()  # unknown: try a few times


# Nobody looked at a message that was answered by SESSION or CONFIGURATION: as good as unsent.
_FATES = {
    Kind.THROTTLE: Fate.THROTTLED,
    Kind.TEMPORARY: Fate.BUSY,
    Kind.SESSION: Fate.UNSENT,
    Kind.CONFIGURATION: Fate.UNSENT,
    Kind.PERMANENT: Fate.REFUSED,
    Kind.VENDOR: Fate.BUSY,
}


class Verdict(NamedTuple):
    """What one command_status means, in the words of the product and of a person."""

    kind: Kind
    fate: Fate
    reason: str
    code: str


_REASONS = {
    Kind.THROTTLE: {
        0x14: "The carrier's queue is full.",
        0x58: "The carrier asks to send more slowly.",
    },
    Kind.TEMPORARY: {
        0x08: "The carrier has an internal error.",
        0x45: "The carrier could not submit the message.",
        0x64: "The carrier has a temporary error.",
        0xFE: "The carrier could not deliver the message.",
        0xFF: "The carrier reports an unknown error.",
    },
    Kind.SESSION: {
        0x04: "The carrier does not consider the connection signed in.",
        0x05: "The carrier says that this account is already connected.",
        0x0D: "The carrier refused the sign-in: check the system id and the password.",
    },
    Kind.CONFIGURATION: {
        0x0E: "The carrier refused the sign-in: the password is wrong.",
        0x0F: "The carrier refused the sign-in: the system id is wrong.",
        0x53: "The carrier refused the sign-in: the system type is wrong.",
    },
    Kind.PERMANENT: {
        0x01: "The carrier says that the message has a wrong length.",
        0x02: "The carrier says that the command has a wrong length.",
        0x03: "The carrier does not know this command.",
        0x06: "The carrier does not allow this priority.",
        0x07: "The carrier does not allow a receipt for this message.",
        0x0A: "The carrier does not allow this sender.",
        0x0B: "The carrier says that the number is not valid.",
        0x0C: "The carrier says that the message id is not valid.",
        0x15: "The carrier does not offer this kind of service.",
        0x33: "The carrier says that the number of recipients is not valid.",
        0x40: "The carrier does not allow this kind of submission.",
        0x43: "The carrier does not allow this kind of message.",
        0x44: "The carrier cannot submit to a list.",
        0x48: "The carrier does not allow this type of sender.",
        0x49: "The carrier does not allow this numbering plan of the sender.",
        0x50: "The carrier does not allow this type of number.",
        0x51: "The carrier does not allow this numbering plan of the number.",
        0x61: "The carrier says that the scheduled time is not valid.",
        0x62: "The carrier says that the validity is not valid.",
        0x63: "The carrier does not know this predefined message.",
        0x65: "The carrier rejected the message for good.",
        0x66: "The carrier rejected the message.",
        0xC0: "The carrier says that the optional parameters are not valid.",
        0xC1: "The carrier does not allow an optional parameter.",
        0xC2: "The carrier says that a parameter has a wrong length.",
        0xC3: "The carrier misses a parameter.",
        0xC4: "The carrier says that a parameter has a wrong value.",
    },
}

_KINDS = {status: kind for kind, reasons in _REASONS.items() for status in reasons}
_VENDOR = 0x400


def judge(status: int) -> Verdict:
    """What a command_status other than 0 means; one that nobody defined is tried again."""
    kind = _KINDS.get(status) or (Kind.VENDOR if status >= _VENDOR else Kind.TEMPORARY)
    if 0x48 <= status <= 0x51:
        kind = Kind.PERMANENT
    reason = _REASONS.get(kind, {}).get(status, "The carrier refused with a code of its own.")
    return Verdict(kind, _FATES[kind], reason, f"0x{status:08X}")
