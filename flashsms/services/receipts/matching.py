"""Finding the recipients that receipts speak of, and making them final."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    String,
    Subquery,
    func,
    select,
    update,
)

from flashsms.extensions import db
from flashsms.models import Message, Recipient, RecipientPart, RecipientStatus, now
from flashsms.models.recipient import IS_UNKNOWN
from flashsms.models.rows import change, rows
from flashsms.services import credits
from flashsms.services.progress import Delta, record
from flashsms.services.receipts.heard import NATIONAL, Heard, is_hexadecimal, without
from flashsms.services.receipts.meaning import as_rows, is_named, is_only, spoken_of
from flashsms.text.phones import operator

_MOST_ROUNDS = 10  # receipts of one id in one transaction; the others are parked meanwhile

Progress = defaultdict[int, Delta]  # what receipts changed, by message id
Meaning = Callable[[Any, Any, Subquery], tuple[ColumnElement[bool], ...]]  # of `meaning`


def match(carrier_id: int, heard: Sequence[Heard], progress: Progress) -> list[Heard]:
    """Apply what finds its recipient, and return what found none.

    What that changes is added to `progress`, which the caller's transaction ends with `conclude`.
    """
    rounds = _rounds(carrier_id, heard)
    left: list[Heard] = []
    for one in rounds[:_MOST_ROUNDS]:
        left += _match(carrier_id, one, progress).values()
    for one in rounds[_MOST_ROUNDS:]:
        left += one.values()
    return left


def _rounds(carrier_id: int, heard: Sequence[Heard]) -> list[dict[str, Heard]]:
    """Divide receipts so that those of one id, for several numbers, are applied one by one.

    Those whose number got that id come first: where it was given once it needs no number, and a
    stranger would decide. Beyond that it is one order for everybody, so that two transactions with
    the same receipts do not lock each other out.
    """
    refs = {one.ref for one in heard}
    if len(refs) < len(heard):
        given = {(ref, phone[-NATIONAL:]) for ref, phone in _known(carrier_id, refs)}
        heard = sorted(heard, key=lambda one: (one.key not in given, one.key))
    rounds: list[dict[str, Heard]] = []
    places: Counter[str] = Counter()
    for one in heard:
        if places[one.ref] == len(rounds):
            rounds.append({})
        rounds[places[one.ref]][one.ref] = one
        places[one.ref] += 1
    return rounds


def _match(carrier_id: int, heard: dict[str, Heard], progress: Progress) -> dict[str, Heard]:
    """Apply receipts of different ids: to whom they name, in either spelling, or else may mean."""
    left = _match_spelt(carrier_id, heard, progress, is_named)
    if not left:
        return left
    known = _known(carrier_id, {*left, *(spelling for ref in left for spelling in _respelt(ref))})
    agreeing = _agreeing(left, known)
    applied = _match_respelt(carrier_id, left, agreeing, progress)
    given = {ref for ref, _ in known}
    doubtful = {ref: left[ref] for ref in left if ref in given and ref not in agreeing}
    if doubtful:
        rest = _match_spelt(carrier_id, doubtful, progress, is_only)
        applied |= doubtful.keys() - rest.keys()
    return without(left, applied)


def _match_spelt(
    carrier_id: int, heard: dict[str, Heard], progress: Progress, means: Meaning
) -> dict[str, Heard]:
    left = _match_recipients(carrier_id, heard, progress, means)
    if left:
        left = _match_parts(carrier_id, left, progress, means)
    return left


def resolve_unknown(carrier_id: int, heard: Heard, progress: Progress, *, before: datetime) -> bool:
    """Make the oldest unknown attempt at the receipt's number final, if there is one.

    Not while a message of several parts is among them: a receipt speaks of one part, and which
    message that belongs to cannot be told.
    """
    attempts = db.session.execute(
        select(Recipient.id, Recipient.parts)
        .where(
            Recipient.phone == heard.phone,
            IS_UNKNOWN,
            Recipient.carrier_id == carrier_id,
            Recipient.claimed_at <= before,
        )
        .order_by(Recipient.claimed_at)
    ).all()
    if not attempts or any(parts > 1 for _, parts in attempts):
        return False
    oldest = attempts[0].id
    finished = _finish(
        [oldest], RecipientStatus.UNKNOWN, heard.status, {oldest: heard.reason}, progress
    )
    if finished:  # so that the same receipt, should it come again, resolves nobody else
        change(update(Recipient).where(Recipient.id == oldest).values(carrier_ref=heard.ref))
    return finished


def conclude(progress: Progress) -> None:
    """Record what the receipts of a transaction changed, once and after all of them.

    Refunds what was not delivered if so configured.
    """
    record(progress)
    owed = {message_id: delta.owed for message_id, delta in progress.items() if delta.owed}
    if not owed or not current_app.config["REFUND_UNDELIVERED"]:
        return
    messages = db.session.scalars(select(Message).where(Message.id.in_(owed)))
    for message in sorted(messages, key=lambda one: one.account_id):
        credits.refund_message(message, owed[message.id], "undelivered")


def _match_recipients(
    carrier_id: int, heard: dict[str, Heard], progress: Progress, means: Meaning
) -> dict[str, Heard]:
    given = as_rows(carrier_id, heard.values())
    changed = change(
        update(Recipient)
        .where(*spoken_of(Recipient, given), *means(Recipient, Recipient.id, given))
        .values(status=given.c.status, reason=given.c.reason, final_at=now())
        .returning(*_TALLIED, Recipient.carrier_ref)
    ).all()
    _tally((row[:-1] for row in changed), progress)
    left = without(heard, (row.carrier_ref for row in changed))
    if left:  # for a recipient that is final already they say nothing new; one that became SENT
        # after the update looked is not final: its receipt is parked and found again
        known = db.session.execute(
            select(Recipient.carrier_ref, Recipient.phone).where(
                Recipient.carrier_ref.in_(list(left)),
                Recipient.carrier_id == carrier_id,
                Recipient.status != RecipientStatus.SENT,
            )
        ).all()
        left = without(left, (ref for ref, phone in known if ref and left[ref].may_be(phone)))
    return left


def _match_parts(
    carrier_id: int, heard: dict[str, Heard], progress: Progress, means: Meaning
) -> dict[str, Heard]:
    """Apply receipts of single parts; a recipient follows when all are delivered or one failed."""
    given = as_rows(carrier_id, heard.values())
    changed = change(
        update(RecipientPart)
        .where(
            *spoken_of(RecipientPart, given),
            *means(RecipientPart, RecipientPart.recipient_id, given),
        )
        .values(status=given.c.status)
        .returning(RecipientPart.recipient_id, RecipientPart.carrier_ref)
    ).all()
    reasons = {row.recipient_id: heard[row.carrier_ref].reason for row in changed}
    _finish_parted(reasons, progress)
    left = without(heard, (row.carrier_ref for row in changed))
    known = db.session.execute(
        select(RecipientPart.carrier_ref, Recipient.phone)
        .join(Recipient, Recipient.id == RecipientPart.recipient_id)
        .where(
            RecipientPart.carrier_ref.in_(list(left)),
            RecipientPart.carrier_id == carrier_id,
            RecipientPart.status != RecipientStatus.SENT,
        )
    )
    return without(left, [ref for ref, phone in known if left[ref].may_be(phone)])


def _finish_parted(reasons: Mapping[int, str | None], progress: Progress) -> None:
    """Make those recipients final whose parts decide it. `reasons` by recipient id."""
    if not reasons:
        return
    # Two workers may each bring one part: whoever comes second must see what the first one wrote.
    db.session.execute(
        select(Recipient.id)
        .where(Recipient.id.in_(list(reasons)))
        .order_by(Recipient.id)
        .with_for_update()
    )
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
    progress: Progress,
) -> bool:
    """Make those of `ids` final that are still `was`, and return whether there were any.

    One whose answer was lost was handed over all the same, and that when it was claimed.
    """
    if not ids:
        return False
    given = rows(
        ((id, was, reasons.get(id)) for id in ids),
        id=BigInteger(),
        was=String(),
        reason=String(),
    )
    changed = change(
        update(Recipient)
        .where(Recipient.id == given.c.id, Recipient.status == given.c.was)
        .values(
            status=status,
            reason=given.c.reason,
            sent_at=func.coalesce(Recipient.sent_at, Recipient.claimed_at),
            final_at=now(),
        )
        .returning(*_TALLIED)
    ).all()
    _tally(changed, progress, was)
    return bool(changed)


def _agreeing(heard: Mapping[str, Heard], known: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return under which other spellings of its id, the likeliest first, a receipt names somebody.

    The number must agree: another spelling of one id is often the plain spelling of another.
    """
    phones: dict[str, list[str]] = defaultdict(list)
    places: dict[str, int] = {}
    for spelling, phone in known:
        phones[spelling].append(phone)
        places.setdefault(spelling, len(places))
    agreeing = {
        ref: sorted(
            (other for other in _respelt(ref) if one.phone and any(map(one.may_be, phones[other]))),
            key=places.__getitem__,
        )
        for ref, one in heard.items()
    }
    return {ref: spellings for ref, spellings in agreeing.items() if spellings}


