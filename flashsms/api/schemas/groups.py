"""Groups of contacts."""

from flashsms.api.schemas.shapes import Body


class GroupRequest(Body):
    """A group to make."""

    name: str
