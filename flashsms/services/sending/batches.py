"""Handing a message to a carrier, one batch at a time: claim, submit, settle.

The claim is committed before the wire is touched, so that a crash at any point leaves rows that say
"may have been sent" and never rows that are sent again. No transaction is open during the wire.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from flask import current_app
from redis.exceptions import RedisError
from sqlalchemy import Update, bindparam, select, update
from sqlalchemy.exc import OperationalError

from flashsms import queue
from flashsms.carriers.contract import Fate, Outcome, Submission
from flashsms.carriers.sessions import Sessions
from flashsms.carriers.urls import options
from flashsms.extensions import db, transaction
from flashsms.models import (
    Account,
    Carrier,
    Message,
    MessageStatus,
    Recipient,
    RecipientStatus,
    now,
)
from flashsms.models.rows import change
from flashsms.services import carriers, opt_outs, pacing, receipts
from flashsms.services.carriers import WayOut, breaker, watching
from flashsms.services.carriers.breaker import Gate
from flashsms.services.sending import rehearsing, routing, settling, turns
from flashsms.services.sending.routing import Share
from flashsms.text.printable import printable

SLICE = 0.5  # seconds that one batch may take on the wire
SMALLEST = 50  # recipients in a batch, however slow the carrier
FIRST_RATE = 1000.0  # recipients/s that a carrier is believed to take before its first batch
PATIENCE = 0.2  # seconds that a job waits for the pace before it lets others take their turn
SETTLE_PAUSES = (0.1, 0.5, 2.0, 5.0)  # seconds between the tries to store outcomes
CARRIER_RETRY = 2.0  # seconds until a message is tried again while no carrier is up

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one job took: `ticket` is the next one, `claims` are the recipients' rows.

    `others` are the carriers that may take what this one refuses for its own reasons. A `trial`
    shows whether a carrier that answered badly does better.
    """

    message: Message
    carrier: WayOut
    ticket: int
    claims: list[settling.Claim]
    others: Sequence[WayOut] = ()
    trial: bool = False


def send_next_batch(message_id: int, ticket: int) -> None:
    """Send the next batch of a message if `ticket` is still the valid one, and queue what follows.

    Not one transaction but two, with the wire between them: the claim and the settlement.
    """
    found = _look_up(message_id, ticket)
    if found is None:
        return
    message, stands, ways_out = found
    gate = _take_turn(message, ticket, ways_out)
    if not stands:
        return
    if message.is_test:
        _rehearse(message, ticket)
        return
    share = _choose(message, ticket, ways_out, gate)
    if share is None:
        turns.rest(message, ticket, seconds=CARRIER_RETRY)
        return
    batch = _take(message, ticket, share, trial=gate.is_trial(share.carrier.id))
    if batch is None:
        gate.keep(None)
        return
    others = () if message.only_carrier_id else ways_out
    _hand_over(replace(batch, others=[one for one in others if one.id != share.carrier.id]))


def _rehearse(message: Message, ticket: int) -> None:
    """Send a batch of a test by the carrier that pretends: no routing, no pace, no breaker."""
    most = min(current_app.config["BATCH_SIZE"], rehearsing.BATCH)
    batch = _claim(message, ticket, Share(rehearsing.WAY), most)
    if batch is not None:
        outcomes = _submit(batch)
        _settle(batch, outcomes)
        _match_parked(batch, outcomes)


def _match_parked(batch: Batch, outcomes: Sequence[Outcome]) -> None:
    refs = (receipts.ref_key(ref) for outcome in outcomes for ref in outcome.carrier_ids)
    receipts.match_parked(batch.carrier.id, filter(None, refs))


def _hand_over(batch: Batch) -> None:
    carrier, started = batch.carrier, time.monotonic()
    outcomes = _submit(batch)
    latency = _latency(carrier, outcomes, time.monotonic() - started)
    up = sessions().ready(carrier.id, carrier.dialled)  # what was not written then is its own fault
    _settle(batch, outcomes)
    _match_parked(batch, outcomes)
    fates = [outcome.fate for outcome in outcomes]
    telling = _telling(batch, outcomes)
    errors = (printable(outcome.code) for outcome in telling if outcome.fate in breaker.ERRORS)
    watching.count_outcomes(
        carrier.id,
        fates,
        latency=latency,
        up=up,
        is_trial=batch.trial,
        name=carrier.name,
        code=next(filter(None, errors), ""),
        weighed=[outcome.fate for outcome in telling],
    )
    if Fate.THROTTLED in fates:
        pacing.slow_down(carrier.id)


