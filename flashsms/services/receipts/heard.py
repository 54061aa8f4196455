"""A final receipt, as it is looked up and stored."""

import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flashsms.carriers.contract import Receipt, ReceiptState
from flashsms.models import RecipientStatus
from flashsms.text.printable import printable

_FINAL = {
    ReceiptState.DELIVERED: RecipientStatus.DELIVERED,
    ReceiptState.FAILED: RecipientStatus.FAILED,
}

NATIONAL = 9  # digits of a Ghana number without its country


@dataclass(frozen=True, slots=True)
class Heard:
    """A final receipt under the id that it is looked up by (`ref_key`)."""

    ref: str
    phone: str
    status: RecipientStatus
    reason: str | None

    def may_be(self, phone: str) -> bool:
        """Whether it may speak of this number; carriers write it with the country's code or not."""
        return not self.phone or self.phone[-NATIONAL:] == phone[-NATIONAL:]


def final(receipts: Iterable[Receipt]) -> dict[str, Heard]:
    """Return the final receipts by the id they are looked up by; of several the first counts."""
    heard: dict[str, Heard] = {}
    for receipt in receipts:
        status = _FINAL.get(receipt.state)
        if status is not None:
            ref, phone = ref_key(receipt.carrier_id), printable(receipt.phone)[:15]
            heard.setdefault(ref, Heard(ref, phone, status, _why(receipt)))
    return heard


def speaks_of_another(receipt: Receipt, heard: Mapping[str, Heard]) -> bool:
    """Whether a final receipt was left out of `heard` although it names another number."""
    if receipt.state not in _FINAL or not receipt.phone:
        return False
    return not heard[ref_key(receipt.carrier_id)].may_be(printable(receipt.phone)[:15])


def ref_key(carrier_ref: str) -> str:
    """Return a carrier's message id as it is compared.

    Numbers, decimal or hexadecimal, are written with and without leading zeros and in either case;
    any other id is compared as it is.
    """
    key = printable(carrier_ref).strip()
    if is_hexadecimal(key):
        key = key.lower().lstrip("0") or "0"
    return key[:64]


def is_hexadecimal(ref: str) -> bool:
    """Return whether an id may be a number in hexadecimal (as a decimal one may, too)."""
    return bool(ref) and all(digit in string.hexdigits for digit in ref)


def without(heard: Mapping[str, Heard], refs: Iterable[str | None]) -> dict[str, Heard]:
    """Return what was heard but for these ids."""
    gone = set(refs)
    return {ref: one for ref, one in heard.items() if ref not in gone}


def _why(receipt: Receipt) -> str | None:
    if receipt.state is ReceiptState.DELIVERED:
        return None
    reason = f"{receipt.reason} ({receipt.code})" if receipt.code else receipt.reason
    return printable(reason)[:200] or "Not delivered."
