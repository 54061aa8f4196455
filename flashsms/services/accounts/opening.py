"""Accounts and the people in them."""

import re
from dataclasses import dataclass, replace
from email.errors import MessageError
from email.headerregistry import Address

from argon2 import PasswordHasher
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from flashsms.extensions import db, transaction
from flashsms.models import Account, Role, TransactionType, User
from flashsms.services import audit, credits, senders
from flashsms.services.audit import Action
from flashsms.services.contacts.drafts import line
from flashsms.services.errors import DomainError, NotFound
from flashsms.text import passwords
from flashsms.text.phones import normalise

LONGEST_NAME = 120
LONGEST_PHONE = 40
LONGEST_EMAIL = 254

hasher = PasswordHasher()

# Nothing that could end the address or begin another one in the header of a mail; and no two ways
# to read a dot, which would take long to tell from each other.
_EMAIL = re.compile(
    r"""[^@\s,;:<>()\[\]\\"]+@[^@\s,;:<>()\[\]\\".]+(?:\.[^@\s,;:<>()\[\]\\".]+)+"""
)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What is needed to open an account: its name and phone, and its owner's sign-in.

    `reason` is what the ledger says about its first credits.
    """

    name: str
    phone: str
    email: str
    password: str
    is_admin: bool = False
    credits: int = 0
    sender: str | None = None
    reason: str = "Opening credits"


def create(new: NewAccount) -> Account:
    """Open an account with its owner, its first credits and an approved sender, or none of it."""
    return create_with_owner(new).account


def open_by_operator(new: NewAccount) -> Account:
    """Do the same for an operator, who is noted with it."""
    with transaction():
        account = create(new)
        said = {"owner": new.email, "operator": new.is_admin, "sender ID": new.sender}
        audit.record(Action.ACCOUNT_OPENED, account.name, account.id, after=said)
    return account


def create_with_owner(new: NewAccount) -> User:
    """Do the same, and return the owner."""
    new = checked(new)
    password_hash = hasher.hash(new.password)
    with transaction():
        account = Account(name=new.name, phone=new.phone)
        db.session.add(account)
        db.session.flush()
        owner = add_user(account.id, new.email, password_hash, is_admin=new.is_admin)
        _endow(account.id, new)
        db.session.refresh(account)  # the ledger changed its balance
    return owner


def checked(new: NewAccount) -> NewAccount:
    """Return the same as it is stored, or raise DomainError bad_name, bad_phone and so on."""
    name, phone, email = checked_name(new.name), checked_phone(new.phone), checked_email(new.email)
    if not passwords.LEAST <= len(new.password) <= passwords.MOST:
        wanted = f"{passwords.LEAST} to {passwords.MOST} characters"
        raise DomainError("bad_password", f"password must have {wanted}.")
    if new.credits < 0:
        raise DomainError("bad_credits", "credits must be 0 or more.")
    return replace(new, name=name, phone=phone, email=email)


def add_user(
    account_id: int,
    email: str,
    password_hash: str,
    role: Role = Role.OWNER,
    *,
    is_admin: bool = False,
) -> User:
    """Add somebody who signs in with `email`, checked, in the caller's transaction.

    Raises DomainError when it belongs to a user of any account; then the transaction must end.
    """
    user = User(
        account_id=account_id,
        email=email,
        password_hash=password_hash,
        role=role,
        is_admin=is_admin,
    )
    db.session.add(user)
    try:
        db.session.flush()
    except IntegrityError as error:
        raise email_taken(email) from error
    return user


def email_taken(email: str) -> DomainError:
    """Return the refusal of an e-mail that somebody signs in with already."""
    return DomainError("email_taken", f"The e-mail {email} already belongs to a user.")


def find_by_email(email: str) -> Account:
    """Return the account that the user with `email` belongs to, or raise NotFound."""
    user = db.session.scalar(select(User).where(User.email == email.strip().lower()))
    if user is None:
        raise NotFound("account_unknown", f"There is no user with the e-mail {email}.")
    return user.account


def count() -> int:
    """Return how many accounts this installation has."""
    return db.session.scalar(select(func.count()).select_from(Account)) or 0


def checked_name(given: str) -> str:
    """Return the name of an account or a person without blanks around it."""
    try:
        name = line("name", given, LONGEST_NAME)
    except DomainError as error:
        raise DomainError("bad_name", error.sentence) from error
    if name is None:
        raise DomainError("bad_name", f"name must have 1 to {LONGEST_NAME} characters.")
    return name


def checked_phone(given: str) -> str:
    """Return the phone of an account as it was typed, without blanks around it."""
    phone = given.strip()
    if len(phone) > LONGEST_PHONE or normalise(phone) is None:
        raise DomainError("bad_phone", "phone must be a Ghana mobile number, such as 0201234567.")
    return phone


def checked_email(given: str) -> str:
    """Return an e-mail address as it is stored: without blanks around it, in lower case."""
    email = given.strip().lower()
    if not (len(email) <= LONGEST_EMAIL and _EMAIL.fullmatch(email) and _can_be_mailed(email)):
        raise DomainError("bad_email", "email must be an e-mail address, such as ama@example.com.")
    return email


def _can_be_mailed(email: str) -> bool:
    """Return whether every mail server takes this address: ASCII, no two dots, and so on."""
    try:
        Address(addr_spec=email)
    except (MessageError, ValueError):
        return False
    return email.isascii() and email.isprintable()


def _endow(account_id: int, new: NewAccount) -> None:
    if new.credits:
        credits.grant(account_id, new.credits, type=TransactionType.BONUS, reason=new.reason)
    if new.sender:
        senders.add_approved(account_id, new.sender)
