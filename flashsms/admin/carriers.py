"""Carriers: how messages leave."""

from flashsms.admin import bp


@bp.get("/carriers")
def list_carriers() -> str:
    """To be written."""
    return ""
