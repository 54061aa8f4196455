"""Accounts: finding them, what they may do, their credits."""

from flashsms.admin import bp


@bp.get("/accounts")
def list_accounts() -> str:
    """To be written."""
    return ""
