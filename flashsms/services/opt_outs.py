"""Who must not be sent to: opted out, back in, and asked about. Phones are digits, as stored."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Integer, String, func, literal, select, update

from flashsms.extensions import db, transaction
from flashsms.models import EventType, OptOut, OptSource, now
from flashsms.models.base import UtcDateTime
from flashsms.models.opt_out import IN_FORCE
from flashsms.models.rows import change, insert, rows
from flashsms.services import webhooks
from flashsms.services.errors import DomainError
from flashsms.services.history import Page

_PHONE = re.compile(r"[0-9]{7,15}")
_COMMITTED_WITHIN = timedelta(minutes=5)  # and how far the clocks of two machines are apart


def opt_out(account_id: int, phone: str, source: OptSource) -> bool:
    """Never send to this number again; return whether that is new."""
    return opt_out_many(account_id, [phone], source) == 1


def opt_out_many(account_id: int, phones: Iterable[str], source: OptSource) -> int:
    """Never send to these numbers again, and return for how many that is new.

    One statement for any number of them. Raises DomainError for what is not a number; then none is
    opted out.
    """
    # In the same order everywhere, so that two that overlap wait for each other in turn.
    given = rows(((phone,) for phone in sorted(set(_checked(phones)))), phone=String())
    with transaction():
        columns = {
            "account_id": literal(account_id, Integer),
            "phone": given.c.phone,
            "source": literal(source, OptOut.source.type),
            "opted_out_at": literal(now(), UtcDateTime()),
        }
        new = insert(OptOut).from_select(
            list(columns),
            select(*columns.values()).where(literal(True)),  # SQLite wants it
        )
        added = new.on_conflict_do_nothing(
            index_elements=[OptOut.account_id, OptOut.phone], index_where=IN_FORCE
        )
        opted_out = db.session.scalars(added.returning(OptOut.phone)).all()
        told = [{"phone": phone, "source": source.value} for phone in opted_out]
        webhooks.emit(account_id, EventType.RECIPIENT_OPTED_OUT, told)
    return len(opted_out)


def opt_in(account_id: int, phone: str, source: OptSource) -> bool:
    """Allow sending to this number again; return whether it was opted out."""
    [digits] = _checked([phone])
    with transaction():
        returned = change(
            update(OptOut)
            .where(OptOut.account_id == account_id, OptOut.phone == digits, IN_FORCE)
            .values(opted_in_source=source, opted_in_at=now())
        )
        return returned.rowcount == 1


def among(account_id: int, phones: Iterable[str]) -> set[str]:
    """Return which of these numbers, however many, are opted out: one statement."""
    given = rows(((phone,) for phone in _checked(phones)), phone=String())
    found = db.session.scalars(
        select(OptOut.phone).where(
            OptOut.account_id == account_id, IN_FORCE, OptOut.phone.in_(select(given.c.phone))
        )
    )
    return set(found)


def since(account_id: int, moment: datetime) -> bool:
    """Return whether anybody may have opted out after that moment: one cheap look-up.

    It errs on the safe side: an opt-out of the minutes before counts too, as it may have been
    committed only afterwards or by a machine whose clock is behind. So does one that was undone.
    """
    query = select(func.max(OptOut.opted_out_at)).where(OptOut.account_id == account_id)
    newest = db.session.scalar(query)
    return newest is not None and newest > moment - _COMMITTED_WITHIN


def find(account_id: int, phone: str) -> OptOut | None:
    """Return the opt-out of a number that is in force, if there is one."""
    [digits] = _checked([phone])
    return db.session.scalar(
        select(OptOut).where(OptOut.account_id == account_id, OptOut.phone == digits, IN_FORCE)
    )


def page(account_id: int, number: int, limit: int) -> Page[OptOut]:
    """Return page `number` (from 1) of the opt-outs in force, the newest first."""
    query = select(OptOut).where(OptOut.account_id == account_id, IN_FORCE)
    items = db.session.scalars(
        query.order_by(OptOut.opted_out_at.desc(), OptOut.id.desc())
        .limit(limit)
        .offset((number - 1) * limit)
    )
    total = db.session.scalar(query.with_only_columns(func.count())) or 0
    return Page(list(items), number, limit, total)


def _checked(phones: Iterable[str]) -> list[str]:
    checked = list(phones)
    for phone in checked:
        if not _PHONE.fullmatch(phone):
            raise DomainError(
                "bad_phone",
                f"phone: {phone[:30]!r} is not a number as it is stored. Give its 7 to 15 digits, "
                "country code first.",
            )
    return checked
