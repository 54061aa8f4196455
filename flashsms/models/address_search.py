"""Finding contacts by any three characters of a name or number, with the database's own index.

PostgreSQL: a GIN index over the three-character pieces of `contacts.search` and the five characters
around each blank, with the account before them, so that no account's search reads another's rows;
`contact_pieces` makes them. SQLite: a
full-text table with the trigram tokenizer, kept by triggers. Both are made by the migrations.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Text,
    bindparam,
    column,
    func,
    literal_column,
    or_,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import ARRAY

from flashsms.models.contact import Contact
from flashsms.models.rows import is_postgresql

_PIECE = 3  # characters
_MOST_PIECES = 6  # of a term are looked up; the rest is compared
_FULL_TEXT = "contacts_search"


def is_modelled(name: str | None, type_: str, parents: Mapping[Any, str | None]) -> bool:
    """Return whether Alembic should compare this: not what serves the search alone."""
    return not (type_ in ("table", "index") and (name or "").startswith(_FULL_TEXT))


def contains(terms: Sequence[str]) -> ColumnElement[bool]:
    """The condition that a contact's search text contains one of `terms`, literally."""
    return or_(*(Contact.search.contains(term, autoescape=True) for term in terms))


def found_by_index(account_id: int, terms: Sequence[str]) -> ColumnElement[bool]:
    """The same condition for the contacts of one account, met by the index.

    Unless a term is too short for it: then all contacts of the account are compared.
    """
    if min(map(len, terms)) < _PIECE:
        return (Contact.account_id == account_id) & contains(terms)
    # The sum keeps the planners from the account's index, by which they would read the whole book.
    mine = Contact.account_id + 0 == account_id
    return _indexed(account_id, terms) & mine & contains(terms)


def _indexed(account_id: int, terms: Sequence[str]) -> ColumnElement[bool]:
    """The condition that the index knows: all contacts that qualify, and perhaps some more."""
    if is_postgresql():
        pieces = func.contact_pieces(Contact.account_id, Contact.search, type_=ARRAY(Text))
        wanted = [
            [f"{account_id}:{piece}" for piece in (*_pieces(term), *_joints(term))]
            for term in terms
        ]
        return or_(*(pieces.contains(bindparam(None, one, ARRAY(Text))) for one in wanted))
    full_text = table(_FULL_TEXT, column("rowid"))
    phrases = " OR ".join(f"({' AND '.join(map(_quoted, _pieces(term)))})" for term in terms)
    matches = literal_column(_FULL_TEXT).op("MATCH")(bindparam(None, phrases, Text))
    return Contact.id.in_(select(full_text.c.rowid).where(matches))


def _quoted(piece: str) -> str:
    return '"' + piece.replace('"', '""') + '"'


def _pieces(term: str) -> list[str]:
    """Return pieces of the term, spread over it: a few narrow it down enough.

    Not those of the line's start and the country code, which every number of Ghana has.
    """
    distinct = term.removeprefix("\n233")
    searched = distinct if len(distinct) >= _PIECE else term
    starts = range(len(searched) - _PIECE + 1)
    step = max(1, -(-len(starts) // _MOST_PIECES))
    return [searched[at : at + _PIECE] for at in starts[::step]]


def _joints(term: str) -> list[str]:
    """Return what stands around the blanks of a term: few people share a first and a last name."""
    blanks = [at for at, character in enumerate(term) if character == " "]
    return [term[at - 2 : at + 3] for at in blanks if 2 <= at <= len(term) - 3]
