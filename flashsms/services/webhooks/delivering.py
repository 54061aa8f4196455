"""Delivering what is due: claim, hand to the courier, settle what came back, and again.

No transaction is open during the wire. A worker may be killed at any point: what was claimed and
not settled is claimed again when its lease is over, and told a second time under the same id.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from flask import current_app
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from flashsms import queue
from flashsms.extensions import db, transaction
from flashsms.services.webhooks import claiming, settling
from flashsms.services.webhooks.courier import PLACES, Courier
from flashsms.services.webhooks.parcels import Parcel, Result

SPELL = 20.0  # seconds after which a job lets the next one go on
POLL = 0.05  # seconds between two looks for what is due while slow receivers are waited for
BREATH = 0.03  # seconds between two turns, in which others may write to SQLite, too
STUMBLE = 0.5  # seconds until a database that failed is tried again
FAREWELL = 4.0  # seconds that a worker which is to end waits for receivers
ALIVE = 3.0  # seconds between two signs of life

log = logging.getLogger(__name__)


def deliver_due() -> None:
    """Tell webhooks what waits for them, until nothing is due or the spell is over.

    Not one transaction but many, with the wire between them.
    """
    with _courier() as courier:
        try:
            _work(courier, until=time.monotonic() + SPELL)
            if courier.leaving:
                _say_farewell(courier)
        finally:
            _pass_on(courier)


def _work(courier: Courier, until: float) -> None:
    """Work for as long as there is anything to do; what was collected is always settled."""
    unsettled: list[Result] = []
    turn = said = 0.0
    while unsettled or not (courier.leaving or time.monotonic() > until):
        if time.monotonic() - said > ALIVE:
            said = time.monotonic()
            queue.keep_delivering()
        unsettled += _collect(courier, earliest=turn + BREATH)
        try:
            parcels = _turn(courier, unsettled)
        except OperationalError as error:
            log.warning("Webhooks wait for the database: %s", type(error.orig).__name__)
            db.session.remove()
            time.sleep(STUMBLE)
            continue
        turn = time.monotonic()
        unsettled.clear()
        courier.send(parcels)
        if not courier.under_way:
            break


def _collect(courier: Courier, earliest: float) -> list[Result]:
    """Return what came back, not before `earliest`: then more of it is settled at once."""
    results = courier.collect(POLL if courier.under_way else 0)
    rest = earliest - time.monotonic()
    if results and rest > 0:
        time.sleep(rest)
        results += courier.collect(0)
    return results


def _turn(courier: Courier, results: Sequence[Result]) -> list[Parcel]:
    """Settle results and claim what is due, in one transaction if there is anything to write."""
    if not results:
        parcels = _take(courier)
        db.session.commit()  # or the next look would see what this one saw
        return parcels
    try:
        with transaction():
            settling.settle(results)
            return _take(courier)
    except OperationalError:
        raise
    except SQLAlchemyError:
        log.exception("Results cannot be stored at once, so each is.")
    for result in results:
        _settle(result)
    return _take(courier)


def _take(courier: Courier) -> list[Parcel]:
    """Claim what is due.

    Receivers that fail have half of the places: if they hang, the others do not wait for one.
    """
    if courier.leaving or courier.free <= 0:
        return []
    healthy = courier.failing >= PLACES // 2
    return claiming.claim(courier.free, list(courier.under_way), healthy=healthy)


def _settle(result: Result) -> None:
    try:
        settling.settle([result])
    except OperationalError:
        raise
    except SQLAlchemyError:
        log.exception("The result of delivery %s cannot be stored.", result.parcel.name)


def _pass_on(courier: Courier) -> None:
    """Leave what is due or under way to the next job."""
    # In this order: whoever emits from here on queues a job, and whoever did before is seen.
    db.session.commit()
    queue.end_delivering()
    if courier.under_way or claiming.is_due():
        queue.enqueue_webhooks()


def _say_farewell(courier: Courier) -> None:
    """Wait a little for what is under way; leave the rest to whoever comes next."""
    until = time.monotonic() + FAREWELL
    while courier.under_way and time.monotonic() < until:
        settling.settle(courier.collect(POLL))
    broken_off = list(courier.under_way.values())
    courier.close()
    settling.release(broken_off)
    courier.under_way.clear()


@contextmanager
def _courier() -> Iterator[Courier]:
    """Yield the courier of this worker, or one for this job alone."""
    kept: Courier | None = current_app.extensions.get("courier")
    if kept is not None:
        yield kept
        return
    courier = Courier(current_app.config["WEBHOOK_ALLOW"])
    try:
        yield courier
    finally:
        courier.close()
