"""Sender IDs: which names an account may send under, requested by it and decided by an operator."""

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, select, update
from sqlalchemy.exc import IntegrityError

from flashsms.extensions import db, transaction
from flashsms.models import Account, EventType, Sender, SenderStatus, now
from flashsms.models.rows import insert, lock
from flashsms.services import audit, webhooks
from flashsms.services.audit import Act, Action
from flashsms.services.contacts.drafts import line
from flashsms.services.errors import DomainError, NotFound

MOST_PENDING = 20  # requests of one account that wait for an operator
MOST_LISTED = 200
LONGEST_PURPOSE = 500
FOR_TESTS = "Test"  # whom a test comes from while no name is approved
LONGEST_REASON = 200

_REQUESTING = 4  # what the lock of an account's requests is called
_NAME = re.compile(r"(?=.{3,11}$)(?=.*[A-Za-z])[A-Za-z0-9]+(?: +[A-Za-z0-9]+)*")
_PENDING = Sender.status == literal_column("'PENDING'")  # spelt as in the index, which it needs
_FRESH = {"synchronize_session": False, "populate_existing": True}


_DECISIONS = {
    SenderStatus.APPROVED: Action.SENDER_APPROVED,
    SenderStatus.REJECTED: Action.SENDER_REJECTED,
}


_EVENTS = {
    SenderStatus.APPROVED: EventType.SENDER_APPROVED,
    SenderStatus.REJECTED: EventType.SENDER_REJECTED,
}


class AlreadyDecided(DomainError):
    """An operator decided about the sender before; `said` tells how, for pages."""

    def __init__(self, sender: Sender) -> None:
        why = f" ({sender.reason})" if sender.reason else ""
        self.said = f"Sender {sender.name!r} was already {sender.status.lower()}{why}."
        super().__init__(
            "sender_decided",
            f"{self.said} To decide otherwise, overrule that decision (--overrule).",
        )


def add_approved(account_id: int, name: str) -> Sender:
    """Give the account a sender that needs no review (the operator's own decision)."""
    _check_name(name)
    with transaction():
        sender = Sender(
            account_id=account_id,
            name=name,
            folded=name.lower(),
            status=SenderStatus.APPROVED,
            approved_at=now(),
        )
        db.session.add(sender)
        try:
            db.session.flush()
        except IntegrityError as error:
            raise DomainError("sender_taken", f"The account already has {name!r}.") from error
        announce([sender])
    return sender


def request(account_id: int, name: str, purpose: str | None = None) -> Sender:
    """Ask the operator for a sender; one that was rejected may be asked for again.

    `purpose` says what it is for, on one or more lines. Raises DomainError for a bad name or
    purpose, for a name that waits or is approved already, and beyond MOST_PENDING that wait.
    """
    _check_name(name)
    asked = {"name": name, "purpose": _purpose(purpose), "status": SenderStatus.PENDING}
    again = asked | {"reason": None, "approved_at": None, "created_at": now()}
    new = insert(Sender).values(account_id=account_id, folded=name.lower(), **asked)
    with transaction():
        lock(_REQUESTING, account_id)
        sender: Sender | None = db.session.scalar(
            new.on_conflict_do_update(
                index_elements=[Sender.account_id, Sender.folded],
                set_=again,
                where=Sender.status == SenderStatus.REJECTED,
            ).returning(Sender),
            execution_options=_FRESH,
        )
        if sender is None:
            raise _taken(account_id, name)
        _check_pending(account_id)
    return sender


def approve(public_id: str, *, overrule: bool = False, looks_like: str | None = None) -> Sender:
    """Let the account send under a name that it requested: an operator's decision.

    Raises AlreadyDecided when it is, so that two operators never undo each other unknowingly; with
    `overrule` one that was rejected is approved too. `looks_like` is noted in the audit log.
    """
    decided_before = (SenderStatus.REJECTED,) if overrule else ()
    noted = {"looks like": looks_like} if looks_like else {}
    approved = {"status": SenderStatus.APPROVED, "approved_at": now()}
    return _decide(public_id, decided_before, approved, noted)


