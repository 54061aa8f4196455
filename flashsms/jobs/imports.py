"""The job that brings files of contacts into address books."""

from flashsms.services import imports


def run(import_id: int, ticket: int) -> None:
    """Take the next turn of an import, if `ticket` still stands."""
    imports.run(import_id, ticket)
