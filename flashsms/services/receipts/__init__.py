"""Receipts: what carriers say later about what they took, applied in batches, never backwards.

A receipt may come before the answer to its submission was stored, twice, late, out of order, with
its id in hexadecimal where the answer was decimal, or for something unknown. What matches nothing
is parked and tried again, never dropped at once. Carriers that do not report by themselves are
asked.
"""

from flashsms.services.receipts.applying import apply
from flashsms.services.receipts.asking import ask_due, expect, wake_due
from flashsms.services.receipts.heard import ref_key
from flashsms.services.receipts.parking import match_parked, retry_parked

__all__ = [
    "apply",
    "ask_due",
    "expect",
    "match_parked",
    "ref_key",
    "retry_parked",
    "wake_due",
]
