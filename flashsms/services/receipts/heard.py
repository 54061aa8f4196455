"""A final receipt, as it is looked up and stored."""

import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flashsms.carriers.contract import Receipt, ReceiptState
from flashsms.models import RecipientStatus
from flashsms.text.phones import normalise
from flashsms.text.printable import printable

_FINAL = {
    ReceiptState.DELIVERED: RecipientStatus.DELIVERED,
    ReceiptState.FAILED: RecipientStatus.FAILED,
}

NATIONAL = 9  # digits of a Ghana number without its country


@dataclass(frozen=True, slots=True)
class Heard:
    """A final receipt under the id that it is looked up by (`ref_key`).

    `at` is when it came, None if that is just now.
    """

    ref: str
    phone: str
    status: RecipientStatus
    reason: str | None
    at: datetime | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from the others: an id may be given again, to another number."""
        return self.ref, self.phone[-NATIONAL:]

    def may_be(self, phone: str) -> bool:
        """Whether it may speak of this number; carriers write it with the country's code or not."""
        return not self.phone or self.phone[-NATIONAL:] == phone[-NATIONAL:]


def final(receipts: Iterable[Receipt]) -> list[Heard]:
    """Return the final receipts; of several about one id and number the first counts."""
    heard: dict[tuple[str, str], Heard] = {}
    for one in filter(None, map(hear, receipts)):
        heard.setdefault(one.key, one)
    return list(heard.values())


def hear(receipt: Receipt) -> Heard | None:
    """Return a receipt as it is looked up, None if it is not final."""
    status = _FINAL.get(receipt.state)
    if status is None:
        return None
    return Heard(ref_key(receipt.carrier_id), _number(receipt.phone), status, _why(receipt))


def _number(phone: str) -> str:
    """Return a carrier's spelling of a number as ours, or as it is: some write a sender's name."""
    bare = printable(phone)
    return (normalise(bare) or bare.removeprefix("+").removeprefix("00"))[:15]


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
