"""What people say about themselves and their account."""

from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import update

from flashsms.extensions import db, transaction
from flashsms.models import Account, User
from flashsms.services import accounts
from flashsms.services.errors import DomainError, NotFound

_FRESH = {"synchronize_session": False, "populate_existing": True}


def edit_profile(user: User, name: str | None) -> User:
    """Change what a user is called, up to 120 characters; nothing or blanks mean no name."""
    wanted = accounts.checked_name(name) if name and name.strip() else None
    with transaction():
        statement = update(User).where(User.id == user.id).values(name=wanted)
        edited: User | None = db.session.scalar(statement.returning(User), execution_options=_FRESH)
    return edited or user


def edit_account(
    account_id: int,
    *,
    name: str | None = None,
    phone: str | None = None,
    timezone: str | None = None,
) -> Account:
    """Change what is given of an account. Raises DomainError bad_name, bad_phone, bad_timezone."""
    changes: dict[str, Any] = {}
    if name is not None:
        changes["name"] = accounts.checked_name(name)
    if phone is not None:
        changes["phone"] = accounts.checked_phone(phone)
    if timezone is not None:
        changes["timezone"] = _checked_timezone(timezone)
    with transaction():
        return _edit(account_id, changes)


def _edit(account_id: int, changes: dict[str, Any]) -> Account:
    edited = db.session.get(Account, account_id, populate_existing=True)
    if edited is None:
        raise NotFound("account_unknown", "There is no such account.")
    for column, value in changes.items():
        setattr(edited, column, value)
    return edited


def _checked_timezone(given: str) -> str:
    if given not in available_timezones():
        raise DomainError(
            "bad_timezone",
            "timezone must be the name of one, such as Africa/Accra or Europe/Paris.",
        )
    return ZoneInfo(given).key
