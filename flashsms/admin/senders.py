"""Sender IDs that wait for a decision, and names that are protected."""

from flashsms.admin import bp


@bp.get("/sender-ids")
def list_senders() -> str:
    """To be written."""
    return ""
