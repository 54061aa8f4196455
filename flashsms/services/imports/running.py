"""An import at work, one turn at a time, so that it never holds a worker for long.

Each batch of rows is one transaction with the position behind it: a worker that is killed has
stored a batch or has not, and the next turn goes on from there.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Row, insert, select, update

from flashsms import queue
from flashsms.extensions import db, transaction
from flashsms.models import ContactImport, Group, ImportProblem, ImportStatus
from flashsms.models.rows import change
from flashsms.services import contacts
from flashsms.services.contacts import Draft, adding
from flashsms.services.errors import DomainError
from flashsms.services.imports import ending, mapping, reading
from flashsms.services.sending.turns import stalled
from flashsms.text import tables

TURN = 1.0  # seconds after which others may have the worker
BATCH_ROWS = 5000
MOST_ATTEMPTS = 10  # turns that begin at the same row

log = logging.getLogger(__name__)

Turn = Row[*tuple[Any, ...]]  # the columns of a ContactImport
Problem = dict[str, Any]  # those of an ImportProblem


class _Overtaken(Exception):
    """Somebody else has the ticket by now."""


class _GroupGone(Exception):
    """The group that the contacts should join was deleted."""


def run(import_id: int, ticket: int) -> None:
    """Take one turn of an import if `ticket` still stands, and queue the next one.

    Not one transaction but one for each batch. What goes wrong is raised, which ends the turn; the
    tick has it tried again, with fewer rows at once, and at last this gives up.
    """
    turn = _take(import_id, ticket)
    if turn is None:
        return
    mine = ContactImport.ticket == turn.ticket
    try:
        if turn.attempts > MOST_ATTEMPTS:
            ending.fail(import_id, _gave_up(turn), mine)
        elif _work(turn):
            ending.finish(import_id, mine)
        else:
            queue.enqueue_import(import_id, turn.ticket)
    except _GroupGone:
        ending.fail(import_id, "The group was deleted meanwhile.", mine)
    except _Overtaken:
        log.warning("Another worker has taken over import %d.", import_id)


def _take(import_id: int, ticket: int) -> Turn | None:
    """Use up the ticket, and return the import with the next one; None when it is not valid."""
    with transaction():
        return change(
            update(ContactImport)
            .where(
                ContactImport.id == import_id,
                ContactImport.ticket == ticket,
                ContactImport.status == ImportStatus.RUNNING,
            )
            .values(
                ticket=ContactImport.ticket + 1,
                attempts=ContactImport.attempts + 1,
                wake_at=stalled(),
            )
            .returning(*ContactImport.__table__.columns)
        ).first()


def _work(turn: Turn) -> bool:
    """Store batches until the time is up (False) or nothing is left (True)."""
    deadline = time.monotonic() + TURN
    lines = reading.LineCount(reading.blocks(turn.id, turn.position))
    most = max(1, BATCH_ROWS >> (turn.attempts - 1))
    for batch in reading.batches(_rows(turn, lines), most):
        end = batch[-1].end
        _store(turn, batch, position=turn.position + end, line=turn.line + lines.up_to(end))
        if time.monotonic() >= deadline:
            return False
    return True


def _rows(turn: Turn, lines: reading.LineCount) -> Iterator[tables.Row]:
    rows = tables.read_rows(lines, turn.delimiter)
    if turn.has_header and turn.position == 0:
        next(rows, None)
    return rows


def _store(turn: Turn, batch: Sequence[tables.Row], **standing: int) -> None:
    """Add the people of some rows, and note how far the import has come; in one transaction."""
    drafts, problems = _read(turn, batch)
    with adding.writing(turn.account_id):
        if turn.group_id is not None and not _has_group(turn.account_id, turn.group_id):
            raise _GroupGone
        added = contacts.add(turn.account_id, drafts, turn.group_id)
        if problems:
            db.session.execute(insert(ImportProblem), problems)
        still_mine = change(
            update(ContactImport)
            .where(ContactImport.id == turn.id, ContactImport.ticket == turn.ticket)
            .values(
                created=ContactImport.created + added.created,
                skipped=ContactImport.skipped + added.skipped,
                invalid=ContactImport.invalid + len(problems),
                attempts=0,
                wake_at=stalled(),
                **standing,
            )
        )
        if not still_mine.rowcount:
            raise _Overtaken


def _read(turn: Turn, batch: Sequence[tables.Row]) -> tuple[list[Draft], list[Problem]]:
    drafts: list[Draft] = []
    problems: list[Problem] = []
    for row in batch:
        try:
            if row.problem:
                raise DomainError("bad_row", row.problem)
            drafts.append(mapping.draft(turn.columns, row.cells))
        except DomainError as error:
            problems.append(
                {
                    "import_id": turn.id,
                    "line": turn.line + row.line,
                    "reason": error.sentence[:200],
                    "cells": row.cells,
                }
            )
    return drafts, problems


def _has_group(account_id: int, group_id: int) -> bool:
    query = select(Group.id).where(Group.id == group_id, Group.account_id == account_id)
    return db.session.scalar(query) is not None


def _gave_up(turn: Turn) -> str:
    return (
        f"The rows from line {turn.line + 1:,} on could not be stored. Those before are in your "
        "contacts. Upload the file again later."
    )
