"""The history of all accounts as files for spreadsheet programs."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from flashsms.extensions import db, transaction
from flashsms.models import Message, MessageStatus
from flashsms.services import audit, carriers
from flashsms.services.audit import Action
from flashsms.services.contacts.exporting import BOM, quoted, shield
from flashsms.services.operations import history, recipients
from flashsms.services.operations.history import Owned
from flashsms.services.operations.recipients import Line
from flashsms.services.sending import rehearsing

PIECE = 5000  # rows that are read at once

_MESSAGES = (
    "message",
    "created",
    "account",
    "account id",
    "sender",
    "campaign",
    "text",
    "status",
    "recipients",
    "delivered",
    "failed",
    "credits",
    "test",
)
_RECIPIENTS = (
    "phone",
    "account",
    "account id",
    "message",
    "sender",
    "status",
    "reason",
    "carrier",
    "parts",
    "credits",
    "created",
    "sent",
    "finished",
    "text",
    "test",
)


def messages_csv(wanted: history.Wanted, timezone: str, said: Mapping[str, str]) -> Iterator[str]:
    """Return the messages as CSV in pieces, newest first, and write down who took them.

    `said` is the filter in words, for the audit log. A byte order mark comes first, no text is a
    formula, times are by the clock of `timezone`. Each piece is a few short reads of its own.
    """
    _record("messages", wanted.account_id, said)
    return _messages(wanted, ZoneInfo(timezone))


def recipients_csv(
    wanted: recipients.Wanted, timezone: str, said: Mapping[str, str]
) -> Iterator[str]:
    """Return the recipients as CSV in pieces, as `messages_csv` does."""
    _record("recipients", wanted.account_id, said)
    return _recipients(wanted, ZoneInfo(timezone))


def _record(subject: str, account_id: int | None, said: Mapping[str, str]) -> None:
    with transaction():
        audit.record(Action.HISTORY_EXPORTED, subject, account_id, after=said)


def _messages(wanted: history.Wanted, zone: ZoneInfo) -> Iterator[str]:
    yield BOM + quoted([_MESSAGES])
    place: str | None = None
    while True:
        piece = history.page(wanted, PIECE, place)
        yield quoted(_message(one, zone) for one in piece.items)
        if piece.next is None:
            return
        place = piece.next
        _let_go()


def _recipients(wanted: recipients.Wanted, zone: ZoneInfo) -> Iterator[str]:
    yield BOM + quoted([_RECIPIENTS])
    names = {way.id: way.name for way in (rehearsing.WAY, *carriers.every())}
    place: str | None = None
    while True:
        piece = recipients.page(wanted, PIECE, place)
        yield quoted(_recipient(line, names, zone) for line in piece.items)
        if piece.next is None:
            return
        place = piece.next
        _let_go()


def _let_go() -> None:
    """End the read; what was read is never in memory all at once."""
    db.session.commit()
    db.session.expunge_all()


def _message(one: Owned, zone: ZoneInfo) -> list[str | int]:
    message = one.message
    return [
        message.public_id,
        _clock(message.created_at, zone),
        shield(one.account.name),
        one.account.public_id,
        shield(message.sender),
        shield(message.campaign_name or ""),
        shield(message.text),
        message.status.lower(),
        message.recipient_count,
        message.delivered,
        message.failed,
        0 if message.status is MessageStatus.CANCELLED else message.credits_used,
        _is_test(message),
    ]


def _recipient(line: Line, names: Mapping[int, str], zone: ZoneInfo) -> list[str | int]:
    one = line.recipient
    return [
        one.phone,
        shield(line.account.name),
        line.account.public_id,
        line.message.public_id,
        shield(line.message.sender),
        one.status.lower(),
        shield(one.reason or ""),
        shield(names.get(one.carrier_id, "")),
        one.parts,
        one.credits,
        _clock(line.message.created_at, zone),
        _clock(one.sent_at, zone),
        _clock(one.final_at, zone),
        shield(line.text),
        _is_test(line.message),
    ]


def _is_test(message: Message) -> str:
    return "yes" if message.is_test else "no"


def _clock(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if moment else ""
