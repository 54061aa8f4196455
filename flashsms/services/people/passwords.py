"""Passwords: checked, changed, forgotten; and the sessions that end with them."""

import secrets
from functools import cache
from typing import Any

from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import update

from flashsms.extensions import db, transaction
from flashsms.models import User
from flashsms.models.rows import change
from flashsms.services import accounts, audit
from flashsms.services.audit import Action
from flashsms.services.errors import DomainError
from flashsms.services.people import attempts, letters, tokens
from flashsms.text import passwords

_FRESH = {"synchronize_session": False, "populate_existing": True}


def check_new(password: str, email: str) -> None:
    """Raise DomainError bad_password unless this can be the password of who has that e-mail."""
    if wrong := passwords.fault(password, email):
        raise DomainError("bad_password", wrong)


def who_matches(user: User | None, password: str) -> User | None:
    """Return the user if this is the password; None takes as long for nobody as for somebody.

    The hash is renewed when it was made with weaker parameters than those of today.
    """
    if not _matches(user.password_hash if user else _nobodys_hash(), password) or user is None:
        return None
    if accounts.opening.hasher.check_needs_rehash(user.password_hash):
        _renew_hash(user, password)
    return user


def confirm(user: User, password: str) -> None:
    """Have somebody who is signed in prove it again: raises wrong_password, too_many_attempts."""
    who = user.public_id
    attempts.check(attempts.PASSWORD, who)
    if not _matches(user.password_hash, password):
        raise DomainError("wrong_password", "The present password is not right. Try again.")
    attempts.forget(attempts.PASSWORD, who)


def change_password(user: User, old: str, new: str) -> User:
    """Change the password and end every session, and return the user, for a new session.

    Raises DomainError wrong_password (the old one), bad_password or too_many_attempts.
    """
    check_new(new, user.email)
    confirm(user, old)
    return _set(user, new, DomainError("wrong_password", "The password was changed meanwhile."))


def ask_reset(email: str, address: str) -> None:
    """Mail a link for a new password, good for an hour, if there is such a user; say nothing.

    `address` is the visitor's IP address. At most five in an hour for an e-mail from an address,
    and twenty for each of the two.
    """
    who = email.strip().lower()
    is_possible = who.isprintable() and len(who) <= accounts.opening.LONGEST_EMAIL
    if is_possible and attempts.has_room_for_reset(who, address):
        letters.send_soon(letters.RESET, who)


def check_reset(token: str) -> User:
    """Return whose password a mailed link changes; raises DomainError bad_link if it is useless."""
    return tokens.read_reset(token)


def reset(token: str, password: str, address: str) -> User:
    """Set a new password by a mailed link, which works once, and end every session.

    What was tried before, from the visitor's IP `address` or by others, is forgotten. Raises
    DomainError bad_link or bad_password.
    """
    user = tokens.read_reset(token)
    check_new(password, user.email)
    changed = _set(user, password, tokens.useless())
    attempts.forget(attempts.SIGN_IN, attempts.together(user.email, address))
    attempts.forget(attempts.SIGN_IN_BY_EMAIL, user.email)
    return changed


def sign_out_everywhere(user: User) -> User:
    """End every session of the user, and return the user, for a new session."""
    with transaction():
        return _update(user, session_version=User.session_version + 1) or user


def _set(user: User, password: str, otherwise: DomainError) -> User:
    """Replace the password that was read, or raise `otherwise` when it is another one by now."""
    hashed = accounts.opening.hasher.hash(password)
    with transaction():
        changed = _update(user, password_hash=hashed, session_version=User.session_version + 1)
        if changed is None:
            raise otherwise
        audit.record(Action.PASSWORD_CHANGED, user.email, user.account_id)
    return changed


def _update(user: User, **values: Any) -> User | None:
    is_as_read = (User.id == user.id, User.password_hash == user.password_hash)
    changed: User | None = db.session.scalar(
        update(User).where(*is_as_read).values(values).returning(User), execution_options=_FRESH
    )
    return changed


def _renew_hash(user: User, password: str) -> None:
    hashed = accounts.opening.hasher.hash(password)
    with transaction():
        is_as_read = (User.id == user.id, User.password_hash == user.password_hash)
        change(update(User).where(*is_as_read).values(password_hash=hashed))


def _matches(hashed: str, password: str) -> bool:
    try:
        return accounts.opening.hasher.verify(hashed, password.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    """A hash that costs as much to compare with as any other, of a password that nobody knows."""
    return accounts.opening.hasher.hash(secrets.token_urlsafe())
