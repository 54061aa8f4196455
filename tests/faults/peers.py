"""SMSCs whose trouble a test decides from one moment to the next, and that remember everything.

All peers of a day live on one loop in a thread, so that what they remember has one order.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from flashsms.carriers.smpp import pdu as smpp
from flashsms.carriers.smpp.pdu import Pdu, ShortMessage, decode_message
from flashsms.simulator.magic import behaviour
from flashsms.simulator.smsc import receipt, wants_receipt

LATENCY = 0.02  # seconds until a submission is answered
SOON = 0.1  # seconds until its receipt
SYSTEM_ERROR = 0x08
AGAIN = 0.5  # seconds until a receipt that was not taken comes again


@dataclass(slots=True)
class Seen:
    """One submit_sm: who read it when (on the monotonic clock) from which line, and how it went.

    `status` is the command_status of its answer, `answered` whether that was sent.
    """

    peer: str
    number: str
    status: int
    line: int
    at: float
    answered: bool = False


@dataclass
class Peer:
    """One SMSC. What it may do wrong can be changed at any time, from any thread.

    `sign_in` and `refusal` are the command_status of sign-ins and submissions, `errors` how many
    submissions more meet an internal error, `silent` takes submissions and says nothing at all,
    `deaf` is so to submissions alone, `late` is how many seconds receipts are held back, and
    `cut_after` breaks all lines when so many more submissions were read. `acknowledged` are the
    numbers whose receipts were taken.
    """

    name: str
    port: int = 0
    sign_in: int = 0
    refusal: int = 0
    errors: int = 0
    silent: bool = False
    deaf: bool = False
    late: float = 0.0
    cut_after: int | None = None
    sign_ins: int = 0
    turned_away: int = 0
    cuts: int = 0
    last_id: int = 0
    calls: list["Call"] = field(default_factory=list)
    homeless: deque[bytes] = field(default_factory=deque)
    acknowledged: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smpp://{self.name}:secret@127.0.0.1:{self.port}"

    def speak(self) -> None:
        """The silence ends: whoever waited in it is hung up on, and comes back."""
        self.silent = False
        self.hang_up()

    def hang_up(self) -> None:
        """Break every line at once, whatever is on it."""
        for call in list(self.calls):
            call.transport.abort()

    def owe(self, number: str) -> None:
        """Have a receipt for somebody whom nobody submitted just now."""
        self.last_id += 1
        message = ShortMessage("SHOP", number)
        self.deliver(receipt(message, str(self.last_id), behaviour(number)))

    def deliver(self, body: bytes) -> None:
        """Send a receipt on any line that is signed in, or keep it for the next."""
        lines = [] if self.silent else [one for one in self.calls if one.signed_in]
        if lines:
            lines[-1].deliver(body)
        else:
            self.homeless.append(body)


class Call(asyncio.Protocol):
    """One connection of a worker."""

    def __init__(self, peer: Peer, seen: list[Seen]) -> None:
        self.peer = peer
        self._seen = seen
        self._reader = smpp.Reader()
        self._loop = asyncio.get_running_loop()
        self._unacknowledged: dict[int, bytes] = {}
        self._numbers = 0
        self.signed_in = False
        self.transport: asyncio.Transport

    def connection_made(self, transport) -> None:
        self.transport = transport
        self.peer.calls.append(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.peer.calls.remove(self)
        self.signed_in = False
        for body in self._unacknowledged.values():
            self.peer.deliver(body)

    def data_received(self, data: bytes) -> None:
        for pdu in self._reader.feed(data):
            if self.transport.is_closing():
                return  # what lies behind the break was never read
            self._handle(pdu)

    def deliver(self, body: bytes) -> None:
        self._numbers += 1
        self._unacknowledged[self._numbers] = body
        self.transport.write(smpp.encode(smpp.DELIVER_SM, self._numbers, body))

    def _handle(self, pdu: Pdu) -> None:
        if pdu.command == smpp.SUBMIT_SM:
            self._submit(pdu)
        elif pdu.command == smpp.DELIVER_SM_RESP:
            self._acknowledged(pdu)
        elif self.peer.silent:
            pass
        elif pdu.command == smpp.BIND_TRANSCEIVER:
            self._sign_in(pdu)
        elif not pdu.command & smpp.RESPONSE:
            self._say(pdu.command | smpp.RESPONSE, pdu.sequence)

    def _sign_in(self, pdu: Pdu) -> None:
        peer, status = self.peer, self.peer.sign_in
        self._say(pdu.command | smpp.RESPONSE, pdu.sequence, b"x\0", status)
        if status:
            peer.turned_away += 1
            return
        peer.sign_ins += 1
        self.signed_in = True
        while peer.homeless:
            self.deliver(peer.homeless.popleft())

    def _submit(self, pdu: Pdu) -> None:
        message, peer = decode_message(pdu.body), self.peer
        magic = behaviour(message.destination)
        status = peer.refusal or magic.refusal
        if peer.errors and not status:
            peer.errors, status = peer.errors - 1, SYSTEM_ERROR
        seen = Seen(peer.name, message.destination, status, id(self), time.monotonic())
        self._seen.append(seen)
        peer.last_id += 1
        message_id = "" if seen.status else str(peer.last_id)
        if message_id and wants_receipt(message, magic):
            self._loop.call_later(SOON + peer.late, self._post, message, message_id)
        if self._breaks():
            return
        if not (peer.silent or peer.deaf):
            self._loop.call_later(LATENCY, self._answer, pdu.sequence, seen, message_id)

    def _post(self, message: ShortMessage, message_id: str) -> None:
        self.peer.deliver(receipt(message, message_id, behaviour(message.destination)))

    def _answer(self, sequence: int, seen: Seen, message_id: str) -> None:
        if self.peer.silent or self.transport.is_closing():
            return
        seen.answered = True
        self._say(smpp.SUBMIT_SM_RESP, sequence, message_id.encode() + b"\0", seen.status)

    def _breaks(self) -> bool:
        peer = self.peer
        if peer.cut_after is None:
            return False
        peer.cut_after -= 1
        if peer.cut_after > 0:
            return False
        peer.cut_after = None
        peer.cuts += 1
        peer.hang_up()
        return True

    def _acknowledged(self, pdu: Pdu) -> None:
        body = self._unacknowledged.pop(pdu.sequence, None)
        if body is None:
            return
        if pdu.status:
            self._loop.call_later(AGAIN, self.peer.deliver, body)
        else:
            self.peer.acknowledged.append(decode_message(body).source)

    def _say(self, command: int, sequence: int, body: bytes = b"", status: int = 0) -> None:
        self.transport.write(smpp.encode(command, sequence, body, status))


class Peers:
    """Several SMSCs; `seen` is what all of them read, in one order. `with` it."""

    def __init__(self, *names: str) -> None:
        self.seen: list[Seen] = []
        self.peers = [Peer(name) for name in names]
        self._servers: dict[str, asyncio.Server] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="peers")

    def __enter__(self) -> Self:
        self._thread.start()
        for peer in self.peers:
            self.come_back(peer)
        return self

    def __exit__(self, *_: object) -> None:
        for peer in self.peers:
            self.go_away(peer)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def tell(self, act: Callable[[], None]) -> None:
        """Do something on the peers' own loop, and wait until it is done."""

        async def done() -> None:
            act()

        asyncio.run_coroutine_threadsafe(done(), self._loop).result(10)

    def go_away(self, peer: Peer) -> None:
        """Break every line and refuse new ones."""
        self.tell(lambda: (self._servers.pop(peer.name).close(), peer.hang_up()))

    def come_back(self, peer: Peer) -> None:
        """Listen again, at the same port."""
        asyncio.run_coroutine_threadsafe(self._listen(peer), self._loop).result(10)

    async def _listen(self, peer: Peer) -> None:
        server = await self._loop.create_server(
            lambda: Call(peer, self.seen), "127.0.0.1", peer.port
        )
        self._servers[peer.name] = server
        peer.port = server.sockets[0].getsockname()[1]
