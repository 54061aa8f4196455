"""Telling owners that a smaller share of their messages arrives than they want to know of."""

import logging
from datetime import datetime, timedelta

from redis.exceptions import RedisError
from sqlalchemy import BigInteger, ColumnElement, Row, Select, cast, func, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from flashsms import queue
from flashsms.extensions import db, transaction
from flashsms.models import Account, ActivityHour, EventType, now
from flashsms.models.rows import change
from flashsms.services import webhooks
from flashsms.services.people import letters

HOURS = 3  # that are looked at, the one that has begun included
FEWEST = 50  # recipients that became final in them: fewer say nothing
PAUSE = timedelta(days=1)  # between two alerts of an account
EVERY = 600  # seconds between two looks
PER_LOOK = 500  # accounts told by one look; the next takes the next ones

_LOOKED = "flashsms:rates-looked-at"

log = logging.getLogger(__name__)

Low = Row[int, int | None, int, int]  # account id, its threshold, recipients delivered, and final


def wake_due() -> None:
    """Look at the delivery rates, unless somebody did within the last ten minutes."""
    try:
        due = queue.redis().set(_LOOKED, 1, nx=True, ex=EVERY)
    except RedisError as error:
        log.warning("Delivery rates are looked at later: %s", error)
        return
    if due:
        look()


def look() -> None:
    """Tell the owners of the accounts whose rate is low. One transaction per account."""
    moment = now()
    found = db.session.execute(_low(moment)).all()
    db.session.commit()
    for low in found:
        try:
            _tell(low, moment)
        except SQLAlchemyError:  # one that cannot be told must not keep the others from it
            log.exception("Account %d was not told that its delivery rate is low.", low.account_id)


def _low(moment: datetime) -> Select[int, int | None, int, int]:
    """Return the one statement that finds them, by the hours of all accounts since the first."""
    this_hour = moment.replace(minute=0, second=0, microsecond=0)
    delivered = cast(func.sum(ActivityHour.delivered), BigInteger)
    finished = cast(func.sum(ActivityHour.delivered + ActivityHour.failed), BigInteger)
    return (
        select(
            ActivityHour.account_id,
            Account.low_rate.label("threshold"),
            delivered.label("delivered"),
            finished.label("finished"),
        )
        .join(Account, Account.id == ActivityHour.account_id)
        .where(
            ActivityHour.hour > this_hour - timedelta(hours=HOURS),
            ActivityHour.hour <= this_hour,
            Account.low_rate.is_not(None),
            _may_be_told(moment),
        )
        .group_by(ActivityHour.account_id, Account.low_rate)
        .having(finished >= FEWEST, delivered * 100 < finished * Account.low_rate)
        .order_by(ActivityHour.account_id)
        .limit(PER_LOOK)
    )


def _may_be_told(moment: datetime) -> ColumnElement[bool]:
    return or_(Account.rate_told_at.is_(None), Account.rate_told_at <= moment - PAUSE)


def _tell(low: Low, moment: datetime) -> None:
    """Tell an account once; of two looks at once the first changes its row."""
    still = (Account.id == low.account_id, Account.low_rate == low.threshold, _may_be_told(moment))
    rate = low.delivered * 100 // low.finished  # rounded down: it reads as below the threshold
    with transaction():
        if change(update(Account).where(*still).values(rate_told_at=moment)).rowcount == 0:
            return
        data = {"rate": rate, "threshold": low.threshold, "finished": low.finished}
        webhooks.emit(low.account_id, EventType.DELIVERY_RATE_LOW, [data])
        letters.tell_owners(low.account_id, letters.LOW_RATE, rate, low.threshold, low.finished)
