"""The address book as a file for spreadsheet programs, and back."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Any

from sqlalchemy import Row, Select, select

from flashsms.extensions import db
from flashsms.models import Contact, GroupMember

BOM = "\ufeff"  # by which Excel tells UTF-8
PIECE = 5000  # contacts that are read at once

Piece = Sequence[Row[*tuple[Any, ...]]]

# What a program may take for the start of a formula: full-width signs too, and behind anything that
# it may leave out because nobody sees it.
_UNSEEN = r"[\s\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
_START = rf"(?:[\t\r\n]|{_UNSEEN}*[=+\-@\uff1d\uff0b\uff0d\uff20])"
_FORMULA = re.compile(rf"'*{_START}")
_SHIELDED = re.compile(rf"'+{_START}")
_PHONE = re.compile(r"\+[0-9]{7,15}")  # a whole number, which stays readable


def export_csv(account_id: int, group_id: int | None = None) -> Iterator[str]:
    """Yield the contacts as CSV in pieces, oldest first: the whole book, or a group of it.

    A byte order mark comes first, and no cell is a formula (see `shield`). Behind phone, firstName,
    lastName and email stands a column for each custom field that anybody has. Each piece is a short
    read of its own: who comes or goes meanwhile is in it or not.
    """
    names = _custom_fields(account_id, group_id)
    yield BOM + lines([["phone", "firstName", "lastName", "email", *names]])
    known = (Contact.phone, Contact.first_name, Contact.last_name, Contact.email, Contact.fields)
    for piece in _pieces(account_id, group_id, *known):
        yield lines(
            [phone, first or "", last or "", email or "", *(_values(fields, names))]
            for _, phone, first, last, email, fields in piece
        )


def lines(rows: Iterable[Iterable[str]]) -> str:
    """Return rows as CSV (RFC 4180) whose cells are shielded."""
    return quoted(map(shield, row) for row in rows)


def quoted(rows: Iterable[Iterable[str | int]]) -> str:
    """Return rows as CSV with quotes around every cell.

    A program that guesses another separator than the comma then finds none of it within a cell.
    """
    written = StringIO()
    csv.writer(written, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return written.getvalue()


def shield(cell: str) -> str:
    """Put an apostrophe before a cell that a spreadsheet program would take for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) and not _PHONE.fullmatch(cell) else cell


def unshield(cell: str) -> str:
    """Return what a cell was before `shield`."""
    return cell[1:] if _SHIELDED.match(cell) else cell


def _custom_fields(account_id: int, group_id: int | None) -> list[str]:
    """Return the names of all custom fields, in the order in which they first appear."""
    names: dict[str, None] = {}
    for piece in _pieces(account_id, group_id, Contact.fields):
        for _, fields in piece:
            names.update(dict.fromkeys(fields or ()))
    return list(names)


def _values(fields: dict[str, str] | None, names: Sequence[str]) -> list[str]:
    return [(fields or {}).get(name, "") for name in names]


def _pieces(account_id: int, group_id: int | None, *columns: Any) -> Iterator[Piece]:
    """Yield the columns of contacts, the number before them, each piece a read of its own."""
    query, number = _book(account_id, group_id, columns)
    last = 0
    while True:
        piece = db.session.execute(query.where(number > last).order_by(number).limit(PIECE)).all()
        db.session.commit()
        if not piece:
            return
        yield piece
        last = piece[-1][0]


def _book(account_id: int, group_id: int | None, columns: Any) -> tuple[Select[Any], Any]:
    """Return a query of the contacts, and the column to read it by."""
    mine = Contact.account_id == account_id
    if group_id is None:
        return select(Contact.number, *columns).where(mine), Contact.number
    here = (GroupMember.group_id == group_id) & (GroupMember.number == Contact.number)
    return select(GroupMember.number, *columns).join(Contact, here).where(mine), GroupMember.number
