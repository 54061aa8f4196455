"""Handing a message to a carrier, one batch at a time: claim, submit, settle.

The claim is committed before the wire is touched, so that a crash at any point leaves rows that say
"may have been sent" and never rows that are sent again. No transaction is open during the wire.
"""

import logging
import time
from dataclasses import dataclass
from functools import cache

from flask import current_app
from sqlalchemy import Update, bindparam, select, update
from sqlalchemy.exc import OperationalError

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
from flashsms.services.carriers import WayOut, watching
from flashsms.services.sending import routing, settling, turns
from flashsms.services.sending.routing import Share

SLICE = 0.5  # seconds that one batch may take on the wire
SMALLEST = 50  # recipients in a batch, however slow the carrier
FIRST_RATE = 1000.0  # recipients/s that a carrier is believed to take before its first batch
PATIENCE = 0.2  # seconds that a job waits for the pace before it lets others take their turn
SETTLE_PAUSES = (0.1, 0.5, 2.0, 5.0)  # seconds between the tries to store outcomes
CARRIER_RETRY = 2.0  # seconds until a message is tried again while no carrier is up

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one job took: `ticket` is the next one, `claims` are the recipients' rows."""

    message: Message
    carrier: WayOut
    ticket: int
    claims: list[settling.Claim]


def send_next_batch(message_id: int, ticket: int) -> None:
    """Send the next batch of a message if `ticket` is still the valid one, and queue what follows.

    Not one transaction but two, with the wire between them: the claim and the settlement.
    """
    message, ways_out = _look_up(message_id, ticket)
    if message is None:
        return
    share = routing.choose(message, ticket, ways_out, sessions().ready)
    if share is None:
        turns.rest(message_id, ticket, seconds=CARRIER_RETRY)
        return
    carrier = share.carrier
    allowed = _pace(carrier, message)
    batch = _claim(message, ticket, share, allowed)
    used = sum(claim.parts for claim in batch.claims) if batch else 0
    pacing.give_back(carrier.id, allowed * message.parts - used)
    if batch is None:
        return
    outcomes = _submit(batch)
    _settle(batch, outcomes)
    refs = (ref for outcome in outcomes for ref in outcome.carrier_ids if ref)
    receipts.match_parked(carrier.id, map(receipts.ref_key, refs))
    watching.count_outcomes(carrier.id, (outcome.fate for outcome in outcomes))
    if any(outcome.fate is Fate.THROTTLED for outcome in outcomes):
        pacing.slow_down(carrier.id)


def sessions() -> Sessions:
    """Return the carrier sessions that this worker keeps open."""
    running: Sessions = current_app.extensions["carriers"]
    return running


def _look_up(message_id: int, ticket: int) -> tuple[Message | None, list[WayOut]]:
    """Return the message if `ticket` still stands, and the carriers in their order.

    That of a suspended account waits: the tick resumes it once the account is active again.
    """
    message = db.session.scalar(
        select(Message)
        .join(Account, Account.id == Message.account_id)
        .where(
            Message.id == message_id,
            Message.ticket == ticket,
            Message.status == MessageStatus.PENDING,
            Account.suspended_at.is_(None),
        )
    )
    in_order = carriers.in_order() if message else []
    db.session.commit()  # nothing stays open while the pace or the carrier is waited for
    db.session.expunge_all()  # and no rollback makes these unreadable
    return message, in_order


def _pace(carrier: WayOut, message: Message) -> int:
    """Return how many recipients may be claimed now; waits a moment when the pace says none."""
    tps = options(carrier.url).tps
    most = min(current_app.config["BATCH_SIZE"], _size(carrier.id))
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
        claims = _without_opted_out(message, _claim_rows(message.id, share, limit))
        if not claims:
            turns.pass_on(message, taken)
            return None
    return Batch(message, share.carrier, taken, claims)


def _still_used(share: Share, message: Message) -> bool:
    used = select(Carrier.id).where(Carrier.id == share.carrier.id, Carrier.active)
    if message.only_carrier_id is None:
        used = used.where(Carrier.paused_at.is_(None))
    return db.session.scalar(used) is not None


def _without_opted_out(message: Message, claims: list[settling.Claim]) -> list[settling.Claim]:
    """Refuse and refund whoever opted out since the message was accepted, and return the rest."""
    if not claims or not opt_outs.since(message.account_id, message.created_at):
        return claims
    out = opt_outs.among(message.account_id, (claim.phone for claim in claims))
    settling.refuse(message, [claim for claim in claims if claim.phone in out], "Opted out.")
    return [claim for claim in claims if claim.phone not in out]


def _claim_rows(message_id: int, share: Share, limit: int) -> list[settling.Claim]:
    carrier = {"carrier": share.carrier.id, "most": limit}
    claimed = change(
        _claiming(share.operators), {"message": message_id, "moment": now(), **carrier}
    )
    return list(claimed)


@cache
def _claiming(operators: frozenset[str] | None) -> Update:
    """Return the statement that claims recipients in the ranges of some operators, or all."""
    due = (
        select(Recipient.id)
        .where(*routing.due(bindparam("message"), operators))
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
        )
    )


def _settle(batch: Batch, outcomes: list[Outcome]) -> None:
    """Store the outcomes, again if the database stumbles: what is not stored would be UNKNOWN."""
    for pause in SETTLE_PAUSES:
        try:
            settling.settle(batch.message, batch.ticket, batch.claims, outcomes, batch.carrier.id)
        except OperationalError as error:
            log.warning("Settling message %s failed, trying again: %s", batch.message.id, error)
            db.session.remove()
            time.sleep(pause)
        else:
            return
    settling.settle(batch.message, batch.ticket, batch.claims, outcomes, batch.carrier.id)


def _submit(batch: Batch) -> list[Outcome]:
    submissions = [
        Submission(claim.id, claim.phone, batch.message.sender, claim.text or batch.message.text)
        for claim in batch.claims
    ]
    started = time.monotonic()
    outcomes = sessions().submit(batch.carrier.id, batch.carrier.url, submissions)
    _note_rate(batch.carrier.id, len(outcomes), time.monotonic() - started)
    return outcomes


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
