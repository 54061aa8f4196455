"""A history over several accounts, random but always the same, and what lists of it must show."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from flashsms.extensions import db
from flashsms.models import (
    Account,
    Carrier,
    Message,
    MessageStatus,
    Recipient,
    RecipientStatus,
)
from flashsms.services.operations import history, recipients
from tests.factories import Member

REASONS = ("Absent subscriber", "Unknown number", "Inbox full")
SENDERS = ("MyBrand", "Shop", "Alerts")
BEGAN = datetime(2026, 9, 1, 8, tzinfo=UTC)
PHONES = [f"23324{number:07d}" for number in range(60)]
_WITH_REASON = (RecipientStatus.FAILED, RecipientStatus.UNKNOWN)


def fill(members: list[Member], *, messages: int = 60, seed: int = 5) -> None:
    """Send some messages of 1 to 40 recipients, whose ids and times are not in the same order."""
    dice = random.Random(seed)
    for name in ("One", "Two"):
        db.session.add(Carrier(name=name, url="sealed"))
    db.session.flush()
    carriers = [None, *db.session.scalars(select(Carrier.id))]
    for number in range(messages):
        moment = BEGAN + timedelta(hours=8 * number, minutes=dice.randrange(-600, 600))
        _send(dice, dice.choice(members).account.id, moment, carriers)
    db.session.commit()


def _send(
    dice: random.Random, account_id: int, moment: datetime, carriers: list[int | None]
) -> None:
    people = dice.sample(PHONES, dice.choice((1, 1, 2, 5, 12, 40)))
    called_off = dice.random() < 0.1
    one_state = dice.choice([None, *RecipientStatus])
    states = [RecipientStatus.CANCELLED if called_off else _state(dice, one_state) for _ in people]
    counted = Counter(states)
    message = Message(
        account_id=account_id,
        sender=dice.choice(SENDERS),
        text=f"Message at {moment:%H:%M}",
        status=MessageStatus.CANCELLED if called_off else _status(dice),
        parts=1,
        credits_used=len(people),
        recipient_count=len(people),
        waiting=counted[RecipientStatus.QUEUED] + counted[RecipientStatus.SUBMITTING],
        unknown=counted[RecipientStatus.UNKNOWN],
        delivered=counted[RecipientStatus.DELIVERED],
        failed=counted[RecipientStatus.FAILED],
        urgent=False,
        is_test=moment.minute % 4 == 0,
        expires_at=moment,
        created_at=moment,
    )
    db.session.add(message)
    db.session.flush()
    for phone, state in zip(people, states, strict=True):
        db.session.add(
            Recipient(
                message_id=message.id,
                phone=phone,
                text=f"For {phone}" if dice.random() < 0.1 else None,
                status=state,
                parts=1,
                credits=1,
                due_at=moment,
                carrier_id=dice.choice(carriers),
                reason=dice.choice(REASONS) if state in _WITH_REASON else None,
            )
        )
    db.session.flush()


def _state(dice: random.Random, usual: RecipientStatus | None) -> RecipientStatus:
    if usual not in (None, RecipientStatus.CANCELLED) and dice.random() < 0.8:
        return usual
    return dice.choice([one for one in RecipientStatus if one is not RecipientStatus.CANCELLED])


def _status(dice: random.Random) -> MessageStatus:
    return dice.choice([one for one in MessageStatus if one is not MessageStatus.CANCELLED])


def expected_messages(wanted: history.Wanted) -> list[str]:
    """The ids of the messages that a list must show, by reading all there are."""
    everything = db.session.scalars(select(Message)).all()
    fitting = [
        one for one in everything if _fits(one, wanted) and wanted.status in (None, one.status)
    ]
    fitting.sort(key=lambda one: (one.created_at, one.id), reverse=True)
    return [one.public_id for one in fitting]


def expected_recipients(wanted: recipients.Wanted) -> set[int]:
    """The ids of the recipients that a list must show, by reading all there are."""
    everything = db.session.execute(select(Recipient, Message).join(Message)).all()
    return {
        one.id
        for one, message in everything
        if _fits(message, wanted)
        and wanted.phone in ("", one.phone)
        and wanted.status in (None, one.status)
        and wanted.carrier_id in (None, one.carrier_id)
        and (not wanted.reason or (one.status, one.reason) == ("FAILED", wanted.reason))
    }


def _fits(message: Message, wanted: history.Wanted | recipients.Wanted) -> bool:
    return (
        wanted.account_id in (None, message.account_id)
        and wanted.sender in ("", message.sender)
        and (wanted.since is None or message.created_at >= wanted.since)
        and (wanted.until is None or message.created_at < wanted.until)
        and (wanted.message is None or message.id == wanted.message.id)
        and wanted.is_test in (None, message.is_test)
    )


def account_ids() -> list[int]:
    """The accounts that there are."""
    return list(db.session.scalars(select(Account.id).order_by(Account.id)))
