"""Putting many people into an address book at once, each phone number only once."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import orjson
from sqlalchemy import BigInteger, Integer, String, Text, func, literal, select, update
from sqlalchemy import insert as plain_insert
from sqlalchemy.types import TypeEngine

from flashsms.extensions import db, transaction
from flashsms.models import Contact, GroupMember, now
from flashsms.models.base import UtcDateTime, new_public_ids
from flashsms.models.rows import change, insert, lock, rows
from flashsms.services.contacts import blocks
from flashsms.services.contacts.drafts import Draft
from flashsms.text import search

_ADDRESS_BOOK = 1  # what the lock of an account's address book is called


@dataclass(frozen=True, slots=True)
class Added:
    """How many of the given people are new (or came back), and how many were known already."""

    created: int
    skipped: int


@contextmanager
def writing(account_id: int) -> Iterator[None]:
    """Change an account's address book: one transaction, and one at a time for each account.

    Whoever holds it may look at the book, decide, and write.
    """
    with transaction():
        lock(_ADDRESS_BOOK, account_id)
        yield


def add(account_id: int, drafts: Sequence[Draft], group_id: int | None = None) -> Added:
    """Add people and put them, known or new, into a group: a fixed number of statements.

    A number that is given twice counts once, as it came first. Who is known stays as they are; who
    was deleted comes back as given now. `created` and `skipped` add up to the drafts.
    """
    wanted = {draft.phone: draft for draft in reversed(drafts)}
    with writing(account_id):
        known = _known(account_id, wanted)
        there = [number for _, number in known.values() if number is not None]
        new = [
            draft
            for phone, draft in reversed(wanted.items())
            if phone not in known or known[phone][1] is None
        ]
        placed = list(zip(count(_last_number(account_id) + 1), new, strict=False))
        _revive(
            [(known[one.phone][0], number, one) for number, one in placed if one.phone in known]
        )
        _insert(account_id, [(number, one) for number, one in placed if one.phone not in known])
        numbers = [number for number, _ in placed]
        blocks.count(account_id, blocks.EVERYBODY, numbers)
        if group_id is not None:
            join(account_id, group_id, there + numbers)
    return Added(len(new), len(drafts) - len(new))


def join(account_id: int, group_id: int, numbers: Iterable[int]) -> int:
    """Put contacts, by their numbers, into a group; return how many were not in it."""
    given = rows(((number,) for number in sorted(numbers)), number=Integer())
    new = insert(GroupMember).from_select(
        ["group_id", "number"],
        select(literal(group_id, Integer), given.c.number).where(literal(True)),  # SQLite wants it
    )
    joined = db.session.scalars(new.on_conflict_do_nothing().returning(GroupMember.number)).all()
    blocks.count(account_id, group_id, joined)
    return len(joined)


def numbers(account_id: int, public_ids: Iterable[str]) -> list[int]:
    """Return where those contacts stand that the account has."""
    printable = (one for one in public_ids if one.isprintable())  # a NUL is not even compared
    given = rows(((public_id,) for public_id in printable), public_id=String())
    found = db.session.scalars(
        select(Contact.number).where(
            Contact.account_id + 0 == account_id,  # not by the account's index: the whole book
            Contact.public_id.in_(select(given.c.public_id)),
            Contact.number.is_not(None),
        )
    )
    return [number for number in found if number is not None]


def _known(account_id: int, phones: Iterable[str]) -> dict[str, tuple[int, int | None]]:
    """Return those of `phones` that have a row: its id, and its number unless it is deleted."""
    given = rows(((phone,) for phone in phones), phone=String())
    found = db.session.execute(
        select(Contact.phone, Contact.id, Contact.number).where(
            Contact.account_id == account_id, Contact.phone.in_(select(given.c.phone))
        )
    )
    return {phone: (id, number) for phone, id, number in found}


def _last_number(account_id: int) -> int:
    query = select(func.max(Contact.number)).where(Contact.account_id == account_id)
    return db.session.scalar(query) or 0


def _revive(returning: Sequence[tuple[int, int, Draft]]) -> None:
    """Let people who were deleted, by their ids, come back as new ones at their numbers."""
    if returning:
        taken_over = {name: kind for name, kind in _GIVEN.items() if name != "public_id"}
        given = rows(
            ((id, number, *_values(draft)) for id, number, draft in returning),
            id=BigInteger(),
            **taken_over,
        )
        change(
            update(Contact)
            .where(Contact.id == given.c.id)
            .values(
                **{name: given.c[name] for name in taken_over}, deleted_at=None, updated_at=now()
            )
        )


def _insert(account_id: int, placed: Sequence[tuple[int, Draft]]) -> None:
    if placed:
        public_ids = new_public_ids("cnt_", len(placed))
        given = rows(
            (
                (public_id, number, *_values(draft))
                for public_id, (number, draft) in zip(public_ids, placed, strict=True)
            ),
            **_GIVEN,
        )
        moment = literal(now(), UtcDateTime())
        columns = {
            "account_id": literal(account_id, Integer),
            **{name: given.c[name] for name in _GIVEN},
            "created_at": moment,
            "updated_at": moment,
        }
        db.session.execute(
            plain_insert(Contact).from_select(list(columns), select(*columns.values()))
        )


_GIVEN: dict[str, TypeEngine[Any]] = {
    "public_id": String(),
    "number": Integer(),
    "phone": String(),
    "first_name": String(),
    "last_name": String(),
    "email": String(),
    "fields": Text(),
    "search": Text(),
}


def _values(draft: Draft) -> tuple[str | None, ...]:
    """Return the columns of _GIVEN from `phone` on."""
    return (
        draft.phone,
        draft.first_name,
        draft.last_name,
        draft.email,
        orjson.dumps(draft.fields).decode() if draft.fields else None,
        search.key(draft.phone, draft.first_name, draft.last_name),
    )
