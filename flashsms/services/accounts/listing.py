"""All accounts, page by page, as operators look for one."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from flashsms.extensions import db
from flashsms.models import Account, ActivityHour, Role, User, now
from flashsms.services.accounts.standing import find
from flashsms.services.activity import DAYS
from flashsms.text import search as searching

LONGEST_SEARCH = 100
_NATIONAL = 9  # digits of a Ghana number without its 0
_ORNAMENTS = (" ", "-", ".", "(", ")", "+", "\u00a0", "\u2011")  # that phones are stored with


@dataclass(frozen=True, slots=True)
class Row:
    """One account, the e-mail of its first owner, and what it `sent` in the last 30 days (UTC)."""

    account: Account
    owner: str | None
    sent: int


@dataclass(frozen=True, slots=True)
class Listed:
    """Some accounts, and whether there are older and newer ones of the same kind."""

    items: list[Row]
    older: bool
    newer: bool


def page(
    limit: int,
    *,
    search: str = "",
    suspended: bool = False,
    before: str | None = None,
    after: str | None = None,
) -> Listed:
    """Return up to `limit` accounts, newest first: for operators, who see them all.

    `search` is part of a name, of a phone in any form, or of the e-mail of anybody in the account.
    `before` is the id of the last account of the page before, `after` that of the first of the
    page behind. Raises NotFound for an id that no account has.
    """
    query = _matching(search, suspended)
    place = tuple_(Account.created_at, Account.id)
    if after is not None:
        edge = find(after)
        newer = query.where(place > (edge.created_at, edge.id)).order_by(
            Account.created_at, Account.id
        )
        found = list(db.session.scalars(newer.limit(limit + 1)))
        return Listed(_rows(found[:limit][::-1]), older=True, newer=len(found) > limit)
    if before is not None:
        edge = find(before)
        query = query.where(place < (edge.created_at, edge.id))
    latest = query.order_by(Account.created_at.desc(), Account.id.desc()).limit(limit + 1)
    found = list(db.session.scalars(latest))
    return Listed(_rows(found[:limit]), older=len(found) > limit, newer=before is not None)


def _matching(search: str, suspended: bool) -> Select[Account]:
    query = select(Account)
    if suspended:
        query = query.where(Account.suspended_at.is_not(None))
    typed = search.replace("\0", "").strip()
    if typed:
        exactly = Account.name.contains(typed, autoescape=True) | (Account.public_id == typed)
        query = query.where(or_(exactly, *(_holds(term) for term in searching.terms(typed))))
    return query


def _holds(term: str) -> ColumnElement[bool]:
    """The condition that an account's name or number, or the e-mail of its people, has a term."""
    people = select(User.account_id).where(User.email.contains(term, autoescape=True))
    return or_(
        Account.name.icontains(term, autoescape=True),
        Account.phone.icontains(term, autoescape=True),
        _digits().contains(term, autoescape=True),
        Account.id.in_(people),
    )


def _digits() -> ColumnElement[str]:
    """The phone, which is stored as it was typed, as contacts are searched by theirs.

    It is the international number after the end of a line, which terms begin with that are the
    start of a number.
    """
    bare: ColumnElement[str] = cast(Account.phone, String)
    for ornament in _ORNAMENTS:
        bare = func.replace(bare, ornament, "", type_=String)
    international = case(
        (bare.startswith("00"), func.substr(bare, 3, type_=String)),
        (bare.startswith("0"), literal("233") + func.substr(bare, 2, type_=String)),
        (bare.startswith("2330"), literal("233") + func.substr(bare, 5, type_=String)),
        (func.length(bare) == _NATIONAL, literal("233") + bare),
        else_=bare,
    )
    return literal("\n") + international


def _rows(found: Collection[Account]) -> list[Row]:
    ids = [account.id for account in found]
    owners, sent = _owners(ids), _sent(ids)
    return [Row(one, owners.get(one.id), sent.get(one.id, 0)) for one in found]


def _owners(ids: Collection[int]) -> dict[int, str]:
    people = db.session.execute(
        select(User.account_id, User.email)
        .where(User.account_id.in_(ids), User.role == Role.OWNER)
        .order_by(User.id.desc())
    )
    return {account_id: email for account_id, email in people}  # the first one is written last


def _sent(ids: Collection[int]) -> dict[int, int]:
    first = now().date() - timedelta(days=DAYS - 1)
    found = db.session.execute(
        select(ActivityHour.account_id, cast(func.sum(ActivityHour.sent), BigInteger))
        .where(
            ActivityHour.account_id.in_(ids),
            ActivityHour.hour >= datetime.combine(first, time(), UTC),
        )
        .group_by(ActivityHour.account_id)
    )
    return {account_id: sent for account_id, sent in found}
