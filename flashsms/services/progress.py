"""How far messages have come: their counters and status, moved with their recipients."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import and_, bindparam, case, func, or_, update

from flashsms.extensions import db
from flashsms.models import Message, MessageStatus, now


@dataclass(slots=True)
class Delta:
    """By how much the counters of one message change.

    `handed` says that some were handed over; `owed` are credits to refund, which whoever records
    the delta books after it: recipients, then messages, then accounts is the order of all locks.
    """

    waiting: int = 0
    unknown: int = 0
    delivered: int = 0
    failed: int = 0
    handed: bool = False
    owed: int = 0


def record(changes: Mapping[int, Delta]) -> None:
    """Add the deltas to messages (by id) and derive the statuses; in the caller's transaction.

    Messages are changed in the order of their ids, so that two recorders cannot deadlock.
    """
    moment = now()
    params = [
        {
            "message": message_id,
            "waiting_by": delta.waiting,
            "unknown_by": delta.unknown,
            "delivered_by": delta.delivered,
            "failed_by": delta.failed,
            "handed_at": moment if delta.handed else None,
        }
        for message_id, delta in sorted(changes.items())
    ]
    if params:
        db.session.connection().execute(_RECORD, params)


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
