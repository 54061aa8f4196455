"""One ordinary message by one carrier, whatever the order of the others: does it work?"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from flashsms.extensions import db, transaction
from flashsms.models import Message, Recipient, RecipientStatus, now
from flashsms.services import audit, carriers, idempotency, sending
from flashsms.services.audit import Action
from flashsms.services.errors import DomainError, NotFound
from flashsms.services.sending import Order

VALIDITY = timedelta(minutes=10)  # of a test: whoever looks on does not wait for a day


@dataclass(frozen=True, slots=True)
class Trial:
    """How a test message stands; `reason` is what the carrier says when it failed or waits."""

    public_id: str
    phone: str
    sender: str
    status: RecipientStatus
    reason: str | None
    created_at: datetime
    ended: bool


def send_once(
    account_id: int, carrier_id: str, *, attempt: str, phone: str, sender: str | None
) -> str:
    """Send a test message by a carrier from an account, and return the message's id.

    It costs what any message costs. `attempt` names the form: sent twice it sends one message.
    Raises DomainError; then nothing was sent.
    """
    way = carriers.find(carrier_id)
    if not way.active:
        raise DomainError("carrier_off", "phone: switch the carrier on before you test it.")
    order = Order(
        text=f"FlashSMS test of {now():%H:%M:%S}.",
        recipients=[phone],
        sender=sender,
        campaign_name=f"Test of {way.name}",
        label="Carrier test",
        only_carrier_id=way.id,
        validity=VALIDITY,
    )

    def act() -> str:
        message = sending.accept(account_id, order).message
        said = {"to": phone[:40], "sender": message.sender, "message": message.public_id}
        audit.record(Action.CARRIER_TESTED, way.name, account_id, after=said)
        return message.public_id

    wanted = repr((way.public_id, attempt, phone, sender))
    key = f"carrier-test {hashlib.sha256(wanted.encode('utf-8', 'replace')).hexdigest()}"
    with transaction():
        return idempotency.once(account_id, key, "test a carrier", act).body


def find(account_id: int, carrier_id: int, message_id: str) -> Trial:
    """Return how a test message of an account by a carrier stands, or raise NotFound."""
    found = db.session.execute(
        select(Message, Recipient)
        .join(Recipient, Recipient.message_id == Message.id)
        .where(
            Message.account_id == account_id,
            Message.public_id == (message_id if message_id.isprintable() else ""),
            Message.only_carrier_id == carrier_id,
        )
        .limit(1)
    ).first()
    if found is None:
        raise NotFound("test_unknown", "There is no such test of this carrier.")
    message, recipient = found
    return Trial(
        public_id=message.public_id,
        phone=recipient.phone,
        sender=message.sender,
        status=recipient.status,
        reason=recipient.reason,
        created_at=message.created_at,
        ended=recipient.final_at is not None,
    )
