"""What the answers of several resources have in common."""

from typing import Annotated, Literal

from pydantic import Field

from flashsms.api.schemas.shapes import Answer, Count


class Pagination(Answer):
    """Where a page stands in its list."""

    page: Annotated[int, Field(ge=1)]
    """This page, counted from 1."""
    limit: Count
    """How many a page holds at most."""
    total: Count
    """How many there are on all pages."""
    total_pages: Count
    """How many pages there are; an empty list has none."""
    has_more: bool
    """Whether there is a page after this one."""


class DeletedAnswer(Answer):
    """What was deleted."""

    id: str
    """The id that it had."""
    deleted: Literal[True]
    """Always true."""
