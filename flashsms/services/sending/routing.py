"""By which carrier the next batch of a message leaves.

The first carrier in order that is up takes what it may take. Where carriers are for some operators
only, every operator's numbers go to the first that takes them, and those shares have turns.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, select

from flashsms.extensions import db
from flashsms.models import Message, Recipient, now
from flashsms.models.recipient import IS_QUEUED
from flashsms.services.carriers import WayOut, listening
from flashsms.text.phones import OPERATORS, OTHER, ranges

Ready = Callable[[int, str], bool]  # whether the carrier of an id and a URL is up

_EVERYBODY = frozenset(OPERATORS)
_RANGE = 5  # digits of a number that tell the operator it was given to


@dataclass(frozen=True, slots=True)
class Share:
    """A carrier and whose numbers leave by it: of some operators' ranges, None for all."""

    carrier: WayOut
    operators: frozenset[str] | None = None


def choose(message: Message, ticket: int, ways: Sequence[WayOut], ready: Ready) -> Share | None:
    """Return whose turn it is, or None when nothing can leave just now. Leaves no read open."""
    if message.only_carrier_id is not None:
        ways = [one for one in listening() if one.id == message.only_carrier_id and one.url]
        db.session.commit()
    if not any(one.operators for one in ways) or message.only_carrier_id is not None:
        return next((Share(one) for one in ways if ready(one.id, one.url)), None)
    shares = list(_shares(ways, ready))
    if not shares or (len(shares) == 1 and shares[0].operators is None):
        return shares[0] if shares else None
    turned = shares[ticket % len(shares) :] + shares[: ticket % len(shares)]
    found = next((one for one in turned if _has_due(message.id, one)), None)
    db.session.commit()
    covered = frozenset[str]().union(*(one.operators or () for one in shares))
    # With nothing due at all the claim finds out when to look again.
    return found or (turned[0] if covered == _EVERYBODY else None)


def due(message: Any, operators: frozenset[str] | None) -> tuple[ColumnElement[bool], ...]:
    """Return what makes a recipient of a message due, at the bound `moment`."""
    conditions = (
        Recipient.message_id == message,
        IS_QUEUED,
        Recipient.due_at <= bindparam("moment", type_=Recipient.due_at.type),
    )
    return conditions if operators is None else (*conditions, _in_ranges(operators))


def _shares(ways: Sequence[WayOut], ready: Ready) -> Iterator[Share]:
    """Yield for each carrier that is up the operators that no carrier before it takes."""
    left = _EVERYBODY
    for one in ways:
        takes = left & (one.operators or _EVERYBODY)
        if takes and ready(one.id, one.url):
            left -= takes
            yield Share(one, None if takes == _EVERYBODY else takes)


def _has_due(message_id: int, share: Share) -> bool:
    found = select(Recipient.id).where(*due(message_id, share.operators)).limit(1)
    return db.session.scalar(found, {"moment": now()}) is not None


def _in_ranges(operators: frozenset[str]) -> ColumnElement[bool]:
    start = func.substr(Recipient.phone, 1, _RANGE)
    if OTHER in operators:  # whatever is in nobody else's ranges
        return start.not_in(_all_ranges(_EVERYBODY - operators))
    return start.in_(_all_ranges(operators))


def _all_ranges(operators: frozenset[str]) -> list[str]:
    return [begin for name in OPERATORS if name in operators for begin in ranges(name)]
