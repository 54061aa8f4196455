"""Whom a receipt means, as SQL: the rows that have its id, and which of them if several do."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    Subquery,
    and_,
    case,
    func,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from flashsms.models import Recipient, RecipientPart, RecipientStatus
from flashsms.models.base import UtcDateTime
from flashsms.models.rows import rows
from flashsms.services.receipts.heard import NATIONAL, Heard

_SKEW = timedelta(minutes=1)  # by which the clocks of two workers may differ


def as_rows(carrier_id: int, heard: Iterable[Heard]) -> Subquery:
    """Return receipts as rows, with what they are to be matched by: id, carrier and state."""
    return rows(
        (
            _values(carrier_id, one)
            for one in sorted(heard, key=lambda one: one.ref)  # one order of locks for everybody
        ),
        ref=String(),
        carrier_id=Integer(),
        was=String(),
        status=String(),
        reason=String(),
        ending=String(),
        phone=String(),
        until=UtcDateTime(),
    )


def _values(carrier_id: int, one: Heard) -> tuple[Any, ...]:
    state = RecipientStatus.SENT, one.status.value, one.reason
    ending, until = one.phone[-NATIONAL:], one.at and one.at + _SKEW
    return one.ref, carrier_id, *state, ending, one.phone, until


def spoken_of(model: Any, given: Subquery) -> tuple[ColumnElement[bool], ...]:
    """Return what makes a row (of a model or an alias) one that a given receipt speaks of."""
    return (
        model.carrier_ref == given.c.ref,
        model.carrier_id == given.c.carrier_id,
        model.status == given.c.was,
    )


def is_named(
    model: type[Recipient] | type[RecipientPart], recipient_id: Any, given: Subquery
) -> tuple[ColumnElement[bool], ...]:
    """Return what makes a row the one that a receipt names: its number agrees, or it has none.

    A carrier that counts from 1 again after a restart gives an id again; the newest is meant then.
    """
    other: Any = aliased(model)
    theirs = other.id if model is Recipient else other.recipient_id
    newer = select(other.id).where(
        *spoken_of(other, given), theirs > recipient_id, _agrees(other, theirs, given)
    )
    names = _names(model, recipient_id, given)
    came_later = and_(given.c.ending == "", _came_later(model, recipient_id, given))
    return or_(names, came_later), _is_none(newer.correlate(model, given))


def is_only(
    model: type[Recipient] | type[RecipientPart], recipient_id: Any, given: Subquery
) -> tuple[ColumnElement[bool], ...]:
    """Return what makes a row the one that a receipt means although it names another number.

    Some carriers write none of the recipient's. So no other may have the id that waits or has that
    number; nor may one with that number wait for its answer, which then brings the same id.
    """
    conditions = [_came_later(model, recipient_id, given), _is_none(_answering(given))]
    for kind in (Recipient, RecipientPart):
        other: Any = aliased(kind)
        theirs = other.id if kind is Recipient else other.recipient_id
        found = select(other.id).where(
            other.carrier_ref == given.c.ref,
            other.carrier_id == given.c.carrier_id,
            theirs != recipient_id,
            or_(other.status == given.c.was, _agrees(other, theirs, given)),
        )
        conditions.append(_is_none(found.correlate(model, given)))
    return tuple(conditions)


def _came_later(model: Any, recipient_id: Any, given: Subquery) -> ColumnElement[bool]:
    """Whom a receipt does not name it can mean only if it came after that one was handed over."""
    claimed_at = _of_recipient("claimed_at", model, recipient_id)
    return or_(given.c.until.is_(None), claimed_at <= given.c.until)


def _answering(given: Subquery) -> Select[int]:
    """Return the recipients with the number of a receipt whose answer is to come."""
    named = aliased(Recipient)
    return (
        select(named.id)
        .where(
            named.phone == given.c.phone,
            named.carrier_id == given.c.carrier_id,
            named.status.in_((RecipientStatus.SUBMITTING, RecipientStatus.UNKNOWN)),
        )
        .correlate(given)
    )


def _is_none(found: Select[int]) -> ColumnElement[bool]:
    """With a limit PostgreSQL looks each id up; as NOT EXISTS it may read the whole table."""
    return found.limit(1).scalar_subquery().is_(None)


def _agrees(model: Any, recipient_id: Any, given: Subquery) -> ColumnElement[bool]:
    """Say as SQL what `Heard.may_be` says, of a row of either model or an alias of one."""
    return or_(given.c.ending == "", _names(model, recipient_id, given))


def _names(model: Any, recipient_id: Any, given: Subquery) -> ColumnElement[bool]:
    return given.c.ending == _ending(_of_recipient("phone", model, recipient_id))


def _of_recipient(column: str, model: Any, recipient_id: Any) -> Any:
    """Return a column of the recipient that a row of either model, or an alias of one, is of."""
    if hasattr(model, column):
        return getattr(model, column)
    one = aliased(Recipient)
    found = select(getattr(one, column)).where(one.id == recipient_id)
    return found.correlate_except(one).scalar_subquery()


def _ending(phone: Any) -> ColumnElement[str]:
    length = func.length(phone)
    ending = func.substr(phone, length - (NATIONAL - 1))  # SQLite counts from the end below 1
    return case((length > NATIONAL, ending), else_=phone)
