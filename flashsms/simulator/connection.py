"""One client's connection to the simulator."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from typing import cast

from flashsms.carriers.smpp import pdu as smpp
from flashsms.carriers.smpp import status
from flashsms.carriers.smpp.pdu import Pdu, ProtocolError
from flashsms.carriers.smpp.status import (
    INVALID_BIND_STATUS,
    INVALID_COMMAND,
    INVALID_PASSWORD,
    OK,
)
from flashsms.simulator.magic import behaviour
from flashsms.simulator.smsc import Postman, Smsc, receipt, wants_receipt

logger = logging.getLogger(__name__)

_BINDS = (smpp.BIND_RECEIVER, smpp.BIND_TRANSMITTER, smpp.BIND_TRANSCEIVER)
_SENDERS = (smpp.BIND_TRANSMITTER, smpp.BIND_TRANSCEIVER)
_MOST_UNACKNOWLEDGED = 1000
_ACKNOWLEDGE_WITHIN = 10.0  # seconds, then the receipt comes again


class Connection(asyncio.Protocol):
    """Answers all of a read in one write; sends receipts until each is acknowledged."""

    def __init__(self, smsc: Smsc, forget: Callable[["Connection"], None]) -> None:
        self._smsc = smsc
        self._forget = forget
        self._loop = asyncio.get_running_loop()
        self._reader = smpp.Reader()
        self._numbers = 0
        self._transport: asyncio.Transport | None = None
        self._answers: list[bytes] = []
        self._queue: deque[bytes] = deque()
        self._unacknowledged: dict[int, tuple[bytes, float]] = {}
        self._postman = Postman(smsc, self)
        self._role = 0  # the command it was bound by, 0 before
        self.system_id = ""
        self._sweeper: asyncio.TimerHandle | None = None
        self._handlers: dict[int, Callable[[Pdu], None]] = {
            smpp.SUBMIT_SM: self._on_submit,
            smpp.DELIVER_SM_RESP: self._on_acknowledged,
            smpp.ENQUIRE_LINK: self._on_simple,
            smpp.ENQUIRE_LINK_RESP: lambda _: None,
            smpp.UNBIND: self._on_unbind,
            smpp.UNBIND_RESP: lambda _: self._hang_up(),
            smpp.GENERIC_NACK: lambda pdu: logger.warning("generic_nack 0x%08X", pdu.status),
            **dict.fromkeys(_BINDS, self._on_bind),
        }

    # --- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport and start looking for receipts that nobody acknowledges."""
        self._transport = cast(asyncio.Transport, transport)
        self._sweep()

    def data_received(self, data: bytes) -> None:
        """Handle every PDU that is whole, then answer them all at once."""
        try:
            for pdu in self._reader.feed(data):
                self._handlers.get(pdu.command, self._on_unknown)(pdu)
        except ProtocolError as error:
            logger.warning("not SMPP: %s", error.reason)
            self._answer(smpp.GENERIC_NACK, error.sequence, status=error.status)
            self._loop.call_soon(self._hang_up)
        self._smsc.flush_log()
        self._postman.leave()
        self._send_answers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave what was not acknowledged to another bind."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        left = [body for body, _ in self._unacknowledged.values()]
        left.extend(self._queue)
        self._unacknowledged.clear()
        self._queue.clear()
        self._smsc.leave(self, left)
        self._forget(self)

    # --- what the message centre asks

    def deliver(self, bodies: Iterable[bytes]) -> None:
        """Send receipts, as many as may be unacknowledged; the rest waits."""
        self._queue.extend(bodies)
        self._write(b"".join(self._next_deliveries()))

    def close(self) -> None:
        """Cut the connection."""
        if self._transport is not None:
            self._transport.abort()

    # --- what comes in

    def _on_bind(self, pdu: Pdu) -> None:
        system_id, password = smpp.decode_bind(pdu.body)
        users = self._smsc.settings.users
        if users and users.get(system_id) != password:
            self._answer(pdu.command | smpp.RESPONSE, pdu.sequence, status=INVALID_PASSWORD)
            return
        self.system_id = system_id
        self._role = pdu.command
        body = smpp.cstring("FlashSMS")
        self._answer(pdu.command | smpp.RESPONSE, pdu.sequence, body)
        if pdu.command != smpp.BIND_TRANSMITTER:
            self._send_answers()
            self._smsc.join(self)

    def _on_submit(self, pdu: Pdu) -> None:
        if self._role not in _SENDERS:
            self._answer(smpp.SUBMIT_SM_RESP, pdu.sequence, status=INVALID_BIND_STATUS)
            return
        message = smpp.decode_message(pdu.body)
        refusal, message_id = self._smsc.submit(message)
        if refusal:
            self._answer(smpp.SUBMIT_SM_RESP, pdu.sequence, status=refusal)
            return
        magic = behaviour(message.destination)
        if wants_receipt(message, magic):
            if magic.early:
                self._smsc.deliver(self, [receipt(message, message_id, magic)])
            else:
                self._postman.post(message, message_id, magic)
        self._answer(smpp.SUBMIT_SM_RESP, pdu.sequence, message_id.encode("ascii") + b"\0")

    def _on_acknowledged(self, pdu: Pdu) -> None:
        found = self._unacknowledged.pop(pdu.sequence, None)
        if found is None:
            return
        if pdu.status != OK:
            wait = self._smsc.settings.redeliver
            self._loop.call_later(wait, self._smsc.deliver, self, [found[0]])
        self._answers.extend(self._next_deliveries())

    def _on_simple(self, pdu: Pdu) -> None:
        self._answer(pdu.command | smpp.RESPONSE, pdu.sequence)

    def _on_unbind(self, pdu: Pdu) -> None:
        self._on_simple(pdu)
        self._role = 0
        self._loop.call_soon(self._hang_up)

    def _on_unknown(self, pdu: Pdu) -> None:
        self._answer(smpp.GENERIC_NACK, pdu.sequence, status=INVALID_COMMAND)

    # --- what goes out

    def _answer(
        self, command: int, sequence: int, body: bytes = b"", status: int = status.OK
    ) -> None:
        self._answers.append(smpp.encode(command, sequence, body, status))

    def _send_answers(self) -> None:
        answers, self._answers = b"".join(self._answers), []
        if self._smsc.settings.latency and self._role:
            self._loop.call_later(self._smsc.settings.latency, self._write, answers)
        else:
            self._write(answers)

    def _next_deliveries(self) -> list[bytes]:
        now = self._loop.time()
        room = _MOST_UNACKNOWLEDGED - len(self._unacknowledged)
        sent = []
        for _ in range(min(room, len(self._queue))):
            body = self._queue.popleft()
            self._numbers = self._numbers % smpp.MAX_SEQUENCE + 1
            self._unacknowledged[self._numbers] = (body, now)
            sent.append(smpp.encode(smpp.DELIVER_SM, self._numbers, body))
        return sent

    def _write(self, data: bytes) -> None:
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _sweep(self) -> None:
        """Send again what was not acknowledged in time."""
        before = self._loop.time() - _ACKNOWLEDGE_WITHIN
        late = [number for number, (_, sent) in self._unacknowledged.items() if sent < before]
        self.deliver([self._unacknowledged.pop(number)[0] for number in late])
        self._sweeper = self._loop.call_later(1.0, self._sweep)

    def _hang_up(self) -> None:
        if self._transport is not None:
            self._transport.close()
