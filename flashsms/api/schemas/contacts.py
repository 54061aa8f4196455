"""Contacts: to list, to make, to change, to import. What a field may hold the service says."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from flashsms.api.schemas.shapes import Body, PageNumber, Shape, whole, wrong


def _people(given: Any) -> Any:
    if not isinstance(given, list) or not given:
        raise wrong('must be an array with at least one contact, such as {"phone": "0201234567"}.')
    return given


class ContactsQuery(Shape):
    """Which contacts to list."""

    page: PageNumber = 1
    limit: Annotated[int, BeforeValidator(whole), Field(ge=1, le=200)] = 50
    search: str = ""
    group_id: str | None = None


class ContactChange(Body):
    """What to change of a contact; what is absent stays."""

    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    custom_fields: Any = None

    def given(self) -> dict[str, Any]:
        """Return what was given of a contact's fields, null included, by the names it came with."""
        fields = set(ContactChange.model_fields)
        return self.model_dump(by_alias=True, exclude_unset=True, include=fields)


class ContactRequest(ContactChange):
    """A contact to make."""

    phone: str
    group_id: str | None = None


class ImportRequest(Body):
    """Many contacts to make; each is checked by itself, so that one does not refuse all."""

    contacts: Annotated[list[Any], BeforeValidator(_people)]
    group_id: str | None = None
