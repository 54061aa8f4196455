"""Signing in, and who a session stands for."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from flashsms.extensions import db
from flashsms.models import User
from flashsms.services.errors import DomainError
from flashsms.services.people import attempts, passwords, second_factor

_FRESH = {"populate_existing": True}


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who knew the password; nobody is in while `needs_code`, a second factor, is missing."""

    user: User
    needs_code: bool


def sign_in(email: str, password: str, address: str, code: str | None = None) -> SignedIn:
    """Check an e-mail and a password and, of users who set one up, a second factor.

    `address` is the visitor's IP address. Raises DomainError wrong_sign_in (whether or not the
    e-mail exists, after the same work), bad_code, or too_many_attempts.
    """
    who = email.strip().lower()
    attempts.check(attempts.SIGN_IN_BY_ADDRESS, attempts.network(address))
    attempts.check(attempts.SIGN_IN_BY_EMAIL, who)
    user = passwords.who_matches(_find(who), password)
    if user is None:
        raise DomainError("wrong_sign_in", "The e-mail or the password is not right. Try again.")
    if user.second_factor_since is not None:
        if code is None:
            return SignedIn(user, needs_code=True)
        second_factor.verify(user, code)
    attempts.forget(attempts.SIGN_IN_BY_EMAIL, who)
    return SignedIn(user, needs_code=False)


def load(user_id: int, session_version: int) -> User | None:
    """Return the user, with the account, of a session; None when the session was ended since."""
    query = select(User).where(User.id == user_id, User.session_version == session_version)
    return db.session.scalar(query.options(joinedload(User.account)))


def _find(email: str) -> User | None:
    # What is no text to PostgreSQL is compared with nobody, as slowly as any other.
    printable = email if email.isprintable() else ""
    query = select(User).where(User.email == printable)
    return db.session.scalar(query, execution_options=_FRESH)
