"""What must be true whatever was killed, cut or emptied."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select

from flashsms.extensions import db
from flashsms.models import Message, Recipient, RecipientStatus, now
from flashsms.services import sending
from tests.factories import Member, ledger_sum, phones, statuses
from tests.faults.installation import Smsc, eventually

SOON = timedelta(minutes=1)


def send(sender: Member, recipients: Sequence[str], per_request: int = 1000) -> None:
    """Send to numbers, as many in each request as an order may list."""
    for first in range(0, len(recipients), per_request):
        order = sending.Order(text="Hello", recipients=recipients[first : first + per_request])
        sending.accept(sender.account.id, order)


def send_bulk(sender: Member, count: int = 5000) -> list[str]:
    """Send to `count` different numbers, 1,000 in each request; returns the numbers."""
    recipients = phones(count)
    send(sender, recipients)
    return recipients


def standing() -> dict[RecipientStatus, int]:
    """Return how many recipients of all messages stand where."""
    db.session.commit()
    counted = select(Recipient.status, func.count()).group_by(Recipient.status)
    return {status: count for status, count in db.session.execute(counted)}


def waiting() -> int:
    """Return how many recipients the messages say are still to be handed over."""
    db.session.commit()
    return db.session.scalar(select(func.sum(Message.waiting))) or 0


def with_status(status: RecipientStatus) -> set[str]:
    """Return the numbers of the recipients that stand there."""
    db.session.commit()
    return set(db.session.scalars(select(Recipient.phone).where(Recipient.status == status)))


def wait_until_over(smsc: Smsc, seconds: float) -> None:
    """Wait until nobody is left to hand over and the receipts have told what there is to tell.

    Then whoever the SMSC took is DELIVERED, and UNKNOWN are only some that never reached it.
    """
    eventually(lambda: not waiting(), seconds, "everybody was handed over or given up")
    delivered, unknown = RecipientStatus.DELIVERED, RecipientStatus.UNKNOWN
    eventually(
        lambda: (
            standing().keys() <= {delivered, unknown}
            and with_status(delivered) == smsc.taken.keys()
        ),
        60,  # a receipt of an unknown outcome is tried at twice its age, and again at that
        "every receipt has arrived",
    )


def wait_until_all_are(status: RecipientStatus, count: int, seconds: float) -> None:
    eventually(lambda: standing() == {status: count}, seconds, f"all {count} are {status}")


def assert_nobody_was_texted_twice(smsc: Smsc) -> None:
    assert {number: times for number, times in smsc.taken.items() if times > 1} == {}


def assert_the_books_agree(member: Member) -> None:
    """The ledger adds up, the counters are the counts, and nothing is due for ever."""
    assert_the_sums_agree(member)
    for message in every_message():
        assert message.wake_at is None or message.wake_at > now() + SOON


def assert_the_sums_agree(member: Member) -> None:
    """The ledger adds up, the counters are the counts, and nobody waits."""
    db.session.commit()
    assert ledger_sum(member.account) == member.balance
    for message in every_message():
        counted = {
            "SENT": message.recipient_count
            - message.unknown
            - message.delivered
            - message.failed
            - message.waiting,
            "UNKNOWN": message.unknown,
            "DELIVERED": message.delivered,
            "FAILED": message.failed,
        }
        assert statuses(message.id) == {name: count for name, count in counted.items() if count}
        assert message.waiting == 0


def every_message() -> Sequence[Message]:
    """Return all messages as the database has them now."""
    messages = select(Message).execution_options(populate_existing=True)
    return db.session.scalars(messages).all()
