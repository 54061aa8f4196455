"""The address book: people and groups, one by one and a million at a time.

`groups` and `drafts` are used as modules: `contacts.groups.create`, `contacts.drafts.read`.
"""

from flashsms.services.contacts import drafts, groups
from flashsms.services.contacts.adding import Added, add
from flashsms.services.contacts.book import (
    create,
    delete,
    delete_many,
    edit,
    find,
    find_by_phone,
    find_many,
    names_of,
    newest,
)
from flashsms.services.contacts.bulk import Invalid, Taken, take
from flashsms.services.contacts.drafts import Draft
from flashsms.services.contacts.exporting import export_csv
from flashsms.services.contacts.listing import LONGEST_SEARCH, Found, page

__all__ = [
    "LONGEST_SEARCH",
    "Added",
    "Draft",
    "Found",
    "Invalid",
    "Taken",
    "add",
    "create",
    "delete",
    "delete_many",
    "drafts",
    "edit",
    "export_csv",
    "find",
    "find_by_phone",
    "find_many",
    "groups",
    "names_of",
    "newest",
    "page",
    "take",
]
