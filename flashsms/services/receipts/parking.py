"""Receipts that match nothing yet: kept, tried again, given up after days."""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta

from flask import current_app
from sqlalchemy import ColumnElement, String, delete, select

from flashsms.carriers import rehearsal
from flashsms.extensions import db, transaction
from flashsms.models import ParkedReceipt, now
from flashsms.models.rows import change, insert, rows
from flashsms.services.carriers import watching
from flashsms.services.progress import Delta
from flashsms.services.receipts.heard import Heard
from flashsms.services.receipts.matching import Progress, conclude, match, resolve_unknown

KEPT = timedelta(days=7)  # how long a receipt for something unknown is kept and tried
FIRST_RETRY = timedelta(seconds=2)
PER_TICK = 1000

log = logging.getLogger(__name__)


def park(carrier_id: int, heard: Iterable[Heard]) -> None:
    """Keep receipts that match nothing yet, one of each id and number.

    In the caller's transaction.
    """
    values = [
        {
            "carrier_id": carrier_id,
            "carrier_ref": one.ref,
            "phone": one.phone,
            "status": one.status,
            "reason": one.reason,
            "try_at": now() + FIRST_RETRY,
        }
        for one in sorted(heard, key=lambda one: one.key)  # one order for everybody
    ]
    if values:
        db.session.execute(insert(ParkedReceipt).on_conflict_do_nothing(), values)


def match_parked(carrier_id: int, refs: Iterable[str]) -> None:
    """Apply the parked receipts of these ids (`ref_key`) to the recipients that have them by now.

    Answer and receipt may be stored at the same moment by two transactions that do not see each
    other. Whoever stores one looks for the other after its commit, so that one of them finds it.
    """
    given = rows(((ref,) for ref in refs), ref=String())
    of_these = (
        ParkedReceipt.carrier_id == carrier_id,
        ParkedReceipt.carrier_ref.in_(select(given.c.ref)),
    )
    # Mostly there is none, and a look costs no write lock. What it saw may be gone by then.
    if db.session.scalar(select(ParkedReceipt.id).where(*of_these).limit(1)) is None:
        return
    with transaction():
        progress: Progress = defaultdict(Delta)
        _match_and_delete(carrier_id, _read(*of_these), progress)
        conclude(progress)


def retry_parked() -> None:
    """Try the parked receipts that are due again; forget those that stayed unknown for days.

    Each that the first such try finds nothing for is counted for its carrier, once: until then
    the answer with its id may just be a moment behind.
    """
    unmatched: Counter[int] = Counter()
    with transaction():
        due = list(
            db.session.scalars(
                select(ParkedReceipt)
                .where(ParkedReceipt.try_at <= now())
                .order_by(ParkedReceipt.try_at)
                .limit(PER_TICK)
                .with_for_update(skip_locked=True),
                execution_options={"populate_existing": True},
            )
        )
        progress: Progress = defaultdict(Delta)
        by_carrier: dict[int, list[ParkedReceipt]] = defaultdict(list)
        for parked in due:
            by_carrier[parked.carrier_id].append(parked)
        for carrier_id, batch in by_carrier.items():
            unmatched[carrier_id] = _retry(carrier_id, batch, progress)
        conclude(progress)
    for carrier_id, count in unmatched.items():
        if count and carrier_id != rehearsal.ID:
            watching.count_unmatched(carrier_id, count)


def _read(*conditions: ColumnElement[bool]) -> Sequence[ParkedReceipt]:
    """Return parked receipts; in the transaction that deletes them.

    SQLite gives the id of a deleted row to the next one: neither an id nor an object that was read
    before the write lock was taken need be the same receipt still. They are locked before any
    recipient is, as the tick does it, so that the two cannot deadlock.
    """
    chosen = select(ParkedReceipt).where(*conditions).order_by(ParkedReceipt.id).with_for_update()
    return db.session.scalars(chosen, execution_options={"populate_existing": True}).all()


def _match_and_delete(
    carrier_id: int, parked: Sequence[ParkedReceipt], progress: Progress
) -> list[ParkedReceipt]:
    """Apply parked receipts, delete those that found their recipient, and return the others.

    Nothing is deleted before it is applied: somebody else may be looking for it meanwhile.
    """
    left = set(match(carrier_id, [_heard(one) for one in parked], progress))
    _delete([one for one in parked if _heard(one) not in left])
    return [one for one in parked if _heard(one) in left]


def _heard(parked: ParkedReceipt) -> Heard:
    came = parked.received_at
    return Heard(parked.carrier_ref, parked.phone, parked.status, parked.reason, came)


def _delete(parked: Iterable[ParkedReceipt]) -> None:
    ids = [one.id for one in parked]
    if ids:
        change(delete(ParkedReceipt).where(ParkedReceipt.id.in_(ids)))


def _retry(carrier_id: int, batch: Sequence[ParkedReceipt], progress: Progress) -> int:
    """Try receipts of one carrier again; return how many found nothing for the first time."""
    unmatched = 0
    for parked in _match_and_delete(carrier_id, batch, progress):
        age = now() - parked.received_at
        if _resolves_unknown(parked, progress):
            _delete([parked])
            continue
        unmatched += parked.try_at - parked.received_at < 2 * FIRST_RETRY
        if age > KEPT:
            log.warning("The receipt %s stayed unknown and was dropped.", parked.carrier_ref)
            _delete([parked])
        else:
            parked.try_at = now() + max(age, FIRST_RETRY)
    return unmatched


def _resolves_unknown(parked: ParkedReceipt, progress: Progress) -> bool:
    """Let a receipt decide an attempt of unknown outcome over the same carrier to the same number.

    Only once it has waited for as long as a claim may last: until then the answer that carries its
    id may still be under way.
    """
    if now() - parked.received_at < current_app.config["CLAIM_LEASE"]:
        return False
    before = parked.received_at
    return resolve_unknown(parked.carrier_id, _heard(parked), progress, before=before)