def _telling(batch: Batch, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the outcomes that tell how the carrier is.

    Numbers that it has refused for now before, and refuses again, tell of these numbers: else the
    few that one account keeps trying would keep the carrier from everybody.
    """
    pairs = zip(batch.claims, outcomes, strict=True)
    return [told for claim, told in pairs if not (claim.refusals and told.fate is Fate.BUSY)]


def sessions() -> Sessions:
    """Return the carrier sessions that this worker keeps open."""
    running: Sessions = current_app.extensions["carriers"]
    return running


def _look_up(message_id: int, ticket: int) -> tuple[Message, bool, list[WayOut]] | None:
    """Return the message, whether `ticket` still stands, and the carriers in their order.

    That of a suspended account waits: the tick resumes it once the account is active again.
    """
    found = db.session.execute(
        select(Message, Account.suspended_at.is_(None))
        .join(Account, Account.id == Message.account_id)
        .where(Message.id == message_id),
        execution_options={"populate_existing": True},
    ).first()
    if found is None:
        return None
    message, active = found
    stands = active and message.ticket == ticket and message.status is MessageStatus.PENDING
    leaves = stands and not message.is_test
    in_order = carriers.in_order_for(message.account_id) if leaves else []
    db.session.commit()  # nothing stays open while the pace or the carrier is waited for
    db.session.expunge_all()  # and no rollback makes these unreadable
    return message, stands, in_order


def _take_turn(message: Message, ticket: int, ways: Sequence[WayOut]) -> Gate:
    """Let the account's next batch join the queue, and ask how the breakers stand; one trip."""
    ids = [one.id for one in ways]
    try:
        with queue.redis().pipeline(transaction=False) as pipe:
            account_id, urgent = message.account_id, message.urgent
            queue.leave_lane(pipe, message.id, ticket, account_id=account_id, urgent=urgent)
            breaker.ask(pipe, ids)
            return Gate(breaker.states(ids, pipe.execute()[1]))
    except RedisError as error:
        log.warning("Redis is away, so all carriers are taken for good ones: %s", error)
        return Gate({})


def _choose(message: Message, ticket: int, ways: Sequence[WayOut], gate: Gate) -> Share | None:
    """Return by which carrier the batch leaves; a message for one alone passes its breaker."""
    is_up = sessions().ready
    if message.only_carrier_id is not None:
        return routing.choose(message, ticket, ways, is_up)
    share = routing.choose(message, ticket, ways, lambda id, url: is_up(id, url) and gate.lets(id))
    gate.keep(share.carrier.id if share else None)
    return share


def _take(message: Message, ticket: int, share: Share, *, trial: bool) -> Batch | None:
    """Claim as many as the pace allows, and a trial; None when there is nothing to submit."""
    allowed = _pace(share.carrier, message, most=breaker.PROBE if trial else None)
    batch = _claim(message, ticket, share, allowed)
    used = sum(claim.parts for claim in batch.claims) if batch else 0
    pacing.give_back(share.carrier.id, allowed * message.parts - used)
    return replace(batch, trial=trial) if batch else None


def _pace(carrier: WayOut, message: Message, most: int | None) -> int:
    """Return how many recipients may be claimed now; waits a moment when the pace says none."""
    tps = options(carrier.url).tps
    most = most or min(current_app.config["BATCH_SIZE"], _size(carrier.id))
    wanted = min(most, max(1, message.waiting))
    patience = time.monotonic() + PATIENCE
    while True:
        grant = pacing.take(
            carrier.id, tps, recipients=wanted, parts=message.parts, urgent=message.urgent
        )
        left = patience - time.monotonic()
        if grant.recipients or left <= 0:
            return grant.recipients
        time.sleep(min(grant.wait, left))


def _claim(message: Message, ticket: int, share: Share, limit: int) -> Batch | None:
    """Take the ticket and up to `limit` due recipients; None when there is nothing to submit."""
    with transaction():
        taken = turns.take(message.id, ticket)
        if taken is None:
            return None
        if message.expires_at <= now():
            settling.expire(message)
        if not _still_used(share, message):  # paused or switched off while the pace was waited for
            turns.pass_on(message, taken)
            return None
        rows = _claim_rows(message, share, limit)
        claims = _without_opted_out(message, rows)
        if not claims:
            # What is due and was not found waits for another carrier: not to be asked for at once.
            turns.pass_on(message, taken, pause=0 if rows or not limit else CARRIER_RETRY)
            return None
    return Batch(message, share.carrier, taken, claims)


def _still_used(share: Share, message: Message) -> bool:
    if message.is_test:
        return True
    used = select(Carrier.id).where(Carrier.id == share.carrier.id, Carrier.active)
    if message.only_carrier_id is None or message.from_number:
        used = used.where(Carrier.paused_at.is_(None))
    return db.session.scalar(used) is not None


def _without_opted_out(message: Message, claims: list[settling.Claim]) -> list[settling.Claim]:
    """Refuse and refund whoever opted out since the message was accepted, and return the rest."""
    if not claims or message.is_answer:
        return claims
    if not opt_outs.since(message.account_id, message.created_at):
        return claims
    out = opt_outs.among(message.account_id, (claim.phone for claim in claims))
    settling.refuse(message, [claim for claim in claims if claim.phone in out], "Opted out.")
    return [claim for claim in claims if claim.phone not in out]


def _claim_rows(message: Message, share: Share, limit: int) -> list[settling.Claim]:
    statement = _claiming(share.operators, share.others, share.spare)
    values = {"message": message.id, "most": limit, **routing.bound(message, share)}
    return list(change(statement, values))


@cache
def _claiming(operators: frozenset[str] | None, others: bool, spare: bool) -> Update:
    """Return the statement that claims recipients of a share, by whatever carrier."""
    conditions = routing.due(bindparam("message"), operators, others=others, spare=spare)
    due = (
        select(Recipient.id)
        .where(*conditions)
        .order_by(Recipient.due_at)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    return (
        update(Recipient)
        .where(Recipient.id.in_(select(due.c.id)))
        .values(
            status=RecipientStatus.SUBMITTING,
            attempts=Recipient.attempts + 1,
            claimed_at=bindparam("moment", type_=Recipient.due_at.type),
            carrier_id=bindparam("carrier"),
        )
        .returning(
            Recipient.id,
            Recipient.phone,
            Recipient.parts,
            Recipient.credits,
            Recipient.attempts,
            Recipient.refusals,
            Recipient.text,
            Recipient.carrier_ref,
        )
    )


def _settle(batch: Batch, outcomes: list[Outcome]) -> None:
    """Store the outcomes, each by itself if they cannot be stored together.

    What is not stored would be UNKNOWN: one that the database will not have costs one recipient.
    """
    message_id = batch.message.id
    try:
        _persistently(message_id, _storing(batch, message_id, batch.claims, outcomes, batch.ticket))
        return
    except OperationalError:
        raise
    except Exception:
        log.exception("Message %s cannot be settled at once, so each recipient is.", message_id)
    for claim, outcome in zip(batch.claims, outcomes, strict=True):
        try:
            _persistently(message_id, _storing(batch, message_id, [claim], [outcome], None))
        except OperationalError:
            raise
        except Exception:
            log.exception("What became of recipient %d cannot be stored.", claim.id)
    _persistently(message_id, _storing(batch, message_id, [], [], batch.ticket))


def _storing(
    batch: Batch,
    message_id: int,
    claims: Sequence[settling.Claim],
    outcomes: Sequence[Outcome],
    ticket: int | None,
) -> Callable[[], None]:
    def store() -> None:
        message = db.session.get_one(Message, message_id)  # one that a failure left is of no use
        settling.settle(message, ticket, claims, outcomes, batch.carrier.id, others=batch.others)

    return store


def _persistently(message_id: int, store: Callable[[], None]) -> None:
    """Store something, again if the database stumbles."""
    for pause in SETTLE_PAUSES:
        try:
            store()
        except OperationalError as error:
            log.warning("Settling message %s failed, trying again: %s", message_id, error)
            db.session.remove()
            time.sleep(pause)
        else:
            return
    store()


def _submit(batch: Batch) -> list[Outcome]:
    message = batch.message
    sender = message.from_number or message.sender
    validity = max(1, int((message.expires_at - now()).total_seconds()))
    submissions = [
        Submission(
            claim.id, claim.phone, sender, claim.text or message.text, validity, claim.attempts
        )
        for claim in batch.claims
    ]
    started = time.monotonic()
    outcomes = sessions().submit(batch.carrier.id, batch.carrier.dialled, submissions)
    _note_rate(batch.carrier.id, len(outcomes), time.monotonic() - started)
    return outcomes


def _latency(carrier: WayOut, outcomes: Sequence[Outcome], seconds: float) -> float:
    """Return how long an answer took on average: with a full window, one of its rounds.

    0 (not known) for a batch that was held up, because the carrier said "too fast", or that did
    not reach the wire.
    """
    if any(outcome.fate in (Fate.THROTTLED, Fate.UNSENT) for outcome in outcomes):
        return 0.0
    chosen = options(carrier.url)
    return seconds * min(1.0, chosen.window * chosen.binds / len(outcomes))


def _size(carrier_id: int) -> int:
    """Return how many recipients the carrier takes in SLICE seconds, going by its last batch.

    Whoever waits for this worker waits for no more, and a worker that is killed leaves no more
    unknown outcomes than that.
    """
    return max(SMALLEST, int(_rates().get(carrier_id, FIRST_RATE) * SLICE))


def _note_rate(carrier_id: int, count: int, seconds: float) -> None:
    if count >= SMALLEST:  # smaller ones measure the round trip, not the rate
        _rates()[carrier_id] = count / max(seconds, 0.001)


def _rates() -> dict[int, float]:
    rates: dict[int, float] = current_app.extensions.setdefault("carrier_rates", {})
    return rates
