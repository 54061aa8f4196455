"""The address book: people and their groups."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flashsms_client.calls import Caller, segment
from flashsms_client.pages import walk
from flashsms_client.reading import given, read, read_list

_CONTACTS = 200  # of a page


@dataclass(frozen=True, slots=True)
class GroupName:
    """A group that a contact is in."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody in the address book; lists leave `groups` out."""

    id: str
    phone: str
    first_name: str | None
    last_name: str | None
    email: str | None
    custom_fields: Mapping[str, str]
    opted_out: bool
    created_at: datetime
    updated_at: datetime
    groups: tuple[GroupName, ...] = ()


@dataclass(frozen=True, slots=True)
class NewContact:
    """Somebody to add: a number is enough."""

    phone: str
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    custom_fields: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class InvalidContact:
    """One of an import that was left out, by its place from 0."""

    index: int
    phone: str | None
    error: str


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did; `imported` are the `created` and the `skipped`, who were known."""

    imported: int
    created: int
    skipped: int
    invalid: int
    total: int
    invalid_contacts: tuple[InvalidContact, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """A group of contacts."""

    id: str
    name: str
    contact_count: int
    created_at: datetime


class Contacts:
    """The people of the address book."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list(self, *, search: str | None = None, group_id: str | None = None) -> Iterator[Contact]:
        """Go through the contacts, newest first; those of a group, or those a search finds."""
        return walk(
            self._caller,
            "contacts",
            "contacts",
            Contact,
            limit=_CONTACTS,
            search=search,
            group_id=group_id,
        )

    def create(
        self,
        phone: str,
        *,
        first_name: str | None = None,
        last_name: str | None = None,
        email: str | None = None,
        custom_fields: Mapping[str, str] | None = None,
        group_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Contact:
        """Add a contact, into a group if one is named."""
        body = given(
            phone=phone,
            first_name=first_name,
            last_name=last_name,
            email=email,
            custom_fields=custom_fields,
            group_id=group_id,
        )
        return read(Contact, self._caller.create("contacts", body, idempotency_key))

    def get(self, contact_id: str) -> Contact:
        """Show a contact and its groups."""
        return read(Contact, self._caller.get(f"contacts/{segment(contact_id)}"))

    def update(
        self,
        contact_id: str,
        *,
        phone: str | None = None,
        first_name: str | None = None,
        last_name: str | None = None,
        email: str | None = None,
        custom_fields: Mapping[str, str | None] | None = None,
    ) -> Contact:
        """Change what is given of a contact: "" clears a text, and None removes a custom field."""
        body = given(
            phone=phone,
            first_name=first_name,
            last_name=last_name,
            email=email,
            custom_fields=custom_fields,
        )
        return read(Contact, self._caller.change(f"contacts/{segment(contact_id)}", body))

    def delete(self, contact_id: str) -> None:
        """Delete a contact."""
        self._caller.delete(f"contacts/{segment(contact_id)}")

    def import_(
        self,
        contacts: Sequence[NewContact],
        *,
        group_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> ImportResult:
        """Add up to 10,000 contacts; one that is wrong does not hold up the others."""
        people = [
            given(
                phone=one.phone,
                first_name=one.first_name,
                last_name=one.last_name,
                email=one.email,
                custom_fields=one.custom_fields,
            )
            for one in contacts
        ]
        body = given(contacts=people, group_id=group_id)
        return read(ImportResult, self._caller.create("contacts/import", body, idempotency_key))


class Groups:
    """The groups of the address book."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list(self) -> tuple[Group, ...]:
        """List the groups by name."""
        return read_list(Group, self._caller.get("contacts/groups"), "groups")

    def create(self, name: str, *, idempotency_key: str | None = None) -> Group:
        """Make an empty group."""
        return read(Group, self._caller.create("contacts/groups", {"name": name}, idempotency_key))

    def delete(self, group_id: str) -> None:
        """Delete a group; its contacts stay."""
        self._caller.delete(f"contacts/groups/{segment(group_id)}")
