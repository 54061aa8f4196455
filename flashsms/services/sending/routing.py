"""By which carrier the next batch of a message leaves.

The carriers are tried by priority. Those of one priority share the batches in proportion to their
weights: each batch draws an order of its own from the message and its ticket, so that small
messages are spread, too, and whoever is down leaves its part to the others. The first in order that
is up takes what it may take. Where carriers are for some operators only, every operator's numbers
go to the first that takes them, and those shares have turns.

A recipient that a carrier refused for its own reasons leaves by another one or not at all, and one
that it refused twice for the moment leaves by another one if there is one: such recipients are the
`spare` shares of the other carriers, which have every fourth turn.
"""

import hashlib
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, bindparam, func, or_, select

from flashsms.extensions import db
from flashsms.models import Message, Recipient, now
from flashsms.models.recipient import IS_QUEUED
from flashsms.services.carriers import WayOut, listening
from flashsms.text.phones import OPERATORS, OTHER, ranges

Ready = Callable[[int, str], bool]  # whether the carrier of an id and a URL is up

PATIENCE = 2  # times that a carrier may say "not now" before another one is preferred
REMEMBERED = 2.0  # seconds for which a share that has nothing due is looked at last
SPARE_TURN = 4  # every how many turns those that were refused elsewhere go first

_EVERYBODY = frozenset(OPERATORS)
_RANGE = 5  # digits of a number that tell the operator it was given to
_REFUSALS = Recipient.carrier_ref  # while it is QUEUED: by whom, see `refused_by`
_MOST_REMEMBERED = 5_000  # shares
_ROOM = 64  # characters in that column


@dataclass(frozen=True, slots=True)
class Share:
    """A carrier and whose numbers leave by it: of some operators' ranges, None for all.

    With `others` another carrier that is up takes all of them, too: it gets those that this one
    refused repeatedly. A `spare` share is of those alone that other carriers refused.
    """

    carrier: WayOut
    operators: frozenset[str] | None = None
    others: bool = False
    spare: bool = False


def choose(message: Message, ticket: int, ways: Sequence[WayOut], ready: Ready) -> Share | None:
    """Return whose turn it is, or None when nothing can leave just now. Leaves no read open."""
    if message.only_carrier_id is not None:
        ways = [one for one in listening() if one.id == message.only_carrier_id and one.url]
        if message.from_number:  # an answer; only an operator's test leaves by one that is paused
            ways = [one for one in ways if one.is_used]
        db.session.commit()
        return next((Share(one) for one in ways if ready(one.id, one.dialled)), None)
    if not any(one.operators for one in ways) and len(ways) == 1:
        return next((Share(one) for one in ways if ready(one.id, one.dialled)), None)
    up = [one for one in _drawn(ways, message.id, ticket) if ready(one.id, one.dialled)]
    shares = list(_shares(up))
    if not shares:
        return None
    turned = shares[ticket % len(shares) :] + shares[: ticket % len(shares)]
    spares = [replace(_whole(one, up), spare=True) for one in up] if len(ways) > 1 else []
    order = [*spares, *turned] if ticket % SPARE_TURN == 0 else [*turned, *spares]
    found = _first_due(message, order)
    rested = found or _for_nothing(message, turned)
    db.session.commit()
    return rested


def due(
    message: Any, operators: frozenset[str] | None, *, others: bool, spare: bool
) -> tuple[ColumnElement[bool], ...]:
    """Return what makes a recipient of a message due for a `Share`, by whatever carrier.

    Bound is what `bound` returns.
    """
    conditions = [*_queued(message), or_(_REFUSALS.is_(None), ~_REFUSALS.contains(_mark()))]
    if spare:
        conditions += [_is_refused(), Recipient.due_at > bindparam("start", type_=_moment())]
    if others:
        conditions.append(
            or_(Recipient.refusals < PATIENCE, Recipient.carrier_id != bindparam("carrier"))
        )
    if operators is not None:
        conditions.append(_in_ranges(operators))
    return tuple(conditions)


def bound(message: Message, share: Share) -> dict[str, Any]:
    """Return the values for what `due` binds."""
    values = {
        "moment": now(),
        "carrier": share.carrier.id,
        "mark": refused_by(share.carrier.id),
    }
    if share.spare:  # those that nobody has tried yet are due since then
        values["start"] = message.scheduled_at or message.created_at
    return values


def refused_by(carrier_id: int) -> str:
    """Return what marks a recipient that is QUEUED as refused by a carrier, once and for all.

    It stands in the column of the carrier's id of it, which has none yet; two that follow each
    other share a comma.
    """
    return f",{carrier_id},"


