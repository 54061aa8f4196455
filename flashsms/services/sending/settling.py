"""Writing down what became of claimed recipients, and giving back what was never handed over."""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import BigInteger, Integer, Row, String, case, func, update
from sqlalchemy.sql.expression import FromClause

from flashsms.carriers.contract import Fate, Outcome
from flashsms.extensions import transaction
from flashsms.models import Message, Recipient, RecipientPart, RecipientStatus, now
from flashsms.models.recipient import IS_QUEUED
from flashsms.models.rows import change, replace, rows
from flashsms.services import credits, receipts
from flashsms.services.carriers import WayOut
from flashsms.services.progress import Delta, record
from flashsms.services.sending import routing, turns
from flashsms.services.webhooks import announcing
from flashsms.text.phones import operator
from flashsms.text.printable import printable

# id, phone, parts, credits, attempts, refusals, the recipient's own text, who refused it for good
Claim = Row[int, str, int, int, int, int, str | None, str | None]
Settled = list[tuple[Claim, Outcome]]

LONGEST_DELAY = 300  # seconds between two tries of a recipient that the carrier keeps refusing


def settle(
    message: Message,
    ticket: int | None,
    claims: Sequence[Claim],
    outcomes: Sequence[Outcome],
    carrier_id: int,
    *,
    others: Sequence[WayOut] = (),
) -> None:
    """Store the outcomes of a claimed batch, refund what was refused, and pass the turn on.

    What the carrier refused for its own reasons waits for the `others` that may take it. Without a
    `ticket` the turn is not passed on.
    """
    by_fate: dict[Fate, Settled] = {fate: [] for fate in Fate}
    for claim, outcome in zip(claims, outcomes, strict=True):
        by_fate[_fate(claim, outcome, carrier_id, others)].append((claim, outcome))
    is_full = len(by_fate[Fate.THROTTLED]) == len(claims)
    with transaction():
        delta = Delta()
        _accepted(by_fate[Fate.ACCEPTED], delta)
        _refused(by_fate[Fate.REFUSED], delta)
        _unknown(by_fate[Fate.UNKNOWN], delta)
        for fate in (Fate.BUSY, Fate.THROTTLED, Fate.UNSENT):
            _put_back(by_fate[fate], fate, delta, is_full=is_full)
        _send_elsewhere(by_fate[Fate.ELSEWHERE], carrier_id, delta)
        _store_parts(carrier_id, by_fate)
        receipts.expect(carrier_id, outcomes)
        record({message.id: delta})
        credits.refund_message(message, delta.owed, "refused by the carrier")
        if ticket is not None:
            turns.pass_on(message, ticket)


def expire(message: Message, delta: Delta | None = None) -> None:
    """Fail and refund what is still queued of a message that expired; in a transaction.

    `delta` is what else that transaction changed: it is recorded with it.
    """
    fail_queued(message, "Expired before it could be handed to a carrier.", delta=delta)


def refuse(message: Message, claims: Sequence[Claim], reason: str) -> None:
    """Fail and refund claims that shall not reach the wire; in the claim's transaction."""
    delta = Delta()
    _refused([(one, Outcome(one.id, Fate.REFUSED, reason=reason)) for one in claims], delta)
    record({message.id: delta})
    credits.refund_message(message, delta.owed, reason)


def fail_queued(
    message: Message,
    reason: str,
    status: RecipientStatus = RecipientStatus.FAILED,
    *,
    delta: Delta | None = None,
) -> None:
    """End every queued recipient of a message and refund it; in the caller's transaction.

    `delta` is what else that transaction changed: it is recorded with it.
    """
    delta = delta or Delta()
    failed = status is RecipientStatus.FAILED
    heard = failed and announcing.is_heard(message.account_id)  # there may be a million
    ended = change(
        update(Recipient)
        .where(Recipient.message_id == message.id, IS_QUEUED)
        .values(status=status, reason=reason, final_at=now(), carrier_ref=None)
        .returning(Recipient.phone, Recipient.credits)
    )
    for phone, price in ended:
        delta.waiting -= 1
        delta.owed += price
        if failed:
            delta.fail(phone, reason, heard=heard)
    record({message.id: delta})
    credits.refund_message(message, delta.owed, reason)


