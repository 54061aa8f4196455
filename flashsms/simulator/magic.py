"""What the simulator does, by the last four digits of the number: the one table of it.

Code, tests and documentation read this table. A number whose ending is not in it is delivered.
"""

from dataclasses import dataclass

_SYSTEM_ERROR = 0x08
_INVALID_DESTINATION = 0x0B
_THROTTLED = 0x58

SOON = 0.05  # seconds from the submission to its receipt


@dataclass(frozen=True, slots=True)
class Magic:
    """One behaviour; `what` says it for a reader.

    `refusal` is the command_status of the submission's answer (0 takes it), for good or only the
    `first_time`; `stat` the state in the receipt, empty for none; `copies` how often the receipt
    comes; `late` adds the simulator's long delay; `early` sends it before the submission's answer;
    `hexadecimal` writes the decimal id of the answer in hexadecimal in the receipt.
    """

    what: str
    refusal: int = 0
    first_time: bool = False
    stat: str = "DELIVRD"
    error: int = 0
    copies: int = 1
    late: bool = False
    early: bool = False
    hexadecimal: bool = False


DELIVERED = Magic("delivered")

MAGIC = {
    "0001": DELIVERED,
    "0002": Magic("failed, the network does not know the number", stat="UNDELIV", error=1),
    "0003": Magic("expired, the phone was off", stat="EXPIRED", error=27),
    "0004": Magic("refused at submission, for good", refusal=_INVALID_DESTINATION),
    "0005": Magic("throttled the first time, then delivered", refusal=_THROTTLED, first_time=True),
    "0006": Magic("taken, and never a receipt", stat=""),
    "0007": Magic("delivered, with a late receipt", late=True),
    "0008": Magic("delivered, with the receipt twice", copies=2),
    "0009": Magic("delivered, with the receipt before the submission's answer", early=True),
    "0010": Magic("refused the first time, then delivered", refusal=_SYSTEM_ERROR, first_time=True),
    "0011": Magic("delivered, with a hexadecimal id in the receipt", hexadecimal=True),
}


def behaviour(number: str) -> Magic:
    """What happens to a message to this number."""
    return MAGIC.get(number[-4:], DELIVERED)
