"""Texts that every dashboard offers."""

from flashsms.admin import bp


@bp.get("/templates")
def list_templates() -> str:
    """To be written."""
    return ""
