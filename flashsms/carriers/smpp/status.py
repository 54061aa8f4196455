"""Every command_status in one table: what it means for a message, for the session, for a person.

Source: SMPP v3.4 section 5.1.3, and v5.0 section 4.7.6 for those from 0x100; the classes follow
what carriers were seen to mean by them. `docs/carriers.md` shows the same table.
"""

from collections.abc import Collection
from enum import StrEnum
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


class Kind(StrEnum):
    """Whose problem an answer is, and in its value what is done about it."""

    THROTTLE = "send more slowly"  # ours
    TEMPORARY = "try again later"  # theirs
    ELSEWHERE = "try another carrier"  # this carrier's: another may take it
    SESSION = "sign in again"  # the bind's: the message is not to blame
    CONFIGURATION = "stop, tell the operator"
    PERMANENT = "fail and refund"  # the message's: it will never go
    VENDOR = "try again a few times"  # the carrier's own: nobody else knows


# Nobody looked at a message that was answered by SESSION or CONFIGURATION: as good as unsent.
_FATES = {
    Kind.THROTTLE: Fate.THROTTLED,
    Kind.TEMPORARY: Fate.BUSY,
    Kind.ELSEWHERE: Fate.ELSEWHERE,
    Kind.SESSION: Fate.UNSENT,
    Kind.CONFIGURATION: Fate.UNSENT,
    Kind.PERMANENT: Fate.REFUSED,
    Kind.VENDOR: Fate.BUSY,
}


class Meaning(NamedTuple):
    """One line of the table: the name in the specification, the class, what a user reads."""

    name: str
    kind: Kind
    reason: str


class Verdict(NamedTuple):
    """What one command_status means, in the words of the product and of a person."""

    kind: Kind
    fate: Fate
    reason: str
    code: str


_THROTTLE, _TEMPORARY, _ELSEWHERE = Kind.THROTTLE, Kind.TEMPORARY, Kind.ELSEWHERE
_SESSION, _CONFIGURATION, _PERMANENT = Kind.SESSION, Kind.CONFIGURATION, Kind.PERMANENT

