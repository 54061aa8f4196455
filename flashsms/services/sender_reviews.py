"""Sender IDs as operators review them: what waits, what was decided, and many at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, literal_column, select, tuple_, update

from flashsms.extensions import db, transaction
from flashsms.models import Account, Sender, SenderStatus, now
from flashsms.services import audit, protected_names, senders
from flashsms.services.errors import DomainError, NotFound

MOST_AT_ONCE = 200  # that are approved together
LOOKED_THROUGH = 20_000  # decided ones that a search reads at a time

_PENDING = Sender.status == literal_column("'PENDING'")  # spelt as in the index, which it needs
_FRESH = {"synchronize_session": False, "populate_existing": True}


class LooksAlike(DomainError):
    """The name may be taken for a protected one, so that proof is asked for."""

    def __init__(self, name: str, protected: str) -> None:
        super().__init__(
            "sender_protected",
            f"{name!r} looks like {protected!r}, which is protected. Approve it only with proof "
            "that the account may use it.",
        )


@dataclass(frozen=True, slots=True)
class Review:
    """A sender, whose it is, and the protected name that it may be taken for."""

    sender: Sender
    account: Account
    looks_like: str | None


@dataclass(frozen=True, slots=True)
class Listed:
    """Some reviews; whether others come before and after them.

    `further` is where a search that read LOOKED_THROUGH rows goes on.
    """

    items: list[Review]
    before: bool
    after: bool
    further: str | None = None


@dataclass(frozen=True, slots=True)
class Approved:
    """What became of many: those approved, those left out, how many were decided or unknown."""

    approved: list[Sender]
    look_alikes: list[tuple[Sender, str]]
    decided: list[Sender]


def waiting(limit: int, *, before: str | None = None, after: str | None = None) -> Listed:
    """Return up to `limit` requests, the oldest first: the first, or those beside one of an id.

    Raises NotFound for an unknown id.
    """
    place = tuple_(Sender.created_at, Sender.id)
    query = _with_account().where(_PENDING)
    if before is not None:
        mark = _find(before)
        earlier = query.where(
            Sender.created_at <= mark.created_at, place < (mark.created_at, mark.id)
        )
        latest = earlier.order_by(Sender.created_at.desc(), Sender.id.desc())
        found, more = _cut(latest, limit)
        return Listed(_reviews(found[::-1]), before=more, after=True)
    if after is not None:
        mark = _find(after)
        query = query.where(
            Sender.created_at >= mark.created_at, place > (mark.created_at, mark.id)
        )
    found, more = _cut(query.order_by(Sender.created_at, Sender.id), limit)
    return Listed(_reviews(found), before=after is not None, after=more)


def decided(limit: int, search: str = "", *, after: str | None = None) -> Listed:
    """Return up to `limit` decided ones whose name has `search` in it, newest request first.

    `after` is the id behind which to go on. Raises NotFound for an unknown one.
    """
    settled = select(Sender.id).where(Sender.status != SenderStatus.PENDING)
    query = _with_account().where(Sender.status != SenderStatus.PENDING)
    if after is not None:
        last = Sender.id < _find(after).id
        settled, query = settled.where(last), query.where(last)
    further = None
    if search:
        query = query.where(Sender.folded.contains(search.lower(), autoescape=True))
        further = _end_of_walk(settled)
    if further is not None:
        query = query.where(Sender.id >= further.id)
    found, more = _cut(query.order_by(Sender.id.desc()), limit)
    on = further.public_id if further is not None and not more else None
    return Listed(_reviews(found), before=after is not None, after=more, further=on)


def find(public_id: str) -> Review:
    """Return one sender wherever it stands, or raise NotFound."""
    sender = _find(public_id)
    account = db.session.get_one(Account, sender.account_id)
    return _reviews([(sender, account)])[0]


def approve(public_id: str, *, proven: bool = False, overrule: bool = False) -> Sender:
    """Approve one, as `senders.approve` does; one that looks like another only if `proven`.

    Raises LooksAlike otherwise.
    """
    with transaction():
        name = _find(public_id).name
        looks_like = protected_names.looks_like([name]).get(name)
        if looks_like and not proven:
            raise LooksAlike(name, looks_like)
        return senders.approve(public_id, overrule=overrule, looks_like=looks_like)


def approve_many(public_ids: Sequence[str]) -> Approved:
    """Approve those that wait and look like no protected name, all of them or none.

    The others are left as they are and returned. Raises DomainError beyond MOST_AT_ONCE.
    """
    if len(public_ids) > MOST_AT_ONCE:
        raise DomainError("too_many", f"At most {MOST_AT_ONCE} can be approved at once.")
    known = [public_id for public_id in public_ids if public_id.isprintable()]
    with transaction():
        held = select(Sender).where(Sender.public_id.in_(known)).order_by(Sender.id)
        chosen = db.session.scalars(held.with_for_update(), execution_options=_FRESH).all()
        alike = protected_names.looks_like([sender.name for sender in chosen])
        waiting = [one for one in chosen if one.status is SenderStatus.PENDING]
        decided = [one for one in chosen if one.status is not SenderStatus.PENDING]
        approved = _approve([one for one in waiting if one.name not in alike])
    look_alikes = [(one, alike[one.name]) for one in waiting if one.name in alike]
    return Approved(approved, look_alikes, decided)


def _approve(chosen: list[Sender]) -> list[Sender]:
    if not chosen:
        return []
    approved = db.session.scalars(
        update(Sender)
        .where(Sender.id.in_([one.id for one in chosen]), _PENDING)
        .values(status=SenderStatus.APPROVED, approved_at=now(), reason=None)
        .returning(Sender),
        execution_options=_FRESH,
    ).all()
    audit.record_many(senders.decision(one, SenderStatus.PENDING) for one in approved)
    senders.announce(approved)
    return sorted(approved, key=lambda one: (one.created_at, one.id))


def _with_account() -> Select[Sender, Account]:
    return select(Sender, Account).join(Account, Account.id == Sender.account_id)


def _cut(query: Select[Sender, Account], limit: int) -> tuple[list[tuple[Sender, Account]], bool]:
    found = [(sender, account) for sender, account in db.session.execute(query.limit(limit + 1))]
    return found[:limit], len(found) > limit


def _reviews(found: list[tuple[Sender, Account]]) -> list[Review]:
    alike = protected_names.looks_like([sender.name for sender, _ in found])
    return [Review(sender, account, alike.get(sender.name)) for sender, account in found]


def _end_of_walk(settled: Select[int]) -> Sender | None:
    """Return the last row that a search reads, or None when it reads them all."""
    ids = settled.order_by(Sender.id.desc()).limit(LOOKED_THROUGH + 1).subquery()
    last, count = db.session.execute(select(func.min(ids.c.id), func.count())).one()
    if count <= LOOKED_THROUGH:
        return None
    return db.session.scalar(select(Sender).where(Sender.id > last).order_by(Sender.id).limit(1))


def _find(public_id: str) -> Sender:
    found = None
    if public_id.isprintable():  # PostgreSQL does not even compare with a NUL
        found = db.session.scalar(select(Sender).where(Sender.public_id == public_id))
    if found is None:
        raise NotFound("sender_unknown", f"There is no sender {public_id[:40]!r}.")
    return found
