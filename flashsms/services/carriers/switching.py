"""Pausing carriers, switching them off and on, and which one is tried first."""

from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, select, update

from flashsms.extensions import db, on_commit, transaction
from flashsms.models import Carrier, now
from flashsms.models.rows import change
from flashsms.services import audit
from flashsms.services.audit import Action
from flashsms.services.carriers import breaker
from flashsms.services.carriers.configuring import FARTHEST
from flashsms.services.carriers.ways import read, shown, tried, unknown
from flashsms.services.contacts.drafts import line
from flashsms.services.errors import DomainError, NotFound

LONGEST_REASON = 200


class Unchanged(NotFound):
    """A carrier that is as somebody wants it already, or cannot become so."""

    def __init__(self, name: str, wanted: str) -> None:
        super().__init__("carrier_unknown", f"Carrier {name!r} is not {wanted}.")


def pause(public_id: str, reason: str) -> Carrier:
    """Send nothing more by a carrier, and go on hearing its receipts.

    Raises Unchanged for one that is paused already or switched off, and NotFound.
    """
    try:
        why = line("reason", reason, LONGEST_REASON)
    except DomainError as error:
        raise DomainError("bad_reason", error.sentence) from error
    if why is None:
        raise DomainError("bad_reason", "reason must say why the carrier is paused.")
    in_use = Carrier.active & Carrier.paused_at.is_(None)
    paused = {"paused_at": now(), "paused_for": why}
    return _switch(public_id, in_use, Action.CARRIER_PAUSED, "in use", paused)


def resume(public_id: str) -> Carrier:
    """Send by a paused carrier again, whatever its circuit breaker thinks of it."""
    paused = Carrier.paused_at.is_not(None)
    resumed = {"paused_at": None, "paused_for": None}
    with transaction():
        carrier = _switch(public_id, paused, Action.CARRIER_RESUMED, "paused", resumed)
        on_commit(partial(breaker.close, carrier.id))
    return carrier


def close_breaker(public_id: str) -> Carrier:
    """Send by a carrier at once, although its circuit breaker is open. Raises NotFound."""
    called = Carrier.public_id == (public_id if public_id.isprintable() else "")
    with transaction():
        carrier = db.session.scalar(select(Carrier).where(called, Carrier.active))
        if carrier is None:
            raise unknown(public_id)
        audit.record(Action.BREAKER_CLOSED, carrier.name, None, after=shown(read(carrier)))
        on_commit(partial(breaker.close, carrier.id))
    return carrier


def remove(public_id: str) -> Carrier:
    """Switch a carrier off; messages leave by the others. Raises Unchanged when it is off."""
    on = Carrier.active.is_(True)
    return _switch(public_id, on, Action.CARRIER_OFF, "switched on", {"active": False})


def switch_on(public_id: str) -> Carrier:
    """Use a carrier that was switched off again."""
    off = Carrier.active.is_(False)
    return _switch(public_id, off, Action.CARRIER_ON, "switched off", {"active": True})


def move(public_id: str, by: int) -> None:
    """Try a carrier earlier (-1) or later (1) than its neighbour, of those that are tried at all.

    Raises Unchanged for one that has no neighbour there.
    """
    with transaction():
        found = _locked()
        order = _swapped(found, public_id, by)
        before = {"order": [carrier.name for carrier in found]}
        moved = next(carrier for carrier in order if carrier.public_id == public_id)
        for carrier, priority in zip(order, _ascending(order, moved), strict=True):
            carrier.priority = priority
        after = {"order": [carrier.name for carrier in order]}
        audit.record(Action.CARRIER_CHANGED, moved.name, None, before=before, after=after)


def _locked() -> list[Carrier]:
    """Return those that are tried in their order, for nobody else to change until the commit.

    They are put in order here: the database does so before it has waited for another operator.
    """
    found = db.session.scalars(
        select(Carrier).where(Carrier.active).order_by(Carrier.id).with_for_update(),
        execution_options={"populate_existing": True},
    ).all()
    ids = {one.id for one in tried(map(read, found))}
    return sorted((one for one in found if one.id in ids), key=lambda one: (one.priority, one.id))


def _swapped(found: list[Carrier], public_id: str, by: int) -> list[Carrier]:
    place = next((at for at, one in enumerate(found) if one.public_id == public_id), None)
    if place is None:
        raise unknown(public_id)
    if not 0 <= place + by < len(found):
        raise Unchanged(
            found[place].name, "followed by another one" if by > 0 else "preceded by another one"
        )
    order = list(found)
    order[place], order[place + by] = order[place + by], order[place]
    return order


def _ascending(order: list[Carrier], moved: Carrier) -> list[int]:
    """Return priorities for a new order: the numbers that there are, as far as they ascend.

    The one that `moved` gets a number of its own; others that share one go on sharing it.
    """
    numbers = _numbered(order, moved, sorted(carrier.priority for carrier in order))
    return numbers if numbers[-1] <= FARTHEST else _numbered(order, moved, [1] * len(order))


def _numbered(order: list[Carrier], moved: Carrier, least: list[int]) -> list[int]:
    numbers = [least[0]]
    for before, carrier, low in zip(order, order[1:], least[1:], strict=False):
        shared = before.priority == carrier.priority and moved not in (before, carrier)
        numbers.append(numbers[-1] if shared else max(low, numbers[-1] + 1))
    return numbers


def _switch(
    public_id: str,
    came_from: ColumnElement[bool],
    action: Action,
    wanted: str,
    values: dict[str, Any],
) -> Carrier:
    called = Carrier.public_id == (public_id if public_id.isprintable() else "")
    with transaction():
        id = change(
            update(Carrier).where(called, came_from).values(values).returning(Carrier.id)
        ).scalar()
        if id is None:
            name = db.session.scalar(select(Carrier.name).where(called))
            raise Unchanged(name, wanted) if name else unknown(public_id)
        carrier = db.session.get_one(Carrier, id, populate_existing=True)
        reason = {"reason": carrier.paused_for} if carrier.paused_for else {}
        audit.record(action, carrier.name, None, after=shown(read(carrier)) | reason)
    return carrier
