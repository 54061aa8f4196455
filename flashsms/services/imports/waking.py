"""What is due: imports whose job was lost, uploads that nobody started, files left over."""

import logging
from collections.abc import Container

from sqlalchemy import Row, select, update
from sqlalchemy.exc import SQLAlchemyError

from flashsms import queue
from flashsms.extensions import db, on_commit, transaction
from flashsms.models import ContactImport, ImportStatus, now
from flashsms.models.rows import change
from flashsms.services.imports import ending
from flashsms.services.sending.turns import stalled

PER_TICK = 100  # imports looked at in one tick; the next tick takes the next ones

log = logging.getLogger(__name__)

Due = Row[int, int, ImportStatus]  # id, ticket, status


def wake_due() -> None:
    """Look after every import whose time has come. One transaction or more for each."""
    due = _due()
    running = [(one.id, one.ticket) for one in due if one.status is ImportStatus.RUNNING]
    queued = queue.still_queued(running, queue.RUN_IMPORT)
    for one in due:
        try:
            _wake(one, queued)
        except SQLAlchemyError:  # one that cannot be woken must not keep the others asleep
            log.exception("Import %d could not be looked after; the next tick tries.", one.id)


def _due() -> list[Due]:
    found = db.session.execute(
        select(ContactImport.id, ContactImport.ticket, ContactImport.status)
        .where(ContactImport.wake_at <= now())
        .order_by(ContactImport.wake_at)
        .limit(PER_TICK)
    ).all()
    db.session.commit()
    return list(found)


def _wake(due: Due, queued: Container[int]) -> None:
    if due.status is ImportStatus.RUNNING:
        _go_on(due, waits=due.id in queued)
    elif due.status is ImportStatus.UPLOADED:
        unstarted = ContactImport.status == ImportStatus.UPLOADED
        ending.fail(due.id, "This import was never started. Upload the file again.", unstarted)
    else:
        ending.clear(due.id)


def _go_on(due: Due, *, waits: bool) -> None:
    """Queue the next turn of an import that nobody works on, unless its job still waits."""
    ticket = due.ticket if waits else due.ticket + 1  # a new one overtakes a worker that hangs
    with transaction():
        woken = change(
            update(ContactImport)
            .where(
                ContactImport.id == due.id,
                ContactImport.ticket == due.ticket,
                ContactImport.status == ImportStatus.RUNNING,
                ContactImport.wake_at <= now(),
            )
            .values(ticket=ticket, wake_at=stalled())
        )
        if woken.rowcount and not waits:
            on_commit(lambda: queue.enqueue_import(due.id, ticket))