def marked(marks: str, carrier_id: int) -> str | None:
    """Return the marks of a recipient with another one; None when the column has no room for it.

    There is room for fifteen carriers with three digits, more than anybody has.
    """
    longer = f"{marks or ','}{carrier_id},"
    return longer if len(longer) <= _ROOM else None


def may_still_leave(phone_operator: str, marks: str, ways: Iterable[WayOut]) -> bool:
    """Whether any carrier is left that takes an operator's numbers and did not refuse this one."""
    return any(
        phone_operator in (one.operators or _EVERYBODY) and refused_by(one.id) not in marks
        for one in ways
    )


def _drawn(ways: Sequence[WayOut], message_id: int, ticket: int) -> list[WayOut]:
    """Put carriers in the order of their priorities, those of one in an order that is drawn.

    Each is first as often as its weight is of the sum of all, whichever of them are left out (the
    smallest of exponentially distributed numbers).
    """

    def place(one: WayOut) -> tuple[int, float]:
        seed = f"{message_id} {ticket} {one.id}".encode()
        drawn = int.from_bytes(hashlib.blake2b(seed, digest_size=7).digest())
        return one.priority, -math.log((drawn + 1) / 2**56) / one.weight

    return sorted(ways, key=place)


def _shares(up: Sequence[WayOut]) -> Iterator[Share]:
    """Yield for each carrier that is up the operators that no carrier before it takes."""
    left = _EVERYBODY
    for one in up:
        if takes := left & (one.operators or _EVERYBODY):
            left -= takes
            yield Share(one, _named(takes), others=_has_others(takes, one, up))


def _whole(one: WayOut, up: Sequence[WayOut]) -> Share:
    takes = one.operators or _EVERYBODY
    return Share(one, _named(takes), others=_has_others(takes, one, up))


def _named(takes: frozenset[str]) -> frozenset[str] | None:
    return None if takes == _EVERYBODY else takes


def _has_others(takes: frozenset[str], one: WayOut, up: Sequence[WayOut]) -> bool:
    return any(takes <= (other.operators or _EVERYBODY) for other in up if other.id != one.id)


def _for_nothing(message: Message, turned: Sequence[Share]) -> Share | None:
    """Return a share that has nothing due, for its claim finds out when to look again.

    None when something is due that only carriers may take that are not up.
    """
    found = select(Recipient.id).where(*_queued(message.id)).limit(1)
    waits = db.session.scalar(found, {"moment": now()}) is not None
    return None if waits else turned[0]


def _first_due(message: Message, order: Sequence[Share]) -> Share | None:
    """Return the first share with anything due.

    Finding that a share of some operators has nothing walks over all that is due for the others, so
    that it is remembered for a while, and such shares are looked at when no other has anything.
    """
    empty = _empty_shares()
    moment = time.monotonic()
    rested = {one for one in order if empty.get((message.id, one), 0.0) > moment}
    for share in sorted(order, key=lambda one: one in rested):
        if _has_due(message, share):
            return share
        if share.operators is not None:
            empty[message.id, share] = time.monotonic() + REMEMBERED
    return None


def _empty_shares() -> dict[tuple[int, Share], float]:
    """Return until when (monotonic) shares of messages are taken to have nothing due."""
    empty: dict[tuple[int, Share], float] = current_app.extensions.setdefault("empty_shares", {})
    if len(empty) > _MOST_REMEMBERED:
        empty.clear()
    return empty


def _has_due(message: Message, share: Share) -> bool:
    conditions = due(message.id, share.operators, others=share.others, spare=share.spare)
    found = select(Recipient.id).where(*conditions).limit(1)
    return db.session.scalar(found, bound(message, share)) is not None


def _queued(message: Any) -> tuple[ColumnElement[bool], ...]:
    is_due = Recipient.due_at <= bindparam("moment", type_=_moment())
    return Recipient.message_id == message, IS_QUEUED, is_due


def _is_refused() -> ColumnElement[bool]:
    return or_(Recipient.refusals >= PATIENCE, _REFUSALS.is_not(None))


def _mark() -> Any:
    return bindparam("mark", type_=_REFUSALS.type)


def _moment() -> Any:
    return Recipient.due_at.type


def _in_ranges(operators: frozenset[str]) -> ColumnElement[bool]:
    start = func.substr(Recipient.phone, 1, _RANGE)
    if OTHER in operators:  # whatever is in nobody else's ranges
        return start.not_in(_all_ranges(_EVERYBODY - operators))
    return start.in_(_all_ranges(operators))


def _all_ranges(operators: frozenset[str]) -> list[str]:
    return [begin for name in OPERATORS if name in operators for begin in ranges(name)]
