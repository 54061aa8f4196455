"""Sender IDs: which names an account may send under."""

import re

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from flashsms.extensions import db, transaction
from flashsms.models import Sender, SenderStatus, now
from flashsms.services.errors import DomainError

_NAME = re.compile(r"(?=.{3,11}$)(?=.*[A-Za-z])[A-Za-z0-9]+(?: +[A-Za-z0-9]+)*")


def add_approved(account_id: int, name: str) -> Sender:
    """Give the account a sender that needs no review (the operator's own decision)."""
    if not _NAME.fullmatch(name):
        raise DomainError(
            "bad_sender",
            "sender must have 3 to 11 letters, digits or inner spaces, at least one a letter.",
        )
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
    return sender


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
        query = query.where(
            (Sender.folded == wanted.strip().lower()) | (Sender.public_id == wanted)
        )
    name = db.session.scalar(query.order_by(Sender.approved_at, Sender.id).limit(1))
    if name is None:
        raise _not_approved(wanted)
    return name


def _not_approved(wanted: str | None) -> DomainError:
    if wanted is None:
        return DomainError(
            "no_sender",
            "This account has no approved sender ID. Request one from the operator of this "
            "installation.",
        )
    return DomainError(
        "sender_not_approved",
        f"senderId {wanted[:40]!r} is not an approved sender ID of this account. Use one from "
        "GET /api/v1/sender-ids, or request this one from the operator of this installation.",
    )
