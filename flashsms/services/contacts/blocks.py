"""Totals and deep pages whose cost does not grow with the address book: see ContactBlock."""

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import ColumnElement, delete, func, select

from flashsms.extensions import db
from flashsms.models import ContactBlock
from flashsms.models.contact import BLOCK
from flashsms.models.rows import change, insert

_HIGHEST = 2**31 - 1  # that a number may be
EVERYBODY = 0  # the group_id of the whole address book


def count(account_id: int, group_id: int, numbers: Iterable[int], by: int = 1) -> None:
    """Note that contacts with these numbers came (`by` 1) or went (-1); in a transaction."""
    counted = Counter(number // BLOCK for number in numbers)
    if not counted:
        return
    new = insert(ContactBlock).values(
        [
            {"account_id": account_id, "group_id": group_id, "block": block, "contacts": by * found}
            for block, found in sorted(counted.items())
        ]
    )
    db.session.execute(
        new.on_conflict_do_update(
            index_elements=["account_id", "group_id", "block"],
            set_={"contacts": ContactBlock.contacts + new.excluded.contacts},
        )
    )


def forget(account_id: int, group_id: int) -> None:
    """Drop the counts of a group that is deleted."""
    change(delete(ContactBlock).where(*_of(account_id, group_id)))


def total(account_id: int, group_id: int = EVERYBODY) -> int:
    """Return how many contacts there are."""
    found = select(func.sum(ContactBlock.contacts)).where(*_of(account_id, group_id))
    return int(db.session.scalar(found) or 0)


def totals(account_id: int) -> dict[int, int]:
    """Return how many contacts each group of the account has, by its id."""
    found = db.session.execute(
        select(ContactBlock.group_id, func.sum(ContactBlock.contacts))
        .where(ContactBlock.account_id == account_id)
        .group_by(ContactBlock.group_id)
    )
    return {group_id: int(contacts) for group_id, contacts in found}


def locate(account_id: int, group_id: int, offset: int) -> tuple[int, int]:
    """Return where a page begins that skips the `offset` newest contacts.

    The highest number to look at, and how many contacts from there on still have to be skipped.
    """
    if offset == 0:
        return _HIGHEST, 0
    running = (
        select(
            ContactBlock.block,
            (
                func.sum(ContactBlock.contacts).over(order_by=ContactBlock.block.desc())
                - ContactBlock.contacts
            ).label("before"),
        )
        .where(*_of(account_id, group_id))
        .subquery()
    )
    found = db.session.execute(
        select(running.c.block, running.c.before)
        .where(running.c.before <= offset)
        .order_by(running.c.before.desc(), running.c.block)
        .limit(1)
    ).first()
    if found is None:
        return 0, offset
    return (found.block + 1) * BLOCK - 1, offset - int(found.before)


def _of(account_id: int, group_id: int) -> tuple[ColumnElement[bool], ...]:
    return ContactBlock.account_id == account_id, ContactBlock.group_id == group_id
