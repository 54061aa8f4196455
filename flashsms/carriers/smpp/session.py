"""One bound connection to an SMSC, from the bind to the last byte.

What a peer may send besides answers: deliver_sm and data_sm (taken), enquire_link and unbind
(answered), alert_notification (ignored: it has no answer, and we ask nobody to be told). Every
other request is answered by a generic_nack, and the session goes on. So is an outbind: it belongs
on a connection that the carrier opens, and we accept none; on one that we opened and bound it asks
for what is already there, so there is no reason to hang up on the parts in flight.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import cast

from flashsms.carriers.contract import Take
from flashsms.carriers.options import CarrierOptions
from flashsms.carriers.smpp import pdu as smpp
from flashsms.carriers.smpp.batch import Recipient
from flashsms.carriers.smpp.bind import UNKNOWN_ERROR, SignIn
from flashsms.carriers.smpp.inbox import MOST_WAITING, Inbox
from flashsms.carriers.smpp.outbox import Outbox
from flashsms.carriers.smpp.pdu import Pdu, ProtocolError
from flashsms.carriers.smpp.status import INVALID_COMMAND, Kind

logger = logging.getLogger(__name__)

_UNBIND_TIMEOUT = 1.0  # seconds for the answer to our unbind
_PEER_UNBIND_GRACE = 2.0  # seconds for outstanding answers when the carrier unbinds
_LOST = "The connection to the carrier was lost."


class Session(asyncio.Protocol):
    """Every PDU of a read is handled before anything is written, then all of it in one write.

    `role` is the command of its bind. `ended` resolves when the connection is gone. After that
    nothing is left open: every part that was written and not answered is UNKNOWN, everything else
    came back as UNSENT. `fault` says why the carrier refused what only an operator can mend.
    """

    def __init__(
        self, options: CarrierOptions, take: Take, role: int = smpp.BIND_TRANSCEIVER
    ) -> None:
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._options = options
        self._reader = smpp.Reader()
        self._writes: list[bytes] = []
        self._in_read = False
        self.outbox = Outbox(options, self._write)
        packed = options.gsm == "packed"
        self.inbox = Inbox(take, self._write, self._receipts_changed, packed=packed)
        self._sign_in = SignIn(options, role)
        self.ended: asyncio.Future[None] = loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._draining = False
        self._hanging_up = False
        self._unbind_from_peer: int | None = None
        self._reading = True
        self._resumed_at = 0.0
        self._read_at = self._enquired_at = loop.time()
        self.failure = ""
        self.fault = ""
        self._handlers = self._by_command(role)

    @property
    def ready(self) -> bool:
        """Whether a submission would be written."""
        return self._sign_in.bound and not self._draining and not self.ended.done()

    async def bind(self) -> None:
        """Sign in. Raises BindRefusedError, TimeoutError, or ConnectionError for a hang-up."""
        self._write(self._sign_in.request(self.outbox.number()))
        try:
            await self._sign_in.wait(self._options.response_timeout)
        except BaseException:
            self._close()
            raise
        self._tick()

    def submit(self, recipients: list[Recipient]) -> None:
        """Send them as the window allows; their batches hear what became of them."""
        self.outbox.add(recipients)
        if self.ready:
            self.outbox.pump()
        else:
            self.outbox.give_back(self.failure or _LOST)

    def drain(self, reason: str, grace: float, *, begun: bool = False) -> None:
        """Write nothing new, wait for outstanding answers, then hang up; `grace` in seconds.

        Recipients half sent are finished, unless `begun` says that they come back as well.
        """
        self.failure = self.failure or reason
        if not self._draining:
            self._draining = True
            self._loop.call_later(grace, self._hang_up)
        self.outbox.give_back(reason, begun=begun)
        self._hang_up_when_idle()

    # --- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; asyncio itself sets TCP_NODELAY on every TCP connection."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Handle every PDU that is whole, then write all answers and new submissions at once."""
        self._read_at = self._loop.time()
        self._in_read = True
        try:
            self._read(data)
        finally:
            self._in_read = False
        self.inbox.flush()
        self._receipts_changed()
        self.outbox.pump()
        self._flush()
        self._hang_up_when_idle()

    def pause_writing(self) -> None:
        """The transport's buffer is full."""
        self.outbox.held = True

    def resume_writing(self) -> None:
        """The transport's buffer has room again."""
        self.outbox.held = self._hanging_up
        self.outbox.pump()

    def eof_received(self) -> None:
        """The peer sends no more: nothing written from here on would be answered."""
        self.outbox.held = True

    def connection_lost(self, exc: Exception | None) -> None:
        """Settle everything that is still open."""
        if exc is not None:
            logger.warning("connection to %s lost: %s", self._options.host, exc)
        self.failure = self.failure or _LOST
        if self._timer is not None:
            self._timer.cancel()
        self._sign_in.lose()
        self.outbox.lose(self.failure)
        self.ended.set_result(None)

    # --- what comes in

    def _by_command(self, role: int) -> dict[int, Callable[[Pdu], None]]:
        return {
            smpp.SUBMIT_SM_RESP: self._on_answer,
            smpp.GENERIC_NACK: self._on_nack,
            smpp.DELIVER_SM: self._on_arrival,
            smpp.DATA_SM: self._on_arrival,
            smpp.ENQUIRE_LINK: self._on_enquire,
            smpp.UNBIND: self._on_unbind,
            role | smpp.RESPONSE: self._sign_in.answer,
            smpp.ENQUIRE_LINK_RESP: lambda _: None,  # any read shows that the peer is alive
            smpp.ALERT_NOTIFICATION: lambda _: None,
            smpp.UNBIND_RESP: self._on_unbound,
        }

    def _read(self, data: bytes) -> None:
        handlers = self._handlers
        try:
            for pdu in self._reader.feed(data):
                handlers.get(pdu.command, self._on_unsupported)(pdu)
        except ProtocolError as error:
            self._give_up(error, data)

    def _on_answer(self, pdu: Pdu) -> None:
        verdict = self.outbox.answer(pdu)
        if verdict is None or verdict.kind not in (Kind.SESSION, Kind.CONFIGURATION):
            return
        logger.error("%s (%s)", verdict.reason, verdict.code)
        if verdict.kind is Kind.CONFIGURATION:
            self.fault = f"{verdict.reason.rstrip('.')} ({verdict.code})."
        self.drain(verdict.reason, self._options.response_timeout, begun=True)

    def _on_nack(self, pdu: Pdu) -> None:
        """What it names was refused; sequence 0 means that the carrier could not read which."""
        logger.warning("generic_nack 0x%08X, sequence %d", pdu.status, pdu.sequence)
        if not self._sign_in.answered:
            self._sign_in.answer(pdu)
        else:
            self._on_answer(pdu._replace(status=pdu.status or UNKNOWN_ERROR, body=b""))

    def _on_arrival(self, pdu: Pdu) -> None:
        if not self._hanging_up:
            self.inbox.receive(pdu)

    def _on_enquire(self, pdu: Pdu) -> None:
        self._write(smpp.encode(smpp.ENQUIRE_LINK_RESP, pdu.sequence))

    def _on_unbind(self, pdu: Pdu) -> None:
        self._unbind_from_peer = pdu.sequence
        reason = "The carrier asked to disconnect."
        logger.info(reason)
        self.drain(reason, _PEER_UNBIND_GRACE, begun=True)

    def _on_unbound(self, pdu: Pdu) -> None:
        if self._hanging_up:
            self._close()
        else:
            self._on_unsupported(pdu)

    def _on_unsupported(self, pdu: Pdu) -> None:
        logger.warning("command 0x%08X is not used here", pdu.command)
        if not pdu.command & smpp.RESPONSE:
            self._write(smpp.encode(smpp.GENERIC_NACK, pdu.sequence, status=INVALID_COMMAND))

    def _give_up(self, error: ProtocolError, data: bytes) -> None:
        logger.error(
            "%s does not speak SMPP: %s; the read starts with %s",
            self._options.host,
            error.reason,
            data[:32].hex(),
        )
        self.failure = self.failure or f"The carrier sent {error.reason}."
        self._write(smpp.encode(smpp.GENERIC_NACK, error.sequence, status=error.status))
        self._close()

    # --- what goes out

    def _write(self, data: bytes) -> None:
        self._writes.append(data)
        if not self._in_read:
            self._flush()

    def _flush(self) -> None:
        writes, self._writes = self._writes, []
        if writes and self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(writes))

    def _receipts_changed(self) -> None:
        """Stop reading while too many receipts wait, go on when half of them are gone."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if self._reading and self.inbox.waiting > MOST_WAITING:
            self._reading = False
            transport.pause_reading()
        elif not self._reading and self.inbox.waiting <= MOST_WAITING // 2:
            self._reading = True
            self._read_at = self._resumed_at = self._loop.time()
            transport.resume_reading()
        self._hang_up_when_idle()

    # --- time

    def _tick(self) -> None:
        """Look after timers that are too many to have one each."""
        if self.ended.done():
            return
        period = min(self._options.response_timeout, self._options.enquire) / 4
        self._timer = self._loop.call_later(min(max(period, 0.02), 1.0), self._tick)
        if self._reading:
            self._expire()
            self._enquire()
            self.outbox.pump()
            self._hang_up_when_idle()

    def _expire(self) -> None:
        timeout = self._options.response_timeout
        before = self._loop.time() - timeout
        if self._resumed_at > before:
            return  # answers were left unread until then
        reason = f"The carrier did not answer within {timeout:g} seconds."
        if self.outbox.expire(before, reason):
            logger.error(reason)
            self.drain(reason, timeout, begun=True)

    def _enquire(self) -> None:
        """Ask whether the peer is there after a silence; hang up when the question has none."""
        now, asked = self._loop.time(), self._enquired_at > self._read_at
        if asked and now - self._enquired_at > self._options.response_timeout:
            self.failure = self.failure or "The carrier stopped answering."
            logger.error(self.failure)
            self._abort()
        elif not asked and now - self._read_at > self._options.enquire:
            self._enquired_at = now
            self._write(smpp.encode(smpp.ENQUIRE_LINK, self.outbox.number()))

    # --- the end

    def _hang_up_when_idle(self) -> None:
        if self._draining and self.outbox.idle and not self.inbox.waiting:
            self._hang_up()

    def _hang_up(self) -> None:
        if self._hanging_up or self.ended.done():
            return
        self._hanging_up = True
        if self._unbind_from_peer is not None:
            self._write(smpp.encode(smpp.UNBIND_RESP, self._unbind_from_peer))
            self._flush()
            self._close()
        else:
            self._write(smpp.encode(smpp.UNBIND, self.outbox.number()))
            self._loop.call_later(_UNBIND_TIMEOUT, self._close)

    def _close(self) -> None:
        """Close after what is buffered, at once if the peer does not take it."""
        self._flush()
        self._draining = self._hanging_up = self.outbox.held = True
        self.outbox.give_back(self.failure or _LOST, begun=True)
        if self._transport is not None and not self.ended.done():
            self._transport.close()
            self._loop.call_later(_UNBIND_TIMEOUT, self._abort)

    def _abort(self) -> None:
        if self._transport is not None and not self.ended.done():
            self._transport.abort()
