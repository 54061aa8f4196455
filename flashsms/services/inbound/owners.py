"""Whose a text is: the number's, or else of whoever wrote to its sender last."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from sqlalchemy import select

from flashsms.extensions import db
from flashsms.models import InboundNumber, Message, Recipient, now
from flashsms.services.inbound.reading import Text

REMEMBERED = timedelta(days=30)  # for which a text may be an answer to what was sent
_LOOKED = 50  # messages to a number that are looked at, the newest

Owners = Mapping[tuple[str, str], int | None]  # by phone and number


def of(texts: Iterable[Text], listed: Mapping[str, InboundNumber]) -> Owners:
    """Return which account each text is for, None for nobody; `listed` are numbers of ours."""
    found: dict[tuple[str, str], int | None] = {}
    last: dict[str, int | None] = {}
    for text in texts:
        known = listed.get(text.number)
        if known is not None and known.account_id is not None:
            found[text.phone, text.number] = known.account_id
            continue
        if text.phone not in last:
            last[text.phone] = _wrote_last(text.phone)
        found[text.phone, text.number] = last[text.phone]
    return found


def _wrote_last(phone: str) -> int | None:
    """Return the account whose message was handed over for this number last."""
    newest = (
        select(Recipient.message_id, Recipient.sent_at)
        .where(Recipient.phone == phone)
        .order_by(Recipient.message_id.desc(), Recipient.id.desc())
        .limit(_LOOKED)
        .subquery("newest")
    )
    return db.session.scalar(
        select(Message.account_id)
        .join(newest, newest.c.message_id == Message.id)
        .where(newest.c.sent_at >= now() - REMEMBERED)
        .order_by(newest.c.sent_at.desc())
        .limit(1)
    )
