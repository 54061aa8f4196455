"""What every account sent, and what became of it."""

from flashsms.admin import bp


@bp.get("/history")
def list_messages() -> str:
    """To be written."""
    return ""
