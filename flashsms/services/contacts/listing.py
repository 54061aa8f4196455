"""The address book page by page, and searched; the cost does not grow with it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from flashsms.extensions import db
from flashsms.models import Contact, GroupMember
from flashsms.models.address_search import contains, contains_by_index
from flashsms.services.contacts import blocks
from flashsms.services.errors import DomainError
from flashsms.services.history import Page
from flashsms.text.search import terms

WINDOW = 10_000  # of the newest contacts a search compares one by one
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
    offset = (number - 1) * limit
    if wanted:
        return _search(book, wanted, number, limit)
    start, skip = blocks.locate(book.account_id, book.group_id, offset)
    items = db.session.scalars(book.newest(start).offset(skip).limit(limit))
    return Found(list(items), number, limit, blocks.total(account_id, book.group_id))


@dataclass(frozen=True, slots=True)
class _Book:
    """The whole address book of an account, or one group of it."""

    account_id: int
    group_id: int

    @property
    def number(self) -> Any:
        """The column that says where a contact stands."""
        return GroupMember.number if self.group_id else Contact.number

    def contacts(self) -> Select[Contact]:
        """Return a query of its contacts in no order."""
        query = select(Contact).where(
            Contact.account_id == self.account_id, Contact.number.is_not(None)
        )
        query = query.execution_options(populate_existing=True)  # bulk writes pass objects by
        if not self.group_id:
            return query
        here = (GroupMember.group_id == self.group_id) & (GroupMember.number == Contact.number)
        return query.join(GroupMember, here)

    def newest(self, start: int) -> Select[Contact]:
        """Return a query of its contacts from the number `start` downwards."""
        return self.contacts().where(self.number <= start).order_by(self.number.desc())


def _search(book: _Book, wanted: tuple[str, ...], number: int, limit: int) -> Found:
    """Look through the newest contacts, which is enough for small books and for what is common.

    What is rare there is found by the index; so neither way reads or sorts more than thousands.
    """
    offset = (number - 1) * limit
    floor, _ = blocks.locate(book.account_id, book.group_id, WINDOW)
    whole = blocks.total(book.account_id, book.group_id) <= WINDOW
    near = contains(wanted) if whole else contains(wanted) & (book.number > floor)
    ids, total = _matches(book, near, offset, limit)
    exact = whole
    if not whole and total <= offset + limit:
        ids, total = _matches(book, contains_by_index(book.account_id, wanted), offset, limit)
        exact = True
    return Found(_in_order(ids), number, limit, total, exact)


def _matches(
    book: _Book, condition: ColumnElement[bool], offset: int, limit: int
) -> tuple[list[int], int]:
    """Return the ids of one page of what meets the condition, and how many meet it."""
    query = book.contacts().where(condition).with_only_columns(Contact.id, func.count().over())
    page = query.order_by(book.number.desc()).offset(offset).limit(limit)
    found = db.session.execute(page).all()
    if found or not offset:
        return [id for id, _ in found], found[0][1] if found else 0
    return [], db.session.scalar(query.with_only_columns(func.count())) or 0


def _in_order(ids: list[int]) -> list[Contact]:
    query = select(Contact).where(Contact.id.in_(ids)).order_by(Contact.number.desc())
    fresh = query.execution_options(populate_existing=True)  # bulk writes pass objects by
    return list(db.session.scalars(fresh)) if ids else []


def _checked(search: str) -> str:
    if len(search) > LONGEST_SEARCH:
        raise DomainError("bad_search", f"search may have at most {LONGEST_SEARCH} characters.")
    if "\0" in search:
        raise DomainError("bad_search", "search must not contain a NUL character.")
    return search
