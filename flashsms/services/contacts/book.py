"""One contact at a time: create, look up, change, delete."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, select, update

from flashsms.extensions import db
from flashsms.models import Contact, now
from flashsms.models.rows import change, rows
from flashsms.services.contacts import adding, blocks, drafts, groups
from flashsms.services.contacts.drafts import Draft
from flashsms.services.errors import DomainError, NotFound
from flashsms.text import search


def create(account_id: int, draft: Draft, group_public_id: str | None = None) -> Contact:
    """Add a person, into a group if one is named. Raises DomainError if the number is there."""
    with adding.writing(account_id):
        group_id = groups.id_of(account_id, group_public_id)
        there = _by_phone(account_id, draft.phone)
        if there is not None and there.number is not None:
            raise _taken(there)
        adding.add(account_id, [draft], group_id)
        created = _by_phone(account_id, draft.phone)
    assert created is not None  # noqa: S101  (it was just written, and nobody else may write)
    return created


def find(account_id: int, public_id: str) -> Contact:
    """Return a contact of the account, or raise NotFound; deleted ones are not found."""
    found = None
    if public_id.isprintable():  # PostgreSQL does not even compare with a NUL
        found = _one(
            Contact.account_id == account_id,
            Contact.public_id == public_id,
            Contact.number.is_not(None),
        )
    if found is None:
        raise NotFound(
            "contact_unknown", f"There is no contact {public_id[:40]!r} in this account."
        )
    return found


def find_many(account_id: int, public_ids: Iterable[str]) -> list[Contact]:
    """Return those contacts that the account has: two statements, and unknown ids find nobody."""
    given = rows(((number,) for number in adding.numbers(account_id, public_ids)), number=Integer())
    found = db.session.scalars(
        select(Contact)
        .where(Contact.account_id == account_id, Contact.number.in_(select(given.c.number)))
        .execution_options(populate_existing=True)
    )
    return list(found)


def find_by_phone(account_id: int, phone: str) -> Contact | None:
    """Return the contact with a number (digits), if the account has it."""
    found = _by_phone(account_id, phone)
    return found if found and found.number is not None else None


def names_of(account_id: int, phones: Sequence[str]) -> dict[str, str]:
    """Return the names of those of a page's numbers that are contacts with a name.

    Who is deleted is left out here: asked to do that, SQLite would walk the whole book.
    """
    found = db.session.execute(
        select(Contact.phone, Contact.first_name, Contact.last_name, Contact.number).where(
            Contact.account_id == account_id, Contact.phone.in_(phones)
        )
    )
    names = {
        phone: " ".join(filter(None, (first, last)))
        for phone, first, last, number in found
        if number is not None
    }
    return {phone: name for phone, name in names.items() if name}


def newest(account_id: int) -> Contact | None:
    """Return the contact that came last, if there is any."""
    query = select(Contact).where(Contact.account_id == account_id, Contact.number.is_not(None))
    return db.session.scalar(query.order_by(Contact.number.desc()).limit(1))


def edit(account_id: int, public_id: str, given: Mapping[str, Any]) -> Contact:
    """Change what `given` names (see `drafts.KNOWN`); an empty text or None clears it.

    Custom fields are changed one by one, and None clears them all. Raises DomainError for a
    bad value or a number that another contact has.
    """
    with adding.writing(account_id):
        contact = find(account_id, public_id)
        changes = _changes(contact, given)
        if changes.get("phone", contact.phone) != contact.phone:
            _make_room(account_id, changes["phone"])
        for name, value in changes.items():
            setattr(contact, name, value)
        contact.search = search.key(contact.phone, contact.first_name, contact.last_name)
        contact.updated_at = now()
    return contact


def delete(account_id: int, public_id: str) -> None:
    """Delete a contact, also from its groups; the same number can be added again later."""
    with adding.writing(account_id):
        _remove(account_id, {find(account_id, public_id).public_id})


def delete_many(account_id: int, public_ids: Iterable[str]) -> int:
    """Delete those contacts that the account has, and return how many that were."""
    with adding.writing(account_id):
        return _remove(account_id, public_ids)


def _remove(account_id: int, public_ids: Iterable[str]) -> int:
    leaving = adding.numbers(account_id, public_ids)
    given = rows(((number,) for number in leaving), number=Integer())
    groups.leave_all(account_id, leaving)
    change(
        update(Contact)
        .where(Contact.account_id == account_id, Contact.number.in_(select(given.c.number)))
        .values(number=None, deleted_at=now(), search="")
    )
    blocks.count(account_id, blocks.EVERYBODY, leaving, by=-1)
    return len(leaving)


def _changes(contact: Contact, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that `given` changes, with their checked values."""
    read: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "phone": ("phone", drafts.phone),
        "firstName": ("first_name", lambda name: drafts.line("firstName", name)),
        "lastName": ("last_name", lambda name: drafts.line("lastName", name)),
        "email": ("email", drafts.email),
        "customFields": (
            "fields",
            lambda wanted: None if wanted is None else drafts.fields(wanted, contact.fields),
        ),
    }
    drafts.check_names(given)
    return {read[name][0]: read[name][1](value) for name, value in given.items()}


def _make_room(account_id: int, phone: str) -> None:
    """Refuse a number that another contact has; take it from a deleted contact that had it.

    That one keeps its row, for its id to be known as deleted, and can no longer come back.
    """
    if (other := _by_phone(account_id, phone)) is None:
        return
    if other.number is not None:
        raise _taken(other)
    change(update(Contact).where(Contact.id == other.id).values(phone=f"x{other.id}"))


def _by_phone(account_id: int, phone: str) -> Contact | None:
    return _one(Contact.account_id == account_id, Contact.phone == phone)


def _one(*conditions: ColumnElement[bool]) -> Contact | None:
    """Return a contact as the database has it now: bulk writes pass objects by."""
    query = select(Contact).where(*conditions).execution_options(populate_existing=True)
    return db.session.scalar(query)


def _taken(contact: Contact) -> DomainError:
    return DomainError(
        "contact_exists",
        f"phone: {contact.phone} already belongs to the contact {contact.public_id}. "
        "Change that one instead.",
    )