def _accepted(settled: Settled, delta: Delta) -> None:
    def values(given: FromClause) -> dict[str, Any]:
        return {
            "status": RecipientStatus.SENT,
            "carrier_ref": given.c.text,
            "sent_at": now(),
            "reason": None,  # of an earlier try
        }

    moved = _move(
        ((claim, _ref(claim, outcome)) for claim, outcome in settled),
        values,
        delta,
    )
    delta.sent += _operators(settled, moved)


def _refused(settled: Settled, delta: Delta) -> None:
    def values(given: FromClause) -> dict[str, Any]:
        return {
            "status": RecipientStatus.FAILED,
            "reason": given.c.text,
            "final_at": now(),
            "carrier_ref": None,  # who else refused it
        }

    moved = _move(((claim, _why(outcome)) for claim, outcome in settled), values, delta)
    for claim, outcome in settled:
        if claim.id in moved:
            delta.fail(claim.phone, _why(outcome))
            delta.owed += _refundable(claim, outcome)


def _fate(claim: Claim, outcome: Outcome, carrier_id: int, others: Sequence[WayOut]) -> Fate:
    """Return the fate of a claim; one that no other carrier may take is refused for good.

    So is one of which this carrier took some parts, since another would deliver those again, and
    one that so many refused that there is no room to write down another.
    """
    if outcome.fate is not Fate.ELSEWHERE:
        return outcome.fate
    marks, named = claim.carrier_ref or "", operator(claim.phone)
    has_room = routing.marked(marks, carrier_id) is not None
    goes_on = not outcome.carrier_ids and routing.may_still_leave(named, marks, others)
    return Fate.ELSEWHERE if goes_on and has_room else Fate.REFUSED


def _send_elsewhere(settled: Settled, carrier_id: int, delta: Delta) -> None:
    """Queue again for other carriers alone what this one refuses, marked by `routing`."""

    def values(given: FromClause) -> dict[str, Any]:
        return {
            "status": RecipientStatus.QUEUED,
            "reason": given.c.text,
            "due_at": now(),
            "carrier_ref": func.coalesce(Recipient.carrier_ref, begin).concat(mark),
        }

    begin, mark = routing.refused_by(carrier_id)[:1], routing.refused_by(carrier_id)[1:]
    moved = _move(((claim, _why(outcome)) for claim, outcome in settled), values, delta)
    delta.waiting += len(moved)


def _unknown(settled: Settled, delta: Delta) -> None:
    """Mark attempts whose outcome nobody knows; they are sent again only by RESEND_UNKNOWN."""
    if current_app.config["RESEND_UNKNOWN"]:
        _put_back(settled, Fate.UNKNOWN, delta)
        return

    def values(given: FromClause) -> dict[str, Any]:
        return {
            "status": RecipientStatus.UNKNOWN,
            "reason": given.c.text,
            "carrier_ref": None,  # who refused it before
        }

    moved = _move(
        ((claim, _why(outcome)) for claim, outcome in settled),
        values,
        delta,
        came_from=(RecipientStatus.SUBMITTING,),
    )
    delta.unknown += len(moved)


def _put_back(settled: Settled, fate: Fate, delta: Delta, *, is_full: bool = False) -> None:
    """Queue again what was definitely not taken; a busy carrier is asked ever less often.

    One that `is_full` took nothing of the whole batch.
    """
    refusals = _refusals(fate, is_full=is_full)
    due_at = now() + _delay(settled, fate)

    def values(given: FromClause) -> dict[str, Any]:
        return {
            "status": RecipientStatus.QUEUED,
            "reason": given.c.text,
            "due_at": due_at,
            "refusals": refusals,
        }

    moved = _move(((claim, _why(outcome)) for claim, outcome in settled), values, delta)
    delta.waiting += len(moved)


