"""Which column of a file is which field of a contact."""

from collections.abc import Sequence

from flashsms.services.contacts import Draft, drafts
from flashsms.services.contacts.exporting import unshield
from flashsms.services.errors import DomainError
from flashsms.text.columns import FIELDS


def check(columns: Sequence[str | None]) -> None:
    """Raise DomainError bad_columns unless the columns can be imported.

    Each is one of FIELDS, the name of a custom field, or None to leave it out.
    """
    named = [name for name in columns if name is not None]
    if named.count("phone") != 1:
        raise _wrong("columns: choose exactly one column as phone.")
    for name in named:
        if named.count(name) > 1:
            raise _wrong(f"columns: {name[:40]!r} stands for two columns. Choose one of them.")
    try:
        drafts.fields({name: "-" for name in named if name not in FIELDS})
    except DomainError as error:
        raise _wrong(error.sentence) from error


def draft(columns: Sequence[str | None], cells: Sequence[str]) -> Draft:
    """Read a row; cells beyond the columns are ignored. Raises DomainError for a bad value."""
    given: dict[str, object] = {"phone": ""}
    custom: dict[str, str] = {}
    for name, cell in zip(columns, cells, strict=False):
        if name in FIELDS:
            given[name] = unshield(cell)
        elif name is not None:
            custom[name] = unshield(cell)
    return drafts.read({**given, "customFields": custom})


def _wrong(sentence: str) -> DomainError:
    return DomainError("bad_columns", sentence)
