"""The check that every balance equals the sum of its ledger: on demand, and every night.

It reads accounts in pieces, each piece in one statement. A statement sees one state of the
database, in which a balance and the row that moved it are both there or both not: running traffic
never looks like a mistake. A check is finished by one conditional update, so that two runs of it at
once come to one result.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy import BigInteger, Row, cast, func, select, update

from flashsms import queue
from flashsms.extensions import db, on_commit, transaction
from flashsms.models import Account, LedgerCheck, Transaction, now
from flashsms.models.rows import change, insert, lock
from flashsms.services import audit
from flashsms.services.audit import Action
from flashsms.services.errors import Conflict

PIECE = 500  # accounts added up at once
MOST_NAMED = 100  # accounts that do not add up and are named; more are counted
LISTED = 20  # the last checks, among which the sweep looks for tonight's and for lost ones
NIGHT = time(2)  # UTC
LOST_AFTER = timedelta(minutes=10)  # without a sign of a job

_ASKING = 70  # what the lock of asking is called

log = logging.getLogger(__name__)

# account id, public id, name, balance, sum of its ledger
Sums = Row[int, str, str, int, int]


@dataclass(slots=True)
class _Result:
    """What a check has come to so far."""

    accounts: int = 0
    wrong: int = 0
    found: list[dict[str, Any]] = field(default_factory=list)


def recent(limit: int = LISTED) -> list[LedgerCheck]:
    """Return the last checks, newest first, finished or not."""
    query = select(LedgerCheck).order_by(LedgerCheck.id.desc()).limit(limit)
    return list(db.session.scalars(query, execution_options={"populate_existing": True}))


def finished(checks: list[LedgerCheck]) -> LedgerCheck | None:
    """Return the newest of these checks that has a result."""
    return next((check for check in checks if check.finished_at), None)


def running(checks: list[LedgerCheck]) -> LedgerCheck | None:
    """Return the newest of these checks that has none yet."""
    return next((check for check in checks if not check.finished_at), None)


def ask() -> LedgerCheck:
    """Have all balances checked soon. Raises Conflict while a check that was asked for runs."""
    with transaction():
        lock(_ASKING, 0)
        awaited = running(recent())
        if awaited and now() - awaited.asked_at < LOST_AFTER:
            raise Conflict("check_running", "Balances are being checked already.")
        check = LedgerCheck()
        db.session.add(check)
        db.session.flush()
        audit.record(Action.LEDGER_CHECKED, "all balances", None)
        on_commit(lambda: _enqueue(check.id))
    return check


def wake_due() -> None:
    """Ask for the check of the night once it is due, and queue again what was lost."""
    moment = now()
    checks = recent()
    db.session.commit()
    night = _night(moment)
    if night is not None and all(check.night != night for check in checks):
        _ask_for_night(night)
    for check in checks:
        is_lost = check.finished_at is None and moment - check.asked_at >= LOST_AFTER
        if is_lost and not _is_alive(check.id):
            _enqueue(check.id)


def run(check_id: int) -> None:
    """Make a check; nothing when it is finished, or once somebody else has finished it."""
    unfinished = (LedgerCheck.id == check_id, LedgerCheck.finished_at.is_(None))
    is_open = db.session.scalar(select(LedgerCheck.id).where(*unfinished))
    db.session.commit()
    if is_open is None:
        return
    result = _check_all(check_id)
    values = {"accounts": result.accounts, "wrong": result.wrong, "found": result.found}
    with transaction():
        ended = change(update(LedgerCheck).where(*unfinished).values(finished_at=now(), **values))
    if ended.rowcount:
        _tell(result)


def _check_all(check_id: int) -> _Result:
    result = _Result()
    for piece in _pieces():
        result.accounts += len(piece)
        for account in piece:
            if account.balance != account.sum:
                _note(result, account)
        _live(check_id)
    return result


def _pieces() -> Iterator[list[Sums]]:
    """Yield the accounts with the sums of their ledgers, each piece a read of its own."""
    last = 0
    while piece := list(db.session.execute(_sums(last)).all()):
        db.session.commit()
        yield piece
        last = piece[-1].id


def _sums(last: int) -> Any:
    """Return the one statement that reads balances and ledgers of the accounts after `last`."""
    some = (
        select(Account.id, Account.public_id, Account.name, Account.balance)
        .where(Account.id > last)
        .order_by(Account.id)
        .limit(PIECE)
        .subquery()
    )
    total = cast(func.coalesce(func.sum(Transaction.amount), 0), BigInteger).label("sum")
    return (
        select(some.c.id, some.c.public_id, some.c.name, some.c.balance, total)
        .outerjoin(Transaction, Transaction.account_id == some.c.id)
        .group_by(some.c.id, some.c.public_id, some.c.name, some.c.balance)
        .order_by(some.c.id)
    )


def _note(result: _Result, account: Sums) -> None:
    result.wrong += 1
    if len(result.found) < MOST_NAMED:
        result.found.append(
            {
                "account": account.public_id,
                "name": account.name,
                "balance": account.balance,
                "sum": account.sum,
                "difference": account.balance - account.sum,
                "row": _first_break(account.id),
            }
        )


def _first_break(account_id: int) -> str | None:
    """Return the first row whose balance is not that of the row before it plus its amount."""
    before = func.lag(Transaction.balance, 1, 0).over(order_by=Transaction.id)
    ledger = (
        select(
            Transaction.id,
            Transaction.public_id,
            (Transaction.balance - before - Transaction.amount).label("gap"),
        )
        .where(Transaction.account_id == account_id)
        .subquery()
    )
    query = select(ledger.c.public_id).where(ledger.c.gap != 0).order_by(ledger.c.id).limit(1)
    found = db.session.scalar(query)
    db.session.commit()
    return found


def _tell(result: _Result) -> None:
    for one in result.found:
        log.error(
            "Account %(account)s has %(balance)d credits and a ledger of %(sum)d; "
            "the first row that does not follow: %(row)s.",
            one,
        )
    log.info("%d balances were checked, %d do not add up.", result.accounts, result.wrong)


def _night(moment: datetime) -> date | None:
    """Return the night whose check is due; None before its hour."""
    return moment.date() if moment.time() >= NIGHT else None


def _ask_for_night(night: date) -> None:
    """Make the row of a night; of several ticks at once one makes it."""
    new = insert(LedgerCheck).values(night=night).on_conflict_do_nothing(index_elements=["night"])
    with transaction():
        made = change(new.returning(LedgerCheck.id)).scalar()
        if made is not None:
            on_commit(lambda: _enqueue(made))


def _enqueue(check_id: int) -> None:
    _live(check_id)
    queue.enqueue_ledger_check(check_id)


def _live(check_id: int) -> None:
    """Leave a sign in Redis that somebody looks after a check, good for LOST_AFTER."""
    try:
        queue.redis().set(_sign(check_id), 1, ex=LOST_AFTER)
    except RedisError as error:
        log.warning("That a check is running could not be told: %s", error)


def _is_alive(check_id: int) -> bool:
    """Whether somebody looks after a check; without Redis nobody could be asked to."""
    try:
        return bool(queue.redis().exists(_sign(check_id)))
    except RedisError:
        return True


def _sign(check_id: int) -> str:
    return f"flashsms:ledger-check:{check_id}"