def _refusals(fate: Fate, *, is_full: bool) -> Any:
    """Return how often a recipient was refused, after this.

    A carrier that is full is left for another one after as many refusals as one that is busy; more
    are not counted, or the next "busy" would make the recipient wait for minutes.
    """
    if fate is Fate.BUSY:
        return Recipient.refusals + 1
    if fate is Fate.THROTTLED and is_full:
        few = Recipient.refusals < routing.PATIENCE
        return case((few, Recipient.refusals + 1), else_=Recipient.refusals)
    return Recipient.refusals


def _delay(settled: Settled, fate: Fate) -> timedelta:
    if fate is Fate.UNSENT or not settled:
        return timedelta(0)
    if fate is Fate.THROTTLED:
        return timedelta(seconds=1)
    refusals = max(claim.refusals for claim, _ in settled)
    return timedelta(seconds=min(LONGEST_DELAY, 2 ** (refusals + 1)))


def _move(
    claimed: Iterable[tuple[Claim, str | None]],
    values: Callable[[FromClause], dict[str, Any]],
    delta: Delta,
    came_from: Sequence[RecipientStatus] = (RecipientStatus.SUBMITTING, RecipientStatus.UNKNOWN),
) -> set[int]:
    """Move claimed recipients, each with its own text, and return the ids of those that moved.

    A claim that outlived its lease has become UNKNOWN meanwhile: what is known now replaces that.
    Only the claim that is settled is touched, never a newer one (`attempts`).
    """
    wanted = sorted(claimed, key=lambda one: one[0].id)  # one order of locks for everybody
    moved: set[int] = set()
    for status in came_from:
        if len(moved) == len(wanted):
            break
        given = rows(
            ((claim.id, claim.attempts, status, text) for claim, text in wanted),
            id=BigInteger(),
            attempts=Integer(),
            was=String(),
            text=String(),
        )
        ids = change(
            update(Recipient)
            .where(
                Recipient.id == given.c.id,
                Recipient.attempts == given.c.attempts,
                Recipient.status == given.c.was,
            )
            .values(values(given))
            .returning(Recipient.id)
        ).scalars()
        found = set(ids)
        moved |= found
        if status is RecipientStatus.SUBMITTING:
            delta.waiting -= len(found)
        else:
            delta.unknown -= len(found)
    return moved


def _operators(settled: Settled, moved: Container[int]) -> Counter[str]:
    """Count those that moved by the operator of their number range."""
    return Counter(operator(claim.phone) for claim, _ in settled if claim.id in moved)


def _store_parts(carrier_id: int, by_fate: Mapping[Fate, Settled]) -> None:
    """Keep the carrier's id of each part of longer messages: receipts come one by one.

    A part that is there already is of an attempt that was made again: the newer one counts.
    """
    parts = [
        {
            "recipient_id": claim.id,
            "number": number,
            "carrier_id": carrier_id,
            "carrier_ref": key,
            "status": RecipientStatus.SENT,
        }
        for fate in (Fate.ACCEPTED, Fate.UNKNOWN, Fate.REFUSED)
        for claim, outcome in by_fate[fate]
        if claim.parts > 1 and not _is_whole(outcome)
        for number, carrier_ref in enumerate(outcome.carrier_ids, start=1)
        if (key := receipts.ref_key(carrier_ref))
    ]
    if parts:
        replace(RecipientPart, parts, key=("recipient_id", "number"))


def _ref(claim: Claim, outcome: Outcome) -> str | None:
    """Return the id that receipts of the whole message will name; some carriers give none."""
    known_by_one = outcome.carrier_ids and (claim.parts == 1 or _is_whole(outcome))
    given = outcome.carrier_ids[0] if known_by_one else ""
    return receipts.ref_key(given) or None


def _is_whole(outcome: Outcome) -> bool:
    """Whether the carrier knows all parts by one id."""
    return outcome.fate is Fate.ACCEPTED and len(outcome.carrier_ids) == 1


def _refundable(claim: Claim, outcome: Outcome) -> int:
    """Return the credits of the parts that the carrier did not take."""
    refused = claim.parts - len(outcome.carrier_ids)
    return int(claim.credits * refused // claim.parts)


def _why(outcome: Outcome) -> str | None:
    reason = f"{outcome.reason} ({outcome.code})" if outcome.code else outcome.reason
    return printable(reason)[:200] or None
