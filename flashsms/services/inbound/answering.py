"""What words such as STOP do, and the one answer that each gets.

The database decides whether one is due, so that the same word over two workers is answered once:
an opt-out is answered when its row is new, a return when it ended one, and for HELP the row of the
conversation is locked by then (`conversations.note`). Everything is locked in one order, opt-outs
before accounts, so that two carriers' texts cannot lock each other out.
"""

import logging
import re
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
HELP_AGAIN = timedelta(hours=24)  # until somebody who asked for help gets it again

_PERSON = re.compile(r"[0-9]{7,15}")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """A text that is stored now, for an account."""

    id: int
    account_id: int
    phone: str
    number: str
    text: str
    kind: InboundKind
    at: datetime


def is_person(phone: str) -> bool:
    """Whether an address can belong to a person: a whole number, no short code and no name."""
    return _PERSON.fullmatch(phone) is not None


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
        if one.kind is not InboundKind.HELP or not _helped(one):
            _answer(one, text, _way_back(one, carrier_id, listed))


def _apply(one: Taken) -> bool:
    """Change what a word is about, and return whether an answer may be due."""
    if one.kind is InboundKind.STOP:
        return opt_outs.opt_out(one.account_id, one.phone, OptSource.REPLY)
    if one.kind is InboundKind.START:
        return opt_outs.opt_in(one.account_id, one.phone, OptSource.REPLY)
    return True


def _helped(one: Taken) -> bool:
    """Whether this person was told lately how to get help."""
    answered = select(InboundMessage.id).where(
        InboundMessage.phone == one.phone,
        InboundMessage.received_at > now() - HELP_AGAIN,
        InboundMessage.account_id == one.account_id,
        InboundMessage.kind == InboundKind.HELP,
        InboundMessage.answer_id.is_not(None),
    )
    return db.session.scalar(answered.limit(1)) is not None


def _way_back(one: Taken, carrier_id: int, listed: Mapping[str, InboundNumber]) -> int:
    """Return the carrier of the number that was written to, or that by which the text came."""
    known = listed.get(one.number)
    return carrier_id if known is None or known.carrier_id is None else known.carrier_id


def _answer(one: Taken, text: str, carrier_id: int) -> None:
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
