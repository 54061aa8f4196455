"""How far messages have come: their counters and status, moved with their recipients.

The order of all locks is recipients, then messages, then the hours of `activity`, then
accounts and the days of their credits.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import and_, bindparam, case, func, or_, update

from flashsms.extensions import db
from flashsms.models import Message, MessageStatus, RecipientStatus, now
from flashsms.services import activity
from flashsms.services.webhooks import announcing
from flashsms.services.webhooks.announcing import Final
from flashsms.text.phones import operator

NO_REASON = "No reason was given."


@dataclass(slots=True)
class Delta:
    """By how much the counters of one message change.

    `sent`, `delivered` and `failed` count recipients by the operator of their number range, each
    once: sent is who was taken by the carrier, told by its answer or, where that stayed unknown, by
    a receipt. `reasons` are those of the failed. `final` are those who were delivered to or failed,
    for whoever listens. `owed` are credits to refund, which whoever
    records the delta books after it.
    """

    waiting: int = 0
    unknown: int = 0
    sent: Counter[str] = field(default_factory=Counter)
    delivered: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    final: list[Final] = field(default_factory=list)
    owed: int = 0

    def deliver(self, phone: str) -> None:
        """Count one more that was delivered to."""
        self.delivered[operator(phone)] += 1
        self.final.append(Final(phone, RecipientStatus.DELIVERED, None))

    def fail(self, phone: str, reason: str | None, *, heard: bool = True) -> None:
        """Count one more that failed; kept for those who listen, unless nobody is to hear it."""
        self.failed[operator(phone)] += 1
        self.reasons[reason or NO_REASON] += 1
        if heard:
            self.final.append(Final(phone, RecipientStatus.FAILED, reason or NO_REASON))

    @property
    def moves(self) -> bool:
        """Whether the message may have come further by this."""
        return bool(self.waiting or self.unknown or self.sent or self.delivered or self.failed)


def record(changes: Mapping[int, Delta]) -> None:
    """Add the deltas to messages (by id), derive the statuses and tell whoever listens.

    In the caller's transaction.

    Once in a transaction, with all that it changed: messages are locked in the order of their ids
    and hours in theirs, so that two recorders cannot deadlock.
    """
    moment = now()
    params = [
        {
            "message": message_id,
            "waiting_by": delta.waiting,
            "unknown_by": delta.unknown,
            "delivered_by": delta.delivered.total(),
            "failed_by": delta.failed.total(),
            "handed_at": moment if delta.sent else None,
        }
        for message_id, delta in sorted(changes.items())
    ]
    if params:
        db.session.connection().execute(_RECORD, params)
    activity.add(_by_operator(changes))
    activity.add_failures(_by_reason(changes))
    announcing.announce({id: delta.final for id, delta in changes.items() if delta.moves})


def _by_operator(changes: Mapping[int, Delta]) -> Iterator[activity.Change]:
    for message_id, delta in changes.items():
        sent, delivered, failed = delta.sent, delta.delivered, delta.failed
        for name in sent.keys() | delivered.keys() | failed.keys():
            yield message_id, name, sent[name], delivered[name], failed[name]


def _by_reason(changes: Mapping[int, Delta]) -> Iterator[activity.Failure]:
    for message_id, delta in changes.items():
        for reason, count in delta.reasons.items():
            yield message_id, reason, count


_waiting = Message.waiting + bindparam("waiting_by")
_delivered = Message.delivered + bindparam("delivered_by")
_failed = Message.failed + bindparam("failed_by")
_unknown = Message.unknown + bindparam("unknown_by")
_none_known_sent = and_(_unknown > 0, _unknown + _failed >= Message.recipient_count)
_STATUS = case(
    (
        or_(
            Message.status == MessageStatus.SCHEDULED,
            Message.status == MessageStatus.CANCELLED,
        ),
        Message.status,
    ),
    (or_(_waiting > 0, _none_known_sent), MessageStatus.PENDING),
    (_delivered + _failed < Message.recipient_count, MessageStatus.SENT),
    (_delivered > 0, MessageStatus.DELIVERED),
    else_=MessageStatus.FAILED,
)
_RECORD = (
    update(Message)
    .where(Message.id == bindparam("message"))
    .values(
        waiting=_waiting,
        unknown=_unknown,
        delivered=_delivered,
        failed=_failed,
        status=_STATUS,
        sent_at=func.coalesce(Message.sent_at, bindparam("handed_at", type_=Message.sent_at.type)),
    )
)
