"""The campaigns of an account, newest first, and which of them are on the move."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Select, or_, select, tuple_

from flashsms.extensions import db
from flashsms.models import Message, MessageStatus, now
from flashsms.services import history

LONGEST_SEARCH = 100
SEARCHED = 10_000  # the newest campaigns that a search looks through
_AWAITS_RECEIPTS = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Listed:
    """Some campaigns, and whether there are older and newer ones of the same kind."""

    items: list[Message]
    older: bool
    newer: bool


def page(
    account_id: int,
    limit: int,
    *,
    search: str = "",
    statuses: Collection[MessageStatus] = (),
    is_test: bool | None = None,
    before: str | None = None,
    after: str | None = None,
) -> Listed:
    """Return up to `limit` campaigns whose name or text holds `search`, newest first.

    With `is_test` only what test keys sent, or only all else.
    `before` is the id of the last campaign of the page before, `after` that of the first of the
    page behind. Raises NotFound for an id that the account does not have.
    """
    query = _matching(account_id, search, statuses, is_test)
    place = tuple_(Message.created_at, Message.id)
    if after is not None:
        edge = history.message(account_id, after)
        newer = query.where(place > (edge.created_at, edge.id)).order_by(
            Message.created_at, Message.id
        )
        found = list(db.session.scalars(newer.limit(limit + 1)))
        return Listed(found[:limit][::-1], older=True, newer=len(found) > limit)
    if before is not None:
        edge = history.message(account_id, before)
        query = query.where(place < (edge.created_at, edge.id))
    latest = query.order_by(Message.created_at.desc(), Message.id.desc()).limit(limit + 1)
    found = list(db.session.scalars(latest))
    return Listed(found[:limit], older=len(found) > limit, newer=before is not None)


def poll_after(message: Message) -> int | None:
    """Return after how many seconds a look at the campaign may show something new, if ever."""
    moment = now()
    if message.status is MessageStatus.PENDING:
        return 2
    if message.status is MessageStatus.SENT and message.sent_at is not None:
        return 5 if moment - message.sent_at < _AWAITS_RECEIPTS else None
    if message.status is MessageStatus.SCHEDULED and message.scheduled_at is not None:
        return 15 if message.scheduled_at - moment < _AWAITS_RECEIPTS else None
    return None


def _matching(
    account_id: int, search: str, statuses: Collection[MessageStatus], is_test: bool | None
) -> Select[Message]:
    query = select(Message).where(Message.account_id == account_id)
    if is_test is not None:
        query = query.where(history.of_kind(is_test, by_status=bool(statuses)))
    if statuses:
        query = query.where(Message.status.in_(statuses))
    if not search:
        return query
    newest = (
        query.with_only_columns(Message.id)
        .order_by(Message.created_at.desc(), Message.id.desc())
        .limit(SEARCHED)
    )
    held = or_(
        Message.campaign_name.icontains(search, autoescape=True),
        Message.text.icontains(search, autoescape=True),
        Message.public_id == search,
    )
    return query.where(Message.id.in_(newest), held)
