"""For which accounts a carrier is: those listed with it alone, or all when there are none."""

from collections.abc import Collection, Sequence

from sqlalchemy import delete, func, insert, select

from flashsms.extensions import db
from flashsms.models import Account, CarrierAccount, Role, User
from flashsms.models.rows import change
from flashsms.services.errors import DomainError

MOST = 1000  # accounts listed with one carrier


def wanted(given: Collection[str]) -> list[int]:
    """Return the ids of accounts that are named by the e-mail of a user or by their public id.

    Raises DomainError bad_account naming the first that there is not.
    """
    typed = sorted({one.strip() for one in given if one.strip()})
    if len(typed) > MOST:
        raise DomainError("bad_account", f"accounts: name {MOST:,} at most.")
    known = [one for one in typed if one.isprintable()]
    emails = {one.lower() for one in known if "@" in one}
    by_email = select(User.email, User.account_id).where(User.email.in_(emails))
    by_id = select(Account.public_id, Account.id).where(Account.public_id.in_(known))
    found = {name: id for query in (by_email, by_id) for name, id in db.session.execute(query)}
    for one in typed:
        if one not in found and one.lower() not in found:
            raise DomainError("bad_account", f"accounts: there is no account {one[:60]!r}.")
    return sorted(set(found.values()))


def put(carrier_id: int, account_ids: Collection[int]) -> None:
    """Let a carrier be for these accounts alone, or for all; in the caller's transaction."""
    change(delete(CarrierAccount).where(CarrierAccount.carrier_id == carrier_id))
    if account_ids:
        rows = [{"carrier_id": carrier_id, "account_id": one} for one in account_ids]
        db.session.execute(insert(CarrierAccount), rows)


def ids_of(carrier_id: int) -> list[int]:
    """Return the accounts that a carrier is for alone."""
    of_it = CarrierAccount.carrier_id == carrier_id
    query = select(CarrierAccount.account_id).where(of_it).order_by(CarrierAccount.account_id)
    return list(db.session.scalars(query))


def named(carrier_id: int) -> list[str]:
    """Return the same, each by its first owner's e-mail or else its public id, in their order."""
    owner = (
        select(func.min(User.id).label("id"), User.account_id)
        .where(User.role == Role.OWNER)
        .group_by(User.account_id)
        .subquery()
    )
    found = db.session.execute(
        select(Account.public_id, User.email)
        .join(CarrierAccount, CarrierAccount.account_id == Account.id)
        .outerjoin(owner, owner.c.account_id == Account.id)
        .outerjoin(User, User.id == owner.c.id)
        .where(CarrierAccount.carrier_id == carrier_id)
    )
    return sorted(email or public_id for public_id, email in found)


def shown(carrier_id: int) -> dict[str, Sequence[str]]:
    """Return what the audit log says of the accounts of a carrier, nothing for all."""
    names = named(carrier_id)
    return {"accounts": names} if names else {}
