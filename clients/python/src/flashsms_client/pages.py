"""Long lists: page by page, each fetched when its turn comes."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

from flashsms_client.calls import Caller
from flashsms_client.reading import as_object, given, read, read_list

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pagination:
    """Where a page stands in its list. In a large search `total` may be a lower bound."""

    page: int
    limit: int
    total: int
    total_pages: int
    has_more: bool
    total_is_exact: bool = True


def walk(
    caller: Caller, path: str, name: str, kind: type[T], by: str = "id", **params: object
) -> Iterator[T]:
    """Yield the entries of the list `name` at `path`, all pages after each other.

    What is added meanwhile moves entries to the next page; they come once, known `by` a field.
    """
    known: set[str] = set()
    for number in count(1):
        found = as_object(caller.get(path, given(page=number, **params)))
        entries = read_list(kind, found, name)
        yield from (entry for entry in entries if getattr(entry, by) not in known)
        if not read(Pagination, found.get("pagination")).has_more:
            return
        known = {getattr(entry, by) for entry in entries}
