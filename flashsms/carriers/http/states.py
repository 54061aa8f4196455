"""The words by which providers that are asked say what became of a message.

They hand on what the network reported, so these are the message states of SMPP (version 3.4,
section 5.2.28 and appendix B) in full and in short, and those that only resellers have.
"""

import logging
from functools import lru_cache

from flashsms.carriers.contract import ReceiptState

logger = logging.getLogger(__name__)

_STATES = {
    ReceiptState.DELIVERED: ("delivered", "delivrd"),
    ReceiptState.FAILED: (
        "undelivered",
        "undeliverable",
        "undeliv",
        "failed",
        "expired",
        "deleted",
        "rejected",
        "rejectd",
        "blacklisted",
        "unrouteable",
        "unroutable",
        "nack",
    ),
    ReceiptState.ENROUTE: (
        "enroute",
        "accepted",
        "acceptd",
        "submitted",
        "sent",
        "pending",
        "queued",
        "scheduled",
        "processing",
    ),
    ReceiptState.UNKNOWN: ("unknown",),
}
_BY_WORD = {word: state for state, words in _STATES.items() for word in words}


def state(provider: str, word: object) -> ReceiptState:
    """What a provider's word means; one that is not known changes nothing, and is logged once."""
    said = " ".join(str(word or "").split())[:60]
    return _BY_WORD.get(said.lower().replace(" ", "")) or _unknown(provider, said)


@lru_cache(maxsize=256)
def _unknown(provider: str, word: str) -> ReceiptState:
    logger.warning("%s says %r of a message, and nobody knows what that means", provider, word)
    return ReceiptState.UNKNOWN
