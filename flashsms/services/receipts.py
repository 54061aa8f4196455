"""Receipts: what carriers say later about what they took, applied in batches, never backwards.

A receipt may come before the answer to its submission was stored, twice, late, out of order, with
its id in hexadecimal where the answer was decimal, or for something unknown. What matches nothing
is parked and tried again, never dropped at once.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from flask import current_app
from sqlalchemy import Integer, String, Subquery, delete, func, insert, select, update

from flashsms.carriers.contract import Outcome, Receipt, ReceiptState
from flashsms.extensions import db, transaction
from flashsms.models import (
    Message,
    ParkedReceipt,
    Recipient,
    RecipientPart,
    RecipientStatus,
    now,
)
from flashsms.models.recipient import IS_UNKNOWN
from flashsms.models.rows import change, rows
from flashsms.services import credits
from flashsms.services.progress import Delta, record

KEPT = timedelta(days=7)  # how long a receipt for something unknown is kept and tried
FIRST_RETRY = timedelta(seconds=2)
PER_TICK = 1000

_FINAL = {
    ReceiptState.DELIVERED: RecipientStatus.DELIVERED,
    ReceiptState.FAILED: RecipientStatus.FAILED,
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """A final receipt under the id that it is looked up by (`ref_key`)."""

    ref: str
    phone: str
    status: RecipientStatus
    reason: str | None


def apply(carrier_id: int, receipts: Sequence[Receipt]) -> None:
    """Record what a carrier reported; once this returns, the receipts may be acknowledged."""
    heard: dict[str, Heard] = {}
    for receipt in receipts:
        status = _FINAL.get(receipt.state)
        if status is not None:
            ref = ref_key(receipt.carrier_id)
            heard.setdefault(ref, Heard(ref, receipt.phone[:15], status, _why(receipt)))
    if not heard:
        return
    with transaction():
        _park(carrier_id, _match(carrier_id, heard))


def apply_parked(carrier_id: int, outcomes: Iterable[Outcome]) -> None:
    """Apply receipts that overtook the answers stored just now; in the caller's transaction."""
    refs = [(ref_key(ref),) for outcome in outcomes for ref in outcome.carrier_ids]
    given = rows(refs, ref=String())
    parked = change(
        delete(ParkedReceipt)
        .where(
            ParkedReceipt.carrier_id == carrier_id,
            ParkedReceipt.carrier_ref.in_(select(given.c.ref)),
        )
        .returning(
            ParkedReceipt.carrier_ref,
            ParkedReceipt.phone,
            ParkedReceipt.status,
            ParkedReceipt.reason,
        )
    )
    heard = {row.carrier_ref: Heard(*row) for row in parked}
    if heard:
        _park(carrier_id, _match(carrier_id, heard))


def retry_parked() -> None:
    """Try the parked receipts that are due again; forget those that stayed unknown for days."""
    with transaction():
        due = list(
            db.session.scalars(
                select(ParkedReceipt)
                .where(ParkedReceipt.try_at <= now())
                .order_by(ParkedReceipt.try_at)
                .limit(PER_TICK)
                .with_for_update(skip_locked=True)
            )
        )
        by_carrier: dict[int, list[ParkedReceipt]] = defaultdict(list)
        for parked in due:
            by_carrier[parked.carrier_id].append(parked)
        for carrier_id, batch in by_carrier.items():
            _retry(carrier_id, batch)


def ref_key(carrier_ref: str) -> str:
    """Return a carrier's message id as it is compared: without case, spaces and leading zeros."""
    return carrier_ref.strip().lower().lstrip("0")[:64] or "0"


def _match(carrier_id: int, heard: Mapping[str, Heard]) -> dict[str, Heard]:
    """Apply what finds its recipient, and return what found none."""
    progress: dict[int, Delta] = defaultdict(Delta)
    left = _match_recipients(carrier_id, dict(heard), progress)
    if left:
        left = _match_parts(carrier_id, left, progress)
    if left:
        left = _match_respelt(carrier_id, left, progress)
    record(progress)
    return left


