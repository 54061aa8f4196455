"""Who belongs to an account: invited, joined, promoted, demoted, gone. There is always an owner."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import aliased

from flashsms.extensions import db, on_commit, transaction
from flashsms.models import Invitation, Role, User, now
from flashsms.models.invitation import still_open
from flashsms.models.rows import change, lock
from flashsms.services import accounts, audit
from flashsms.services.audit import Action, Actor
from flashsms.services.errors import DomainError, NotFound
from flashsms.services.people import attempts, letters, passwords, tokens

LASTS = timedelta(days=7)
_MEMBERS = 3  # what the lock of an account's members is called
_FRESH = {"synchronize_session": False, "populate_existing": True}


class OwnersOnly(DomainError):
    """What only an owner of the account may do."""

    status = 403

    def __init__(self) -> None:
        super().__init__("owners_only", "Only an owner of this account may do this.")


class LastOwner(DomainError):
    """What would leave an account without an owner."""

    def __init__(self) -> None:
        sentence = "An account needs an owner. Make somebody else an owner first."
        super().__init__("last_owner", sentence)


def members(account_id: int) -> list[User]:
    """Return who belongs to the account, the first who came first."""
    query = select(User).where(User.account_id == account_id)
    return list(db.session.scalars(query.order_by(User.created_at, User.id)))


def invitations(account_id: int) -> list[Invitation]:
    """Return the invitations that can still be accepted, the oldest first."""
    query = select(Invitation).where(Invitation.account_id == account_id, still_open())
    return list(db.session.scalars(query.order_by(Invitation.id)))


def invite(account_id: int, email: str, role: Role, by: User) -> Invitation:
    """Mail somebody a link to join, good for 7 days; one that was mailed before works no more.

    Raises OwnersOnly, DomainError bad_email or email_taken, or too_many_attempts after thirty in
    an hour.
    """
    address = accounts.checked_email(email)
    attempts.check(attempts.INVITATION_MAIL, by.public_id)
    with _changing(account_id, by):
        if db.session.scalar(select(User.id).where(User.email == address)):
            raise accounts.email_taken(address)
        _revoke(Invitation.account_id == account_id, Invitation.email == address)
        invitation = Invitation(
            account_id=account_id,
            email=address,
            role=role,
            invited_by_id=by.id,
            expires_at=now() + LASTS,
        )
        db.session.add(invitation)
        db.session.flush()
        audit.record(Action.MEMBER_INVITED, address, account_id, after={"role": role})
        on_commit(lambda: letters.send_soon(letters.INVITATION, invitation.public_id))
    return invitation


def revoke(account_id: int, public_id: str, by: User) -> None:
    """Make an invitation useless. Raises OwnersOnly, or NotFound when it is not open."""
    with _changing(account_id, by):
        its_own = Invitation.public_id == _comparable(public_id)
        if not _revoke(Invitation.account_id == account_id, its_own):
            raise NotFound("invitation_unknown", "There is no open invitation like this.")


def find_invitation(token: str) -> Invitation:
    """Return the invitation of a mailed link, or raise DomainError bad_link when it is useless."""
    public_id = tokens.read_invitation(token)
    query = select(Invitation).where(Invitation.public_id == public_id, still_open())
    invitation = db.session.scalar(query, execution_options={"populate_existing": True})
    if invitation is None:
        raise tokens.useless()
    return invitation


def accept(token: str, password: str) -> User:
    """Join an account by a mailed link, which works once, and return the new user.

    Raises DomainError bad_link, bad_password, or email_taken when the e-mail signed up meanwhile.
    """
    invitation = find_invitation(token)
    passwords.check_new(password, invitation.email)
    password_hash = accounts.opening.hasher.hash(password)
    with transaction():
        accepted = change(
            update(Invitation)
            .where(Invitation.id == invitation.id, still_open())
            .values(accepted_at=now())
        )
        if accepted.rowcount == 0:
            raise tokens.useless()
        user = accounts.add_user(
            invitation.account_id, invitation.email, password_hash, invitation.role
        )
        with audit.acting(Actor(user.email)):
            joined = {"role": user.role}
            audit.record(Action.MEMBER_JOINED, user.email, user.account_id, after=joined)
    return user


def change_role(account_id: int, public_id: str, role: Role, by: User) -> User:
    """Make a member an owner, or an owner a member, whose open invitations are then revoked.

    Raises OwnersOnly, NotFound or LastOwner.
    """
    with _changing(account_id, by):
        if role is not Role.OWNER:
            _revoke_those_of(account_id, public_id)
        before = db.session.scalar(select(User.role).where(*_one(account_id, public_id)))
        changed: User | None = db.session.scalar(
            update(User)
            .where(*_one(account_id, public_id), *([] if role is Role.OWNER else [_is_spare()]))
            .values(role=role)
            .returning(User),
            execution_options=_FRESH,
        )
        if changed is None:
            raise _kept(account_id, public_id)
        was = {"role": before}
        audit.record(
            Action.ROLE_CHANGED, changed.email, account_id, before=was, after={"role": role}
        )
    return changed


def remove(account_id: int, public_id: str, by: User) -> None:
    """Remove a user from the account for good, and end every session; anybody may leave.

    The invitations that the user sent and nobody accepted yet are revoked. Raises OwnersOnly,
    NotFound or LastOwner.
    """
    with _changing(account_id, by, oneself=by.public_id == public_id):
        _revoke_those_of(account_id, public_id)
        removed = db.session.scalar(
            delete(User).where(*_one(account_id, public_id), _is_spare()).returning(User.email),
            execution_options={"synchronize_session": "fetch"},
        )
        if removed is None:
            raise _kept(account_id, public_id)
        audit.record(Action.MEMBER_REMOVED, removed, account_id)


@contextmanager
def _changing(account_id: int, by: User, *, oneself: bool = False) -> Iterator[None]:
    """Change who belongs to an account: one transaction, and one at a time for each account.

    Without the lock two owners of PostgreSQL could each demote the other, neither seeing that the
    other is about to be the last one.
    """
    with transaction():
        lock(_MEMBERS, account_id)
        role = db.session.scalar(select(User.role).where(*_one(account_id, by.public_id)))
        if role is not Role.OWNER and not (oneself and role):
            raise OwnersOnly
        yield


def _is_spare() -> ColumnElement[bool]:
    """The condition that the account has an owner without this user."""
    other = aliased(User)
    owners = select(other.id).where(
        other.account_id == User.account_id, other.role == Role.OWNER, other.id != User.id
    )
    return or_(User.role != Role.OWNER, owners.correlate(User).exists())


def _revoke(*conditions: ColumnElement[bool]) -> bool:
    """Revoke the open invitations that meet the conditions, and return whether there were any."""
    statement = update(Invitation).where(*conditions, still_open()).values(revoked_at=now())
    return change(statement).rowcount > 0


def _revoke_those_of(account_id: int, public_id: str) -> None:
    """Revoke what an owner who shall be none any more could come back by."""
    sender = select(User.id).where(*_one(account_id, public_id))
    _revoke(Invitation.account_id == account_id, Invitation.invited_by_id.in_(sender))


def _one(account_id: int, public_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return User.account_id == account_id, User.public_id == _comparable(public_id)


def _comparable(public_id: str) -> str:
    """Return the id, or nothing when PostgreSQL would not even compare with it."""
    return public_id if public_id.isprintable() else ""


def _kept(account_id: int, public_id: str) -> DomainError:
    if db.session.scalar(select(User.id).where(*_one(account_id, public_id))) is None:
        return NotFound("member_unknown", "There is no such member in this account.")
    return LastOwner()
