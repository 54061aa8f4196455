"""Accounts and the people in them: opening, finding, and where they stand with the operator."""

from flashsms.services.accounts.opening import (
    NewAccount,
    add_user,
    checked,
    checked_email,
    checked_name,
    checked_phone,
    count,
    create,
    create_with_owner,
    email_taken,
    find_by_email,
    open_by_operator,
)
from flashsms.services.accounts.standing import (
    Suspended,
    find,
    reactivate,
    set_terms,
    suspend,
)

__all__ = [
    "NewAccount",
    "Suspended",
    "add_user",
    "checked",
    "checked_email",
    "checked_name",
    "checked_phone",
    "count",
    "create",
    "create_with_owner",
    "email_taken",
    "find",
    "find_by_email",
    "open_by_operator",
    "reactivate",
    "set_terms",
    "suspend",
]