def _match_recipients(
    carrier_id: int, heard: dict[str, Heard], progress: dict[int, Delta]
) -> dict[str, Heard]:
    given = _given(heard.values())
    changed = change(
        update(Recipient)
        .where(
            Recipient.carrier_ref == given.c.ref,
            Recipient.carrier_id == carrier_id,
            Recipient.status == RecipientStatus.SENT,
        )
        .values(status=given.c.status, reason=given.c.reason, final_at=now())
        .returning(Recipient.message_id, Recipient.status, Recipient.credits, Recipient.carrier_ref)
    ).all()
    _tally(((row.message_id, row.status, row.credits) for row in changed), progress)
    left = _without(heard, (row.carrier_ref for row in changed))
    if left:  # a receipt for a recipient that is final already says nothing new
        known = select(Recipient.carrier_ref).where(
            Recipient.carrier_ref.in_(list(left)), Recipient.carrier_id == carrier_id
        )
        left = _without(left, db.session.scalars(known))
    return left


def _match_parts(
    carrier_id: int, heard: dict[str, Heard], progress: dict[int, Delta]
) -> dict[str, Heard]:
    """Apply receipts of single parts; a recipient follows when all are delivered or one failed."""
    given = _given(heard.values())
    changed = change(
        update(RecipientPart)
        .where(
            RecipientPart.carrier_ref == given.c.ref,
            RecipientPart.carrier_id == carrier_id,
            RecipientPart.status == RecipientStatus.SENT,
        )
        .values(status=given.c.status)
        .returning(RecipientPart.recipient_id, RecipientPart.carrier_ref)
    ).all()
    reasons = {row.recipient_id: heard[row.carrier_ref].reason for row in changed}
    _finish_parted(reasons, progress)
    known = select(RecipientPart.carrier_ref).where(
        RecipientPart.carrier_ref.in_(list(heard)), RecipientPart.carrier_id == carrier_id
    )
    return _without(heard, db.session.scalars(known))


def _finish_parted(reasons: Mapping[int, str | None], progress: dict[int, Delta]) -> None:
    """Make those recipients final whose parts decide it. `reasons` by recipient id."""
    if not reasons:
        return
    delivered = func.count().filter(RecipientPart.status == RecipientStatus.DELIVERED)
    failed = func.count().filter(RecipientPart.status == RecipientStatus.FAILED)
    counts = db.session.execute(
        select(Recipient.id, Recipient.parts, delivered, failed)
        .join(RecipientPart, RecipientPart.recipient_id == Recipient.id)
        .where(Recipient.id.in_(list(reasons)))
        .group_by(Recipient.id, Recipient.parts)
    ).all()
    final = {
        recipient_id: RecipientStatus.FAILED if failed else RecipientStatus.DELIVERED
        for recipient_id, parts, delivered, failed in counts
        if failed or delivered == parts
    }
    for status in (RecipientStatus.DELIVERED, RecipientStatus.FAILED):
        ids = [recipient_id for recipient_id, became in final.items() if became is status]
        for was in (RecipientStatus.SENT, RecipientStatus.UNKNOWN):
            _finish(ids, was, status, reasons, progress)


def _finish(
    ids: Sequence[int],
    was: RecipientStatus,
    status: RecipientStatus,
    reasons: Mapping[int, str | None],
    progress: dict[int, Delta],
) -> None:
    if not ids:
        return
    given = rows(((id, reasons.get(id)) for id in ids), id=Integer(), reason=String())
    changed = change(
        update(Recipient)
        .where(Recipient.id == given.c.id, Recipient.status == was)
        .values(status=status, reason=given.c.reason, final_at=now())
        .returning(Recipient.message_id, Recipient.status, Recipient.credits)
    )
    _tally(((row.message_id, row.status, row.credits) for row in changed), progress, was)


def _match_respelt(
    carrier_id: int, heard: dict[str, Heard], progress: dict[int, Delta]
) -> dict[str, Heard]:
    """Apply receipts whose id is hexadecimal where the answer's was decimal, or the reverse.

    The number must agree too: another spelling of one id is often the plain spelling of another.
    """
    spellings = {other: ref for ref in heard for other in _respelt(ref)}
    if not spellings:
        return heard
    found: dict[str, Heard] = {}
    for spelling, phone in _known(carrier_id, spellings):
        original = heard[spellings[spelling]]
        if original.phone[-9:] == phone[-9:]:
            found[spelling] = replace(original, ref=spelling)
    if found:
        left = _match_recipients(carrier_id, found, progress)
        _match_parts(carrier_id, left, progress)
    return _without(heard, (spellings[spelling] for spelling in found))


def _known(carrier_id: int, spellings: Iterable[str]) -> list[tuple[str, str]]:
    """Return which of these ids were given to us, each with the number it belongs to."""
    wanted = list(spellings)
    whole = select(Recipient.carrier_ref, Recipient.phone).where(
        Recipient.carrier_ref.in_(wanted), Recipient.carrier_id == carrier_id
    )
    parted = (
        select(RecipientPart.carrier_ref, Recipient.phone)
        .join(Recipient, Recipient.id == RecipientPart.recipient_id)
        .where(RecipientPart.carrier_ref.in_(wanted), RecipientPart.carrier_id == carrier_id)
    )
    found = db.session.execute(whole.union_all(parted))
    return [(str(ref), phone) for ref, phone in found]


