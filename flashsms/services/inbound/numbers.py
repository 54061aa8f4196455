"""The numbers and short codes that people can write to: an operator says whose they are."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from flashsms.extensions import db, transaction
from flashsms.models import Account, Carrier, InboundMessage, InboundNumber, User
from flashsms.services import accounts, audit
from flashsms.services.audit import Action
from flashsms.services.carriers import ways
from flashsms.services.errors import DomainError, NotFound
from flashsms.services.inbound import reading

MOST_OWN = 20  # numbers of one account that its pages name
LONGEST = 15  # digits


@dataclass(frozen=True, slots=True)
class Listed:
    """A number, whose it is (None: shared), and the carrier that answers leave by (None: any)."""

    number: InboundNumber
    account: Account | None
    carrier: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some numbers, the newest first, and whether there are older ones."""

    items: list[Listed]
    older: bool


@dataclass(frozen=True, slots=True)
class Unowned:
    """Some texts that nobody owns, the newest first, and whether there are older ones."""

    items: list[InboundMessage]
    older: bool


def add(number: str, *, account: str | None, carrier: str | None) -> InboundNumber:
    """Let texts to a number reach an account, or with None whoever wrote to their sender last.

    `account` is the e-mail of a user of it or its id, `carrier` the id of the one that answers
    leave by. Raises DomainError naming the field that is wrong.
    """
    values = _checked(number, account, carrier)
    with transaction():
        new = InboundNumber(**values)
        db.session.add(new)
        _flush(new.number)
        audit.record(Action.NUMBER_ADDED, new.number, new.account_id, after=_shown(new))
    return new


def edit(public_id: str, number: str, *, account: str | None, carrier: str | None) -> InboundNumber:
    """Change a number. Texts that arrived stay with the account that they were given to.

    Raises DomainError naming the field that is wrong, or NotFound.
    """
    values = _checked(number, account, carrier)
    with transaction():
        known = _one(public_id, for_update=True)
        before, owner = _shown(known), known.account_id
        for column, value in values.items():
            setattr(known, column, value)
        _flush(known.number)
        if before != (after := _shown(known)):
            about = known.account_id or owner
            audit.record(Action.NUMBER_CHANGED, known.number, about, before=before, after=after)
    return known


def remove(public_id: str) -> str:
    """Forget a number and return it; what was written to it stays. Raises NotFound."""
    with transaction():
        known = _one(public_id, for_update=True)
        before = _shown(known)
        audit.record(Action.NUMBER_REMOVED, known.number, known.account_id, before=before)
        db.session.delete(known)
    return known.number


def find(public_id: str) -> Listed:
    """Return a number, or raise NotFound."""
    [listed] = _listed([_one(public_id)])
    return listed


def page(limit: int, before: str | None = None) -> Page:
    """Return up to `limit` numbers, the newest first, older than the one of an id."""
    query = select(InboundNumber)
    if before is not None:
        query = query.where(InboundNumber.id < _one(before).id)
    found = list(db.session.scalars(query.order_by(InboundNumber.id.desc()).limit(limit + 1)))
    return Page(_listed(found[:limit]), older=len(found) > limit)


def unowned(limit: int, before: str | None = None) -> Unowned:
    """Return up to `limit` texts that nobody owns, the newest first, older than that of an id."""
    query = select(InboundMessage).where(InboundMessage.account_id.is_(None))
    if before is not None:
        query = query.where(InboundMessage.id < _unowned_id(before))
    found = list(db.session.scalars(query.order_by(InboundMessage.id.desc()).limit(limit + 1)))
    return Unowned(found[:limit], older=len(found) > limit)


def of_account(account_id: int) -> list[InboundNumber]:
    """Return the numbers of an account, the oldest first, MOST_OWN at most."""
    found = db.session.scalars(
        select(InboundNumber)
        .where(InboundNumber.account_id == account_id)
        .order_by(InboundNumber.id)
        .limit(MOST_OWN)
    )
    return list(found)


def among(addresses: Iterable[str]) -> dict[str, InboundNumber]:
    """Return those of some addresses that are numbers of this installation, by number."""
    wanted = sorted(set(addresses))
    found = db.session.scalars(select(InboundNumber).where(InboundNumber.number.in_(wanted)))
    return {one.number: one for one in found}


def carrier_for(number: InboundNumber | None, came_by: int | None) -> int | None:
    """Return the id of the carrier by which to answer: that of a number, else `came_by`.

    None for any, when these are unknown or switched off.
    """
    remembered = number.carrier_id if number is not None else None
    for carrier_id in (remembered, came_by):
        is_on = select(Carrier.active).where(Carrier.id == carrier_id)
        if carrier_id is not None and db.session.scalar(is_on):
            return carrier_id
    return None


def email_of(account_id: int) -> str:
    """Return the e-mail by which forms name an account: that of its first user."""
    query = select(User.email).where(User.account_id == account_id)
    return db.session.scalar(query.order_by(User.id).limit(1)) or ""


def _one(public_id: str, *, for_update: bool = False) -> InboundNumber:
    known = public_id if public_id.isprintable() else ""
    query = select(InboundNumber).where(InboundNumber.public_id == known)
    if for_update:
        query = query.with_for_update()
    found = db.session.scalar(query, execution_options={"populate_existing": True})
    if found is None:
        raise NotFound("number_unknown", f"There is no number {public_id[:40]!r}.")
    return found


def _unowned_id(public_id: str) -> int:
    known = public_id if public_id.isprintable() else ""
    found = db.session.scalar(
        select(InboundMessage.id).where(
            InboundMessage.public_id == known, InboundMessage.account_id.is_(None)
        )
    )
    if found is None:
        raise NotFound("text_unknown", "This part of the list is not there. Start anew.")
    return found


def _listed(found: list[InboundNumber]) -> list[Listed]:
    owners = {one.account_id for one in found if one.account_id is not None}
    known = db.session.scalars(select(Account).where(Account.id.in_(sorted(owners))))
    by_id = {account.id: account for account in known}
    named = {id: name for id, name in db.session.execute(select(Carrier.id, Carrier.name))}
    return [
        Listed(one, by_id.get(one.account_id or 0), named.get(one.carrier_id or 0)) for one in found
    ]


def _checked(number: str, account: str | None, carrier: str | None) -> dict[str, str | int | None]:
    digits = reading.address(number)
    if not reading.is_number(digits):
        raise DomainError(
            "bad_number",
            f"number: {number.strip()[:30]!r} is none. Give a phone number such as 0301234567, or "
            "a short code of 3 digits or more.",
        )
    return {
        "number": digits,
        "account_id": _account_id(account) if account else None,
        "carrier_id": ways.find(carrier).id if carrier else None,
    }


def _account_id(named: str) -> int:
    try:
        if "@" in named:
            return accounts.find_by_email(named).id
        return accounts.find(named.strip()).id
    except DomainError as error:
        raise DomainError("bad_account", f"account: {error.sentence}") from error


def _flush(number: str) -> None:
    try:
        db.session.flush()
    except IntegrityError as error:
        raise DomainError("number_taken", f"number: {number} is in the list already.") from error


def _shown(one: InboundNumber) -> dict[str, object]:
    [listed] = _listed([one])
    return {
        "number": one.number,
        "account": listed.account.name if listed.account else "shared",
        "carrier": listed.carrier or "any",
    }
