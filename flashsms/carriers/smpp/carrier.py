"""SMPP as a carrier: submissions in, outcomes out, over one or more binds."""

import asyncio
from collections.abc import Sequence

from flashsms.carriers.contract import (
    CarrierStats,
    Fate,
    Outcome,
    Submission,
    Take,
)
from flashsms.carriers.options import CarrierOptions
from flashsms.carriers.smpp.batch import Batch, Recipient
from flashsms.carriers.smpp.compose import Composer
from flashsms.carriers.smpp.link import Link
from flashsms.carriers.smpp.pdu import BIND_RECEIVER, BIND_TRANSCEIVER, BIND_TRANSMITTER
from flashsms.carriers.smpp.session import Session
from flashsms.carriers.smpp.tls import context

# Seconds until what a slow carrier left unwritten comes back: a batch must end within its lease.
LONGEST_WRITE = 20.0


class SmppCarrier:
    """Implements the `Carrier` contract; no coroutine, future or timer for each message.

    A bind is one connection for both directions, or a pair of a transmitter and a receiver. Of a
    pair each comes back by itself, and what is sent depends on the transmitter alone.
    """

    def __init__(self, options: CarrierOptions, take: Take) -> None:
        self._composer = Composer(options)
        self._window = options.window
        tls, pair = context(options), options.bind == "pair"
        role = BIND_TRANSMITTER if pair else BIND_TRANSCEIVER
        count = range(options.binds)
        self._links = [Link(options, take, role=role, context=tls) for _ in count]
        self._receivers = [
            Link(options, take, role=BIND_RECEIVER, context=tls) for _ in count if pair
        ]

    @property
    def ready(self) -> bool:
        """Whether a submission would reach the wire now."""
        return any(link.ready for link in self._links)

    @property
    def trouble(self) -> str:
        """Why it is not ready, as a sentence for the operator; empty when it is."""
        return "" if self.ready else self._links[0].trouble

    @property
    def stats(self) -> CarrierStats:
        """The figures of this moment, over all binds."""
        outboxes = [session.outbox for session in self._sessions()]
        everything = [*self._links, *self._receivers]
        times = [link.latency for link in self._links if link.latency]
        return CarrierStats(
            ready=self.ready,
            in_flight=sum(outbox.in_flight for outbox in outboxes),
            window=sum(outbox.window for outbox in outboxes),
            submitted=sum(link.submitted for link in self._links),
            receipts=sum(link.receipts for link in everything),
            reconnects=sum(link.reconnects for link in everything),
            latency=sum(times) / len(times) if times else 0.0,
            fault=next((link.fault for link in everything if link.fault), ""),
        )

    async def open(self) -> None:
        """Start connecting every bind; returns at once."""
        for link in (*self._links, *self._receivers):
            link.open()

    async def submit(self, submissions: Sequence[Submission]) -> list[Outcome]:
        """One outcome each, in order; all UNSENT at once when no bind is ready. Never raises."""
        sessions = self._sessions()
        if not sessions:
            reason = self.trouble
            return [Outcome(sub.reference, Fate.UNSENT, reason=reason) for sub in submissions]
        if not submissions:
            return []
        batch = Batch(len(submissions))
        recipients = self._compose(batch, submissions)
        for session, share in _shares(sessions, recipients, self._window):
            session.submit(share)
        bound = asyncio.get_running_loop().call_later(LONGEST_WRITE, _withdraw, sessions, batch)
        try:
            return await batch.done
        finally:
            bound.cancel()

    async def close(self, grace: float) -> None:
        """Stop writing, wait up to `grace` seconds for answers, unbind, hang up."""
        links = (*self._links, *self._receivers)
        await asyncio.gather(*(link.close(grace) for link in links))

    def _sessions(self) -> list[Session]:
        """Those that are ready; one that is lost meanwhile is read once, for any thread may ask."""
        sessions = [link.session for link in self._links]
        return [session for session in sessions if session is not None and session.ready]

    def _compose(self, batch: Batch, submissions: Sequence[Submission]) -> list[Recipient]:
        """The recipients to send; one that cannot be written is refused right away."""
        recipients = []
        bodies = self._composer.bodies
        for index, submission in enumerate(submissions):
            try:
                parts = bodies(submission)
            except ValueError as error:
                refused = Outcome(submission.reference, Fate.REFUSED, reason=str(error))
                batch.finish(index, refused)
                continue
            recipients.append(Recipient(batch, index, submission.reference, parts))
        return recipients


def _withdraw(sessions: list[Session], batch: Batch) -> None:
    for session in sessions:
        session.outbox.withdraw(batch, "The carrier is too slow for more at once.")


def _shares(
    sessions: list[Session], recipients: list[Recipient], window: int
) -> list[tuple[Session, list[Recipient]]]:
    """Windowfuls of recipients, in turn, beginning with the session that has the least to do."""
    sessions.sort(key=lambda session: session.outbox.load)
    size = window if len(sessions) > 1 else len(recipients)
    starts = range(0, len(recipients), size or 1)
    return [
        (sessions[turn % len(sessions)], recipients[start : start + size])
        for turn, start in enumerate(starts)
    ]