def _respelt(ref: str) -> list[str]:
    spellings = []
    if ref.isascii() and ref.isdecimal():
        spellings.append(format(int(ref), "x"))
    if ref.isascii() and all(digit in "0123456789abcdef" for digit in ref):
        spellings.append(str(int(ref, 16)))
    return spellings


def _park(carrier_id: int, heard: Mapping[str, Heard]) -> None:
    if not heard:
        return
    values = [
        {
            "carrier_id": carrier_id,
            "carrier_ref": one.ref,
            "phone": one.phone,
            "status": one.status,
            "reason": one.reason,
            "try_at": now() + FIRST_RETRY,
        }
        for one in heard.values()
    ]
    db.session.execute(insert(ParkedReceipt), values)
    log.info("%d receipts match nothing yet and were parked.", len(values))


def _retry(carrier_id: int, batch: Sequence[ParkedReceipt]) -> None:
    heard = {
        parked.carrier_ref: Heard(parked.carrier_ref, parked.phone, parked.status, parked.reason)
        for parked in batch
    }
    left = _match(carrier_id, heard)
    for parked in batch:
        age = now() - parked.received_at
        if parked.carrier_ref not in left or _resolves_unknown(parked):
            db.session.delete(parked)
        elif age > KEPT:
            log.warning("The receipt %s stayed unknown and was dropped.", parked.carrier_ref)
            db.session.delete(parked)
        else:
            parked.try_at = now() + max(age, FIRST_RETRY)


def _resolves_unknown(parked: ParkedReceipt) -> bool:
    """Let a receipt decide an attempt of unknown outcome over the same carrier to the same number.

    Only once it has waited for as long as a claim may last: until then the answer that carries its
    id may still be under way.
    """
    if now() - parked.received_at < current_app.config["CLAIM_LEASE"]:
        return False
    oldest = db.session.scalar(
        select(Recipient.id)
        .where(
            Recipient.phone == parked.phone,
            IS_UNKNOWN,
            Recipient.carrier_id == parked.carrier_id,
            Recipient.claimed_at <= parked.received_at,
        )
        .order_by(Recipient.claimed_at)
        .limit(1)
    )
    if oldest is None:
        return False
    progress: dict[int, Delta] = defaultdict(Delta)
    _finish([oldest], RecipientStatus.UNKNOWN, parked.status, {oldest: parked.reason}, progress)
    record(progress)
    return bool(progress)


def _tally(
    changed: Iterable[tuple[int, RecipientStatus, int]],
    progress: dict[int, Delta],
    was: RecipientStatus = RecipientStatus.SENT,
) -> None:
    """Count final recipients (message id, status, credits) by message; refund if so configured."""
    owed: dict[int, int] = defaultdict(int)
    for message_id, status, price in changed:
        delta = progress[message_id]
        if status is RecipientStatus.DELIVERED:
            delta.delivered += 1
        else:
            delta.failed += 1
            owed[message_id] += price
        if was is RecipientStatus.UNKNOWN:
            delta.unknown -= 1
            delta.handed = True
    if owed and current_app.config["REFUND_UNDELIVERED"]:
        _refund(owed)


def _refund(owed: Mapping[int, int]) -> None:
    messages = db.session.scalars(select(Message).where(Message.id.in_(sorted(owed))))
    for message in sorted(messages, key=lambda one: one.account_id):
        credits.refund(
            message.account_id,
            owed[message.id],
            description=f"Refund of {message.campaign_name or 'message'}: undelivered",
            reference=message.public_id,
        )


def _given(heard: Iterable[Heard]) -> Subquery:
    return rows(
        ((one.ref, one.status.value, one.reason) for one in heard),
        ref=String(),
        status=String(),
        reason=String(),
    )


def _without(heard: Mapping[str, Heard], refs: Iterable[str | None]) -> dict[str, Heard]:
    gone = set(refs)
    return {ref: one for ref, one in heard.items() if ref not in gone}


def _why(receipt: Receipt) -> str | None:
    if receipt.state is ReceiptState.DELIVERED:
        return None
    reason = f"{receipt.reason} ({receipt.code})" if receipt.code else receipt.reason
    return reason[:200] or "Not delivered."
