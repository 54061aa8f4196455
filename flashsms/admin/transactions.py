"""The ledgers of all accounts, and whether they add up."""

from flashsms.admin import bp


@bp.get("/credits")
def list_transactions() -> str:
    """To be written."""
    return ""
