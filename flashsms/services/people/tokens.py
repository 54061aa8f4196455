"""What links in mail, and visitors half-way in, carry: signed, so that nobody can make one up."""

import hashlib
from typing import Any

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer
from sqlalchemy import func, select

from flashsms.extensions import db
from flashsms.models import Invitation, RecoveryCode, User
from flashsms.services.errors import DomainError

RESET_LASTS = 3600  # seconds
CODE_TICKET_LASTS = 300
_FRESH = {"populate_existing": True}


def for_reset(user: User) -> str:
    """Return a token that lets its holder choose a new password, once: it signs the old one."""
    return _resets().dumps([user.public_id, _fingerprint(user)])


def read_reset(token: str) -> User:
    """Return whose password a token may change, or raise DomainError when it is used or too old."""
    try:
        public_id, fingerprint = _resets().loads(token, max_age=RESET_LASTS)
    except BadSignature as error:
        raise useless() from error
    query = select(User).where(User.public_id == public_id)
    user = db.session.scalar(query, execution_options=_FRESH)
    if user is None or fingerprint != _fingerprint(user):
        raise useless()
    return user


def for_invitation(invitation: Invitation) -> str:
    """Return a token that lets its holder accept the invitation."""
    return _invitations().dumps(invitation.public_id)


def read_invitation(token: str) -> str:
    """Return the public id of an invitation; the database knows whether it is still open."""
    try:
        public_id: Any = _invitations().loads(token)
    except BadSignature as error:
        raise useless() from error
    return str(public_id)


def for_code(user: User) -> str:
    """Return a ticket that says that its holder knew the password and may now enter a code.

    It is of no use once a code was: it signs which codes were used before.
    """
    written = [user.public_id, user.session_version, _fingerprint(user), *_used_codes(user)]
    return _code_tickets().dumps(written)


def read_code_ticket(ticket: str) -> User:
    """Return who may enter a code, or raise DomainError bad_ticket when it is too late for that."""
    try:
        public_id, version, *standing = _code_tickets().loads(ticket, max_age=CODE_TICKET_LASTS)
    except BadSignature as error:
        raise _too_late() from error
    query = select(User).where(User.public_id == public_id, User.session_version == version)
    user = db.session.scalar(query, execution_options=_FRESH)
    if user is None or user.second_factor_since is None:
        raise _too_late()
    if standing != [_fingerprint(user), *_used_codes(user)]:
        raise _too_late()
    return user


def _resets() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="password-reset")


def _invitations() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="invitation")


def _code_tickets() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="sign-in-code")


def _fingerprint(user: User) -> str:
    return hashlib.sha256(user.password_hash.encode()).hexdigest()[:32]


def _used_codes(user: User) -> tuple[int | None, int]:
    """Return the last code of the app that was used, and how many recovery codes were."""
    used = (RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_not(None))
    count = db.session.scalar(select(func.count()).select_from(RecoveryCode).where(*used))
    return user.second_factor_step, count or 0


def useless() -> DomainError:
    """Return the refusal of a link that is too old, used, or not ours."""
    return DomainError("bad_link", "This link is too old or was used already. Ask for another one.")


def _too_late() -> DomainError:
    sentence = (
        "Signing in took too long, or ended in another window. "
        "Enter your e-mail and your password again."
    )
    return DomainError("bad_ticket", sentence)
