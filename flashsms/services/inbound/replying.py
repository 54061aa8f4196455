"""Answering one person from the dashboard: an ordinary message to one number."""

import hashlib
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import select

from flashsms.extensions import db, transaction
from flashsms.models import Conversation, InboundMessage, InboundNumber
from flashsms.services import idempotency, opt_outs, senders, sending
from flashsms.services.errors import DomainError
from flashsms.services.inbound import conversations, numbers
from flashsms.services.inbound.reading import is_person
from flashsms.services.sending import Order
from flashsms.text.phones import normalise


@dataclass(frozen=True, slots=True)
class WayBack:
    """How a person can be answered: from a `number`, else from a `sender` that cannot be answered.

    `hindrance` says why they cannot, as a sentence; empty when they can. `opted_out` is one reason.
    """

    number: str | None = None
    sender: str | None = None
    hindrance: str = ""
    opted_out: bool = False


def way_back(account_id: int, conversation: Conversation) -> WayBack:
    """Return how the account can answer somebody."""
    phone = conversation.phone
    if normalise(phone, current_app.config["COUNTRIES"]) is None:
        return WayBack(hindrance=f"{phone} is no number that messages can be sent to.")
    if is_person(phone) and opt_outs.find(account_id, phone):
        return WayBack(
            hindrance="This person opted out and gets no messages, until they write START or you "
            "take the opt-out back.",
            opted_out=True,
        )
    known = _number(account_id, conversation)
    if known is not None:
        return WayBack(number=known.number)
    try:
        return WayBack(sender=senders.choose(account_id, None))
    except DomainError:
        return WayBack(hindrance="To answer, you need a number or an approved sender ID.")


def reply(account_id: int, phone: str, text: str, *, attempt: str) -> str:
    """Send a text to somebody who wrote, and return the message's id.

    `attempt` names the form: sent twice it sends one message. Raises NotFound when nobody of that
    number wrote to the account, and whatever an order can be refused for.
    """
    conversation = conversations.find(account_id, phone)
    way = way_back(account_id, conversation)
    if way.hindrance:
        raise DomainError("no_way_back", way.hindrance)
    order = Order(
        text=text,
        recipients=[phone],
        label="Reply",
        from_number=way.number,
        only_carrier_id=_carrier(account_id, phone, way.number) if way.number else None,
    )
    wanted = repr((phone, text, attempt)).encode("utf-8", "replace")
    key = f"reply {hashlib.sha256(wanted).hexdigest()}"
    with transaction():
        sent = idempotency.once(
            account_id,
            key,
            "reply",
            lambda: sending.accept(account_id, order).message.public_id,
        )
    return sent.body


def _number(account_id: int, conversation: Conversation) -> InboundNumber | None:
    """Return the number they wrote to, if it is the account's or shared, else one of its own."""
    known = numbers.among([conversation.number]).get(conversation.number)
    if known is not None and known.account_id in (None, account_id):
        return known
    return next(iter(numbers.of_account(account_id)), None)


def _carrier(account_id: int, phone: str, number: str) -> int | None:
    """Return the carrier of a number, else that by which texts to it came; None for any."""
    came_by = db.session.scalar(
        select(InboundMessage.carrier_id)
        .where(
            InboundMessage.account_id == account_id,
            InboundMessage.phone == phone,
            InboundMessage.number == number,
        )
        .order_by(InboundMessage.id.desc())
        .limit(1)
    )
    return numbers.carrier_for(numbers.among([number]).get(number), came_by)
