"""Groups of contacts."""

from datetime import datetime

from flashsms.api.schemas.shapes import Answer, Body, Count, GroupId, RequiredName


class GroupRequest(Body):
    """A group to make."""

    name: RequiredName
    """One line of at most 100 characters. No other group has it, in whatever case."""


class GroupAnswer(Answer):
    """A group of contacts."""

    id: GroupId
    """Its id, which `groupId` takes."""
    name: str
    """Its name."""
    contact_count: Count
    """How many contacts are in it."""
    created_at: datetime
    """When it was made."""


class GroupsAnswer(Answer):
    """The groups of the account by name."""

    groups: list[GroupAnswer]
    """All of them, at most 1,000."""
