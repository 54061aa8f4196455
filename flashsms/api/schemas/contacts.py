"""Contacts: to list, to make, to change, to import. What a field may hold the service says."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from flashsms.api.schemas.answers import Pagination
from flashsms.api.schemas.shapes import (
    CONTROLS,
    Answer,
    Body,
    ContactId,
    Count,
    GroupId,
    Name,
    PageNumber,
    Phone,
    Shape,
    Typed,
    documented,
    trimmed,
    whole,
    wrong,
)


def _people(given: Any) -> Any:
    if not isinstance(given, list) or not given:
        raise wrong('must be an array with at least one contact, such as {"phone": "0201234567"}.')
    return given


_PIECE = rf"[^@\s{CONTROLS}]+"
Email = Annotated[
    str,
    documented(
        pattern=rf"^\s*({_PIECE}@{_PIECE}\.{_PIECE})?\s*$",
        allOf=[{"pattern": r"^\s*\S{0,254}\s*$"}],
    ),
]
CustomFields = Annotated[
    Any,
    WithJsonSchema(
        {
            "type": ["object", "null"],
            "propertyNames": {"pattern": "^[A-Za-z][A-Za-z0-9_]{0,39}$"},
            "additionalProperties": {
                "type": ["string", "null"],
                "pattern": trimmed(300),
            },
            "maxProperties": 40,
        }
    ),
]


class ContactsQuery(Shape):
    """Which contacts to list."""

    page: PageNumber = 1
    """Which page, counted from 1. One beyond the last is empty."""
    limit: Annotated[int, Field(ge=1, le=200), BeforeValidator(whole)] = 50
    """How many to list on a page."""
    search: Annotated[str, documented(maxLength=100, pattern=r"^[^\u0000]*$")] = ""
    """Only contacts with this in a name or in the number, in any form that people type."""
    group_id: GroupId | None = None
    """Only contacts of this group."""


class ContactChange(Body):
    """What to change of a contact; what is absent stays, and null or "" clears."""

    phone: Typed | SkipJsonSchema[None] = None
    """Another number, in any usual notation. It cannot be cleared."""
    first_name: Name | None = None
    """The first name, one line of at most 100 characters."""
    last_name: Name | None = None
    """The last name, one line of at most 100 characters."""
    email: Email | None = None
    """An e-mail address of at most 254 characters."""
    custom_fields: CustomFields = None
    """Values of your own by name, at most 20 of up to 300 characters; each is changed by itself and
    null removes it. The names that every contact has (`firstName`, `phone` ...) are taken."""

    def given(self) -> dict[str, Any]:
        """Return what was given of a contact's fields, null included, by the names it came with."""
        fields = set(ContactChange.model_fields)
        return self.model_dump(by_alias=True, exclude_unset=True, include=fields)


class ContactRequest(ContactChange):
    """A contact to make."""

    phone: Typed
    """The number, in any usual notation. An account has each number once."""
    group_id: GroupId | None = None
    """A group to put the contact into."""


class ImportedContact(ContactChange):
    """One contact of an import."""

    phone: Typed
    """The number, in any usual notation."""


Imported = Annotated[
    Any,
    WithJsonSchema(
        {
            "anyOf": [
                {"$ref": f"#/components/schemas/{ImportedContact.__name__}"},
                {"description": "Anything else is left out and listed in `invalidContacts`."},
            ]
        }
    ),
]


class ImportRequest(Body):
    """Many contacts to make; each is checked by itself, so that one does not refuse all."""

    contacts: Annotated[
        list[Imported], BeforeValidator(_people), documented(minItems=1, maxItems=10_000)
    ]
    """The contacts, at most 10,000 in up to 8 MiB."""
    group_id: GroupId | None = None
    """A group to put all of them into, those that were known already included."""


class ContactSummary(Answer):
    """A person of the address book."""

    id: ContactId
    """Its id."""
    phone: Phone
    """The number as digits with the country code."""
    first_name: str | None
    """The first name."""
    last_name: str | None
    """The last name."""
    email: str | None
    """The e-mail address."""
    custom_fields: dict[str, str]
    """Values of your own by name."""
    opted_out: bool
    """Whether this number is never sent to, because its owner said so."""
    created_at: datetime
    """When it was added."""
    updated_at: datetime
    """When it was last changed."""


class GroupName(Answer):
    """A group by its id and name."""

    id: GroupId
    """Its id."""
    name: str
    """Its name."""


class ContactAnswer(ContactSummary):
    """A person of the address book with their groups."""

    groups: list[GroupName]
    """The groups that it is in, by name."""


class ContactPagination(Pagination):
    """Where a page of contacts stands in its list."""

    total_is_exact: bool
    """False where a search in a large book did not count everything: there are at least `total`."""


class ContactsAnswer(Answer):
    """A page of contacts, newest first."""

    contacts: list[ContactSummary]
    """The contacts of this page, without their groups."""
    pagination: ContactPagination
    """Where this page stands."""


class InvalidContact(Answer):
    """A contact that an import left out."""

    index: Count
    """Its place in `contacts`, counted from 0."""
    phone: Annotated[str, documented(maxLength=40)] | None
    """Its phone as it was given, at most 40 characters of it; null if that was no string."""
    error: str
    """What is wrong with it."""


class ImportAnswer(Answer):
    """What became of an import."""

    imported: Count
    """How many are in the book now: `created` and `skipped`."""
    created: Count
    """How many are new, or came back."""
    skipped: Count
    """How many were known already, or came before in the same call; they stay as they are."""
    invalid: Count
    """How many were left out."""
    total: Count
    """How many were given."""
    invalid_contacts: list[InvalidContact]
    """Those left out, and why."""
