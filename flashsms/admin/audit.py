"""The audit log: who did what to whom, and when."""

from flashsms.admin import bp


@bp.get("/audit")
def list_audit() -> str:
    """To be written."""
    return ""
