"""What words such as STOP do, and the one answer that each gets.

The database decides whether one is due, so that the same word over two workers is answered once:
an opt-out is answered when its row is new, a return when it ended one; how many were answered is
counted while the row of the conversation is locked (`conversations.note`). Everything is locked in
one order, opt-outs before accounts, so that two carriers' texts cannot lock each other out.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from flashsms.extensions import db
from flashsms.models import InboundKind, InboundMessage, InboundNumber, OptSource, now
from flashsms.models.rows import change
from flashsms.services import opt_outs, sending
from flashsms.services.errors import DomainError
from flashsms.services.inbound import numbers
from flashsms.services.inbound.reading import is_number
from flashsms.services.inbound.words import Wording
from flashsms.services.sending import Order

LABEL = "Automatic answer"
PERIOD = timedelta(hours=24)
MOST = 5  # answers to one person in a PERIOD, HELP but once: each costs the account a message

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """A text that is stored now, for an account."""

    id: int
    public_id: str
    account_id: int
    phone: str
    number: str
    text: str
    kind: InboundKind
    at: datetime


def act(
    carrier_id: int,
    taken: Iterable[Taken],
    listed: Mapping[str, InboundNumber],
    wordings: Mapping[int, Wording],
) -> None:
    """Do what the words among these texts ask for, and answer; in the caller's transaction."""
    meant = [one for one in taken if one.kind is not InboundKind.TEXT]
    due = [
        one
        for one in sorted(meant, key=lambda one: (one.account_id, one.phone, one.id))
        if _apply(one)
    ]
    ours = numbers.among(one.phone for one in due) if due else {}
    for one in due:
        text = wordings[one.account_id].answers[one.kind]
        if one.phone in ours or not text:  # two of our own numbers would never stop
            continue
        if _may_answer(one):
            _answer(one, text, numbers.carrier_for(listed.get(one.number), carrier_id))


def _apply(one: Taken) -> bool:
    """Change what a word is about, and return whether an answer may be due."""
    if one.kind is InboundKind.STOP:
        return opt_outs.opt_out(one.account_id, one.phone, OptSource.REPLY)
    if one.kind is InboundKind.START:
        return opt_outs.opt_in(one.account_id, one.phone, OptSource.REPLY)
    return True


def _may_answer(one: Taken) -> bool:
    """Whether this person was not answered too often lately."""
    answered = select(InboundMessage.kind).where(
        InboundMessage.phone == one.phone,
        InboundMessage.received_at > now() - PERIOD,
        InboundMessage.account_id == one.account_id,
        InboundMessage.answer_id.is_not(None),
    )
    kinds = db.session.scalars(answered.limit(MOST)).all()
    return len(kinds) < MOST and not (one.kind is InboundKind.HELP and one.kind in kinds)


def _answer(one: Taken, text: str, carrier_id: int | None) -> None:
    """Send an answer as a message of the account; one that it cannot pay is not sent."""
    order = Order(
        text=text,
        recipients=[one.phone],
        label=LABEL,
        from_number=one.number if is_number(one.number) else None,
        is_answer=True,
        only_carrier_id=carrier_id,
    )
    try:
        with db.session.begin_nested():
            message = sending.accept(one.account_id, order).message
    except DomainError as error:
        log.warning("%s of account %d was not answered: %s", one.kind, one.account_id, error.code)
        return
    change(update(InboundMessage).where(InboundMessage.id == one.id).values(answer_id=message.id))
