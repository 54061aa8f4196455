"""What a test key sends: how much it may be, and who tells its receipts once a worker is lost.

It takes the way of every message, through the queue, the claim and the receipts, but leaves by a
carrier that only pretends (`carriers.rehearsal`) and costs nothing.
"""

from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, func, select

from flashsms.carriers import rehearsal
from flashsms.extensions import db
from flashsms.models import Message, Recipient, RecipientStatus, now
from flashsms.models.rows import lock
from flashsms.services import receipts
from flashsms.services.carriers import WayOut
from flashsms.services.errors import DomainError

MOST = 1000  # recipients of one test
BATCH = 100  # recipients that one job takes, so that it is over soon
OVERDUE = timedelta(seconds=15)  # after which a receipt is lost: the latest comes after five

WAY = WayOut(
    id=rehearsal.ID,
    public_id="",
    name="Test",
    url=rehearsal.URL,
    priority=0,
    operators=frozenset(),
    active=True,
    paused_at=None,
    paused_for=None,
)
_TESTING = 10  # what the lock of an account's tests is called
_A_DAY = timedelta(days=1)


def check_size(count: int) -> None:
    """Raise DomainError for more recipients than a test may have."""
    if count > MOST:
        raise DomainError(
            "too_many_recipients",
            f"With a test key a message may have at most {MOST:,} recipients; this one would have "
            f"{count:,}. Use a smaller group.",
        )


def check_room(message: Message) -> None:
    """Raise DomainError when an account's tests of one day are too many; with the test written.

    What costs nothing would else fill the database and keep the workers from what does.
    """
    most = current_app.config["TEST_LIMIT"]
    lock(_TESTING, message.account_id)
    sent = db.session.scalar(
        select(func.sum(Message.recipient_count)).where(
            Message.account_id == message.account_id,
            Message.is_test,
            Message.created_at > now() - _A_DAY,
        )
    )
    if most and (sent or 0) > most:
        raise DomainError(
            "too_many_tests",
            f"Test keys of this account may send to {most:,} recipients in 24 hours. Wait, or send "
            "to fewer.",
        )


def next_look(message: Message) -> datetime | None:
    """Return when all that is told of a test must have come, None once nothing more comes."""
    sent = db.session.execute(select(Recipient.phone, Recipient.sent_at).where(*_sent(message.id)))
    untold = [sent_at for phone, sent_at in sent if sent_at and rehearsal.receipts(0, phone, 1)]
    if not untold or message.expires_at <= now():
        return None
    overdue_at = max(untold) + OVERDUE
    return overdue_at if overdue_at > now() else now() + OVERDUE


def tell_overdue(message_id: int) -> None:
    """Tell the receipts of a test that a worker took along when it ended; some never come."""
    overdue = db.session.execute(
        select(Recipient.id, Recipient.phone, Recipient.parts).where(
            *_sent(message_id), Recipient.sent_at <= now() - OVERDUE
        )
    ).all()
    db.session.commit()
    told = [one for row in overdue for one in rehearsal.receipts(*row)]
    receipts.apply(rehearsal.ID, told)


def _sent(message_id: int) -> tuple[ColumnElement[bool], ...]:
    return Recipient.message_id == message_id, Recipient.status == RecipientStatus.SENT