MEANINGS = {
    status: Meaning(f"ESME_{name}", kind, f"The carrier {reason}.")
    for status, name, kind, reason in (
        (0x01, "RINVMSGLEN", _PERMANENT, "says that the message has a wrong length"),
        (0x02, "RINVCMDLEN", _PERMANENT, "says that the command has a wrong length"),
        (0x03, "RINVCMDID", _PERMANENT, "does not know this command"),
        (0x04, "RINVBNDSTS", _SESSION, "does not consider the connection signed in"),
        (0x05, "RALYBND", _SESSION, "says that this account is already connected"),
        (0x06, "RINVPRTFLG", _PERMANENT, "does not allow this priority"),
        (0x07, "RINVREGDLVFLG", _ELSEWHERE, "does not allow a receipt for this message"),
        (0x08, "RSYSERR", _TEMPORARY, "has an internal error"),
        (0x0A, "RINVSRCADR", _ELSEWHERE, "does not allow this sender"),
        (0x0B, "RINVDSTADR", _PERMANENT, "says that the number is not valid"),
        (0x0C, "RINVMSGID", _PERMANENT, "says that the message id is not valid"),
        (
            0x0D,
            "RBINDFAIL",
            _SESSION,
            "refused the sign-in: check the system id and the password",
        ),
        (0x0E, "RINVPASWD", _CONFIGURATION, "refused the sign-in: the password is wrong"),
        (0x0F, "RINVSYSID", _CONFIGURATION, "refused the sign-in: the system id is wrong"),
        (0x11, "RCANCELFAIL", _PERMANENT, "could not cancel the message"),
        (0x13, "RREPLACEFAIL", _PERMANENT, "could not replace the message"),
        (0x14, "RMSGQFUL", _THROTTLE, "has no room in its queue"),
        (0x15, "RINVSERTYP", _ELSEWHERE, "does not offer this kind of service"),
        (0x33, "RINVNUMDESTS", _PERMANENT, "says that the number of recipients is not valid"),
        (0x34, "RINVDLNAME", _PERMANENT, "does not know this list of recipients"),
        (0x40, "RINVDESTFLAG", _PERMANENT, "does not allow this kind of submission"),
        (0x42, "RINVSUBREP", _PERMANENT, "does not allow one message to replace another"),
        (0x43, "RINVESMCLASS", _PERMANENT, "does not allow this kind of message"),
        (0x44, "RCNTSUBDL", _PERMANENT, "cannot submit to a list"),
        (0x45, "RSUBMITFAIL", _TEMPORARY, "could not submit the message"),
        (0x48, "RINVSRCTON", _PERMANENT, "does not allow this type of sender"),
        (0x49, "RINVSRCNPI", _PERMANENT, "does not allow this numbering plan of the sender"),
        (0x50, "RINVDSTTON", _PERMANENT, "does not allow this type of number"),
        (0x51, "RINVDSTNPI", _PERMANENT, "does not allow this numbering plan of the number"),
        (0x53, "RINVSYSTYP", _CONFIGURATION, "refused the sign-in: the system type is wrong"),
        (0x54, "RINVREPFLAG", _PERMANENT, "does not allow this instruction to replace a message"),
        (0x55, "RINVNUMMSGS", _PERMANENT, "says that the number of messages is not valid"),
        (0x58, "RTHROTTLED", _THROTTLE, "asks to send more slowly"),
        (0x61, "RINVSCHED", _PERMANENT, "says that the scheduled time is not valid"),
        (0x62, "RINVEXPIRY", _PERMANENT, "says that the validity is not valid"),
        (0x63, "RINVDFTMSGID", _PERMANENT, "does not know this predefined message"),
        (0x64, "RX_T_APPN", _TEMPORARY, "has a temporary error"),
        (0x65, "RX_P_APPN", _PERMANENT, "rejected the message for good"),
        (0x66, "RX_R_APPN", _PERMANENT, "rejected the message"),
        (0x67, "RQUERYFAIL", _TEMPORARY, "could not look the message up"),
        (0xC0, "RINVOPTPARSTREAM", _PERMANENT, "says that the optional parameters are not valid"),
        (0xC1, "ROPTPARNOTALLWD", _PERMANENT, "does not allow an optional parameter"),
        (0xC2, "RINVPARLEN", _PERMANENT, "says that a parameter has a wrong length"),
        (0xC3, "RMISSINGOPTPARAM", _PERMANENT, "misses a parameter"),
        (0xC4, "RINVOPTPARAMVAL", _PERMANENT, "says that a parameter has a wrong value"),
        (0xFE, "RDELIVERYFAILURE", _TEMPORARY, "could not deliver the message"),
        (0xFF, "RUNKNOWNERR", _TEMPORARY, "reports an unknown error"),
        (0x100, "RSERTYPUNAUTH", _ELSEWHERE, "does not allow us this kind of service"),
        (0x101, "RPROHIBITED", _ELSEWHERE, "does not allow us to send this way"),
        (0x102, "RSERTYPUNAVAIL", _TEMPORARY, "cannot offer this kind of service at the moment"),
        (0x103, "RSERTYPDENIED", _ELSEWHERE, "denied this kind of service"),
        (0x104, "RINVDCS", _ELSEWHERE, "does not take this alphabet"),
        (0x105, "RINVSRCADDRSUBUNIT", _PERMANENT, "does not allow this part of the sender"),
        (0x106, "RINVDSTADDRSUBUNIT", _PERMANENT, "does not allow this part of the number"),
        (0x107, "RINVBCASTFREQINT", _PERMANENT, "does not allow this interval of a broadcast"),
        (0x108, "RINVBCASTALIAS_NAME", _PERMANENT, "does not know this name of a broadcast"),
        (0x109, "RINVBCASTAREAFMT", _PERMANENT, "cannot read the area of a broadcast"),
        (0x10A, "RINVNUMBCAST_AREAS", _PERMANENT, "does not allow this many broadcast areas"),
        (0x10B, "RINVBCASTCNTTYPE", _PERMANENT, "does not allow this content of a broadcast"),
        (0x10C, "RINVBCASTMSGCLASS", _PERMANENT, "does not allow this class of broadcast"),
        (0x10D, "RBCASTFAIL", _TEMPORARY, "could not broadcast the message"),
        (0x10E, "RBCASTQUERYFAIL", _TEMPORARY, "could not look the broadcast up"),
        (0x10F, "RBCASTCANCELFAIL", _PERMANENT, "could not cancel the broadcast"),
        (0x110, "RINVBCAST_REP", _PERMANENT, "does not allow this many repeats of a broadcast"),
        (0x111, "RINVBCASTSRVGRP", _PERMANENT, "does not know this group of broadcast services"),
        (0x112, "RINVBCASTCHANIND", _PERMANENT, "does not know this broadcast channel"),
    )
}

_VENDOR = 0x400
_RESERVED_TYPES = range(0x48, 0x52)  # between the types of address: seen for the same complaints
_UNCERTAIN = (Kind.TEMPORARY, Kind.ELSEWHERE, Kind.VENDOR)  # what the operator may know better
_OWN = "The carrier refused with a code of its own."


def judge(status: int, permanent: Collection[int] = frozenset()) -> Verdict:
    """What a command_status other than 0 means.

    `permanent` are those of this carrier that another try is known not to change. One that nobody
    defined is tried again.
    """
    meaning = MEANINGS.get(status) or Meaning("", _undefined(status), _OWN)
    final = status in permanent and meaning.kind in _UNCERTAIN
    kind = Kind.PERMANENT if final else meaning.kind
    return Verdict(kind, _FATES[kind], meaning.reason, f"0x{status:08X}")


def _undefined(status: int) -> Kind:
    if status in _RESERVED_TYPES:
        return Kind.PERMANENT
    return Kind.VENDOR if status >= _VENDOR else Kind.TEMPORARY