def reject(public_id: str, reason: str, *, overrule: bool = False) -> Sender:
    """Refuse a requested name for a `reason` that the account will read: an operator's decision.

    Raises AlreadyDecided when it is; with `overrule` one that was approved is withdrawn: nothing
    more is accepted under it, and what was accepted before still goes out.
    """
    why = _line("reason", reason, LONGEST_REASON)
    if why is None:
        raise DomainError("bad_sender", "reason must say why the sender is rejected.")
    decided_before = (SenderStatus.APPROVED,) if overrule else ()
    return _decide(public_id, decided_before, {"status": SenderStatus.REJECTED, "reason": why}, {})


def every(account_id: int) -> list[Sender]:
    """Return the senders of the account, wherever they stand, the oldest request first.

    Of more than MOST_LISTED the latest.
    """
    latest = db.session.scalars(
        select(Sender)
        .where(Sender.account_id == account_id)
        .order_by(Sender.created_at.desc(), Sender.id.desc())
        .limit(MOST_LISTED)
    )
    return list(latest)[::-1]


def pending(limit: int = 100) -> list[tuple[Sender, str]]:
    """Return what waits for an operator, the oldest first, each with the name of its account."""
    found = db.session.execute(
        select(Sender, Account.name)
        .join(Account, Account.id == Sender.account_id)
        .where(_PENDING)
        .order_by(Sender.created_at, Sender.id)
        .limit(limit)
    )
    return [(sender, account) for sender, account in found]


def approved(account_id: int) -> list[Sender]:
    """Return the approved senders of the account, the oldest first."""
    found = db.session.scalars(
        select(Sender)
        .where(Sender.account_id == account_id, Sender.status == SenderStatus.APPROVED)
        .order_by(Sender.approved_at, Sender.id)
    )
    return list(found)


def choose(account_id: int, wanted: str | None) -> str:
    """Return the name to send under: `wanted` (an approved name or id), else the first approved.

    Raises DomainError when there is none.
    """
    query = select(Sender.name).where(
        Sender.account_id == account_id, Sender.status == SenderStatus.APPROVED
    )
    if wanted is not None:
        query = query.where(_is_called(wanted))
    name = db.session.scalar(query.order_by(Sender.approved_at, Sender.id).limit(1))
    if name is None:
        raise _not_approved(account_id, wanted)
    return name


def choose_for_test(account_id: int, wanted: str | None) -> str:
    """Return the name that a test shows: any that could be a sender ID, approved or not.

    So a program can be tried out before an operator has decided. Without one it is the first
    approved, or FOR_TESTS. Raises DomainError for what can be none.
    """
    if wanted is not None and _NAME.fullmatch(wanted.strip()):
        return wanted.strip()
    try:
        return choose(account_id, wanted)
    except DomainError:
        if wanted is None:
            return FOR_TESTS
        raise


def _not_approved(account_id: int, wanted: str | None) -> DomainError:
    if wanted is None:
        return DomainError(
            "no_sender",
            "This account has no approved sender ID. Request one from the operator of this "
            "installation.",
        )
    known = db.session.scalar(
        select(Sender).where(Sender.account_id == account_id, _is_called(wanted))
    )
    if known is None:
        return DomainError(
            "sender_not_approved",
            f"senderId {wanted[:40]!r} is not an approved sender ID of this account. Use one from "
            "GET /api/v1/sender-ids, or request this one from the operator of this installation.",
        )
    why = f": {known.reason.rstrip('.')}" if known.reason else ""
    stands = "was rejected" if known.status is SenderStatus.REJECTED else "is not approved yet"
    return DomainError(
        "sender_not_approved",
        f"senderId {known.name!r} {stands}{why}. Use one from GET /api/v1/sender-ids.",
    )


def _is_called(wanted: str) -> ColumnElement[bool]:
    known = wanted if wanted.isprintable() else ""  # PostgreSQL does not even compare with a NUL
    return (Sender.folded == known.strip().lower()) | (Sender.public_id == known)


