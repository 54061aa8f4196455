"""Accounts and the people in them."""

from dataclasses import dataclass

from argon2 import PasswordHasher
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from flashsms.extensions import db, transaction
from flashsms.models import Account, Role, TransactionType, User
from flashsms.services import credits, senders
from flashsms.services.errors import DomainError, NotFound
from flashsms.text.phones import normalise

hasher = PasswordHasher()


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What is needed to open an account: its name and phone, and its owner's sign-in."""

    name: str
    phone: str
    email: str
    password: str
    is_admin: bool = False
    credits: int = 0
    sender: str | None = None


def create(new: NewAccount) -> Account:
    """Open an account with its owner, its first credits and an approved sender, or none of it."""
    _check(new)
    with transaction():
        account = Account(name=new.name.strip(), phone=new.phone.strip())
        db.session.add(account)
        db.session.flush()
        _add_owner(account, new)
        if new.credits:
            credits.grant(
                account.id, new.credits, type=TransactionType.BONUS, reason="Opening credits"
            )
        if new.sender:
            senders.add_approved(account.id, new.sender)
        db.session.refresh(account)  # the ledger changed its balance
    return account


def find_by_email(email: str) -> Account:
    """Return the account that the user with `email` belongs to, or raise NotFound."""
    user = db.session.scalar(select(User).where(User.email == email.strip().lower()))
    if user is None:
        raise NotFound("account_unknown", f"There is no user with the e-mail {email}.")
    return user.account


def count() -> int:
    """Return how many accounts this installation has."""
    return db.session.scalar(select(func.count()).select_from(Account)) or 0


def _check(new: NewAccount) -> None:
    if not 1 <= len(new.name.strip()) <= 120:
        raise DomainError("bad_name", "name must have 1 to 120 characters.")
    if normalise(new.phone) is None or len(new.phone.strip()) > 40:
        raise DomainError("bad_phone", "phone must be a Ghana mobile number, such as 0201234567.")
    local, at, host = new.email.strip().rpartition("@")
    if not (local and at and "." in host) or len(new.email) > 254:
        raise DomainError("bad_email", "email must be an e-mail address, such as ama@example.com.")
    if not 8 <= len(new.password) <= 200:
        raise DomainError("bad_password", "password must have 8 to 200 characters.")
    if new.credits < 0:
        raise DomainError("bad_credits", "credits must be 0 or more.")


def _add_owner(account: Account, new: NewAccount) -> None:
    user = User(
        account_id=account.id,
        email=new.email.strip().lower(),
        password_hash=hasher.hash(new.password),
        role=Role.OWNER,
        is_admin=new.is_admin,
    )
    db.session.add(user)
    try:
        db.session.flush()
    except IntegrityError as error:
        raise DomainError(
            "email_taken", f"The e-mail {user.email} already belongs to a user."
        ) from error
