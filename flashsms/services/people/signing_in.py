"""Signing in, and who a session stands for."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from flashsms.extensions import db, transaction
from flashsms.models import User
from flashsms.services import audit
from flashsms.services.audit import Action, Actor
from flashsms.services.errors import DomainError
from flashsms.services.people import attempts, passwords, second_factor, tokens

_FRESH = {"populate_existing": True}


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who proved the first half; with a `ticket` nobody is in before a code came with it."""

    user: User
    ticket: str | None = None

    @property
    def needs_code(self) -> bool:
        """Whether a second factor is still missing."""
        return self.ticket is not None


def sign_in(email: str, password: str, address: str) -> SignedIn:
    """Check an e-mail and a password.

    `address` is the visitor's IP address. Raises DomainError wrong_sign_in (whether or not the
    e-mail exists, after the same work) or too_many_attempts.
    """
    who = email.strip().lower()
    attempts.check_sign_in(who, address)
    known = _find(who)
    user = passwords.who_matches(known, password)
    if user is None:
        if known is not None:
            _note(Action.SIGN_IN_FAILED, known, address)
        raise DomainError("wrong_sign_in", "The e-mail or the password is not right. Try again.")
    attempts.take_back_sign_in(who, address)
    found = proven(user)
    if not found.needs_code:
        attempts.forget(attempts.SIGN_IN, attempts.together(who, address))
        _note(Action.SIGNED_IN, user, address)
    return found


def proven(user: User) -> SignedIn:
    """Return what is left to do for who knew the password, or holds a link that was mailed."""
    return SignedIn(user, tokens.for_code(user) if user.second_factor_since else None)


def sign_in_with_code(ticket: str, code: str, address: str) -> User:
    """Check the second factor of who has a ticket, good for five minutes, and return the user.

    Raises DomainError bad_code or too_many_attempts, or bad_ticket when signing in must begin
    again: the ticket is too old, or a code was used, the password changed or the sessions ended
    meanwhile.
    """
    user = tokens.read_code_ticket(ticket)
    attempts.check_sign_in(user.email, address)
    try:
        second_factor.verify(user, code)
    except DomainError as error:
        if error.code == "bad_code":
            _note(Action.SIGN_IN_FAILED, user, address)
        raise
    attempts.take_back_sign_in(user.email, address)
    attempts.forget(attempts.SIGN_IN, attempts.together(user.email, address))
    _note(Action.SIGNED_IN, user, address)
    return user


def load(user_id: int, session_version: int) -> User | None:
    """Return the user, with the account, of a session; None when the session was ended since."""
    query = select(User).where(User.id == user_id, User.session_version == session_version)
    return db.session.scalar(query.options(joinedload(User.account)))


def _note(action: Action, user: User, address: str) -> None:
    with transaction(), audit.acting(Actor(user.email, address)):
        audit.record(action, user.email, user.account_id)


def _find(email: str) -> User | None:
    # What is no text to PostgreSQL is compared with nobody, as slowly as any other.
    printable = email if email.isprintable() else ""
    query = select(User).where(User.email == printable)
    return db.session.scalar(query, execution_options=_FRESH)