def _decide(
    public_id: str,
    decided_before: tuple[SenderStatus, ...],
    values: dict[str, Any],
    noted: dict[str, Any],
) -> Sender:
    """Decide about a sender that waits, or was `decided_before`; `values` are its new columns."""
    if not public_id.isprintable():  # PostgreSQL does not even compare with a NUL
        raise _unknown(public_id)
    this = Sender.public_id == public_id
    with transaction():
        stood = db.session.scalar(select(Sender.status).where(this).with_for_update())
        sender: Sender | None = db.session.scalar(
            update(Sender)
            .where(this, Sender.status.in_([SenderStatus.PENDING, *decided_before]))
            .values({"reason": None, "approved_at": None} | values)
            .returning(Sender),
            execution_options=_FRESH,
        )
        if sender is None:
            raise _decided(public_id)
        audit.record_many([decision(sender, stood, **noted)])
        announce([sender])
    return sender


def announce(decided: Iterable[Sender]) -> None:
    """Tell the webhooks of their accounts how senders stand; in the transaction that decides."""
    told: dict[SenderStatus, dict[int, list[dict[str, object]]]] = {}
    for one in decided:
        data: dict[str, object] = {
            "senderId": one.public_id,
            "name": one.name,
            "reason": one.reason,
        }
        told.setdefault(one.status, {}).setdefault(one.account_id, []).append(data)
    for status, happened in told.items():
        webhooks.emit_each(_EVENTS[status], happened)


def decision(sender: Sender, stood: SenderStatus | None, **noted: Any) -> Act:
    """Return what the audit log says of a decision about a sender, which `stood` before."""
    stands = {"status": sender.status, "reason": sender.reason} | noted
    after = {name: value for name, value in stands.items() if value is not None}
    action = _DECISIONS[sender.status]
    return Act(action, sender.name, sender.account_id, {"status": stood}, after)


def _decided(public_id: str) -> DomainError:
    sender = db.session.scalar(
        select(Sender).where(Sender.public_id == public_id), execution_options=_FRESH
    )
    return _unknown(public_id) if sender is None else AlreadyDecided(sender)


def _check_pending(account_id: int) -> None:
    query = select(func.count()).where(Sender.account_id == account_id, _PENDING)
    if (db.session.scalar(query) or 0) > MOST_PENDING:
        raise DomainError(
            "too_many_senders",
            f"{MOST_PENDING} sender IDs of this account wait for the operator of this "
            "installation already. Request another one once some are decided.",
        )


def _taken(account_id: int, name: str) -> DomainError:
    status = db.session.scalar(
        select(Sender.status).where(Sender.account_id == account_id, Sender.folded == name.lower())
    )
    if status is SenderStatus.APPROVED:
        return DomainError("sender_taken", f"name: {name!r} is approved already. Send under it.")
    return DomainError(
        "sender_taken",
        f"name: {name!r} was requested already. The operator of this installation has not decided "
        "about it yet.",
    )


def _unknown(public_id: str) -> NotFound:
    return NotFound("sender_unknown", f"There is no sender {public_id[:40]!r}.")


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise DomainError(
            "bad_sender",
            "sender must have 3 to 11 letters, digits or inner spaces, at least one a letter.",
        )


def _purpose(given: str | None) -> str | None:
    """Return one paragraph: its lines without blanks around them, empty ones left out."""
    typed = (given or "").replace("\r\n", "\n").split("\n")
    lines = filter(None, (_line("purpose", one, LONGEST_PURPOSE) for one in typed))
    paragraph = "\n".join(lines)
    if len(paragraph) > LONGEST_PURPOSE:
        raise DomainError(
            "bad_sender",
            f"purpose has {len(paragraph):,} characters; it may have at most {LONGEST_PURPOSE}.",
        )
    return paragraph or None


def _line(name: str, given: str, longest: int) -> str | None:
    try:
        return line(name, given, longest)
    except DomainError as error:
        raise DomainError("bad_sender", error.sentence) from error
