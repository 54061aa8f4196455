"""Who runs the installation."""

from collections.abc import Iterable

from sqlalchemy import select, update

from flashsms.extensions import db, transaction
from flashsms.models import User
from flashsms.services import audit
from flashsms.services.audit import Action
from flashsms.services.errors import NotFound


def appoint(email: str) -> User:
    """Let a user see the operators' area. Raises NotFound without such a user who is none yet."""
    return _set(email, True, Action.OPERATOR_APPOINTED)


def dismiss(email: str) -> User:
    """Take the operators' area away from a user, at once. Raises NotFound likewise."""
    return _set(email, False, Action.OPERATOR_DISMISSED)


def operators_among(emails: Iterable[str]) -> set[str]:
    """Return those of some e-mails with which operators sign in."""
    asked = set(emails)
    query = select(User.email).where(User.email.in_(asked), User.is_admin)
    return set(db.session.scalars(query)) if asked else set()


def _set(email: str, is_admin: bool, action: Action) -> User:
    who = email.strip().lower()
    known = who if who.isprintable() else ""
    with transaction():
        user: User | None = db.session.scalar(
            update(User)
            .where(User.email == known, User.is_admin.is_(not is_admin))
            .values(is_admin=is_admin)
            .returning(User),
            execution_options={"synchronize_session": False, "populate_existing": True},
        )
        if user is None:
            said = "is no operator yet" if is_admin else "is an operator"
            raise NotFound("user_unknown", f"There is no user with the e-mail {email} who {said}.")
        audit.record(action, user.email, user.account_id)
    return user
