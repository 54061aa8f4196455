"""The address book page by page, and searched; the cost does not grow with it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select

from flashsms.extensions import db
from flashsms.models import Contact, GroupMember
from flashsms.models.address_search import contains, found_by_index
from flashsms.models.contact import BLOCK
from flashsms.services.contacts import blocks
from flashsms.services.errors import DomainError
from flashsms.services.history import Page
from flashsms.text.search import terms

SMALL = 10_000  # contacts; of a larger book a search does not compare all one by one
WINDOW = 16_000  # of the newest are compared at most, where a sample promises enough among them
SAMPLE = 1_000
LONGEST_SEARCH = 100  # characters


@dataclass(frozen=True, slots=True)
class Found(Page[Contact]):
    """A page of contacts; when not `exact`, there are at least `total`."""

    exact: bool = True


def page(
    account_id: int, number: int, limit: int, *, search: str = "", group_id: int | None = None
) -> Found:
    """Return page `number` (from 1) of the contacts, newest first, all or those of one group.

    `search` finds any part of a name or of a phone number, in any form that people type. Beyond the
    last page there is nothing.
    """
    wanted = terms(_checked(search))
    book = _Book(account_id, group_id or blocks.EVERYBODY)
    if wanted:
        return _search(book, wanted, number, limit)
    items = book.page((number - 1) * limit, limit)
    return Found(items, number, limit, blocks.total(account_id, book.group_id))


@dataclass(frozen=True, slots=True)
class _Book:
    """The whole address book of an account, or one group of it."""

    account_id: int
    group_id: int

    def page(self, offset: int, limit: int) -> list[Contact]:
        """Return contacts from the newest downwards."""
        start, skip = blocks.locate(self.account_id, self.group_id, offset)
        here = select(Contact).where(Contact.account_id == self.account_id)
        if self.group_id:
            member = (GroupMember.group_id == self.group_id) & (GroupMember.number <= start)
            place: Any = GroupMember.number
            here = here.join(GroupMember, member & (GroupMember.number == Contact.number))
        else:
            place = Contact.number
            here = here.where(Contact.number <= start)
        return _read(here.order_by(place.desc()).offset(skip).limit(limit))

    def newest(self, count: int) -> ColumnElement[bool]:
        """The condition that a contact is among the newest, at least `count` if there are."""
        start, _ = blocks.locate(self.account_id, self.group_id, count)
        floor = start - BLOCK  # that block included
        if not self.group_id:
            return (Contact.account_id == self.account_id) & (Contact.number > floor)
        members = select(GroupMember.number).where(
            GroupMember.group_id == self.group_id, GroupMember.number > floor
        )
        return (Contact.account_id == self.account_id) & Contact.number.in_(members)

    def holds(self) -> ColumnElement[bool]:
        """The condition that a contact of the account is in here."""
        if not self.group_id:
            return Contact.number.is_not(None)
        return exists().where(
            GroupMember.group_id == self.group_id, GroupMember.number == Contact.number
        )


def _search(book: _Book, wanted: tuple[str, ...], number: int, limit: int) -> Found:
    """Look through the newest contacts, which is enough for small books and for what is common.

    What is rare is found by the index; so neither way reads or sorts more than thousands.
    """
    offset = (number - 1) * limit
    whole = blocks.total(book.account_id, book.group_id) <= SMALL
    window = SMALL if whole else _window(book, wanted, offset + limit)
    if window:
        ids, total = _cut(book.newest(window) & contains(wanted), offset, limit)
        if whole or total > offset + limit:
            return Found(_in_order(ids), number, limit, total, exact=whole)
    anywhere = found_by_index(book.account_id, wanted) & book.holds()
    ids, total = _cut(anywhere, offset, limit)
    return Found(_in_order(ids), number, limit, total)


def _window(book: _Book, wanted: tuple[str, ...], needed: int) -> int:
    """Judge by a sample how many of the newest contacts hold `needed` that match.

    With some to spare; 0 when that would be more than `WINDOW`.
    """
    sample = book.newest(SAMPLE) & contains(wanted)
    found = db.session.scalar(select(func.count()).select_from(Contact).where(sample)) or 0
    window = 3 * needed * SAMPLE // (2 * found) if found else WINDOW + 1
    return max(window, SMALL // 2) if window <= WINDOW else 0


def _cut(matching: ColumnElement[bool], offset: int, limit: int) -> tuple[list[int], int]:
    """Return the ids of one page of what matches, newest first, and how many match.

    Found first and sorted then: in one step the databases may walk the whole book in its order.
    """
    found = select(Contact.id, Contact.number).where(matching).cte("found")
    found = found.prefix_with("MATERIALIZED")
    page = select(found.c.id, func.count().over()).order_by(found.c.number.desc())
    rows = db.session.execute(page.offset(offset).limit(limit)).all()
    if rows or not offset:
        return [id for id, _ in rows], rows[0][1] if rows else 0
    return [], db.session.scalar(select(func.count()).select_from(found)) or 0


def _in_order(ids: list[int]) -> list[Contact]:
    query = select(Contact).where(Contact.id.in_(ids)).order_by(Contact.number.desc())
    return _read(query) if ids else []


def _read(query: Select[Contact]) -> list[Contact]:
    """Return contacts as they are now: bulk writes pass by the objects that a session holds."""
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def _checked(search: str) -> str:
    if len(search) > LONGEST_SEARCH:
        raise DomainError("bad_search", f"search may have at most {LONGEST_SEARCH} characters.")
    if "\0" in search:
        raise DomainError("bad_search", "search must not contain a NUL character.")
    return search