def _match_respelt(
    carrier_id: int,
    heard: Mapping[str, Heard],
    agreeing: Mapping[str, Sequence[str]],
    progress: Progress,
) -> set[str]:
    """Apply receipts whose id is hexadecimal where the answer's was decimal, or the reverse.

    Return their ids. Each is applied under one spelling, and no spelling for two of them: the
    other waits for its turn.
    """
    found: dict[str, Heard] = {}
    applied: set[str] = set()
    for ref, spellings in agreeing.items():
        spelling = next((one for one in spellings if one not in found), None)
        if spelling is not None:
            found[spelling] = replace(heard[ref], ref=spelling)
            applied.add(ref)
    if found:
        _match_spelt(carrier_id, found, progress, is_named)
    return applied


def _known(carrier_id: int, spellings: Collection[str]) -> list[tuple[str, str]]:
    """Return which of these ids were given to us, each with the number it belongs to.

    Those that wait for a receipt come first, of them the newest.
    """
    wanted = list(spellings)
    whole = select(Recipient.carrier_ref, Recipient.phone, Recipient.status, Recipient.id).where(
        Recipient.carrier_ref.in_(wanted), Recipient.carrier_id == carrier_id
    )
    parted = (
        select(RecipientPart.carrier_ref, Recipient.phone, RecipientPart.status, Recipient.id)
        .join(Recipient, Recipient.id == RecipientPart.recipient_id)
        .where(RecipientPart.carrier_ref.in_(wanted), RecipientPart.carrier_id == carrier_id)
    )
    found = db.session.execute(whole.union_all(parted)).all()
    found = sorted(found, key=lambda row: (row[2] != RecipientStatus.SENT, -row[3]))
    return [(str(ref), phone) for ref, phone, *_ in found]


def _respelt(ref: str) -> list[str]:
    spellings = []
    if ref.isascii() and ref.isdecimal():
        spellings.append(format(int(ref), "x"))
    if is_hexadecimal(ref):
        spellings.append(str(int(ref, 16)))
    return spellings


_TALLIED = (
    Recipient.message_id,
    Recipient.status,
    Recipient.credits,
    Recipient.phone,
    Recipient.reason,
)


def _tally(
    changed: Iterable[Sequence[Any]],
    progress: Progress,
    was: RecipientStatus = RecipientStatus.SENT,
) -> None:
    """Count recipients that became final (the columns `_TALLIED`) by message."""
    for message_id, status, price, phone, reason in changed:
        delta, name = progress[message_id], operator(phone)
        if status is RecipientStatus.DELIVERED:
            delta.deliver(phone)
        else:
            delta.fail(phone, reason)
            delta.owed += price
        if was is RecipientStatus.UNKNOWN:
            delta.unknown -= 1
            delta.sent[name] += 1
