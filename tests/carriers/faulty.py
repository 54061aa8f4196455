"""An SMSC that misbehaves on purpose, and counts what it is sent."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Self

from flashsms.carriers.smpp import pdu as smpp
from flashsms.carriers.smpp.pdu import Pdu, decode_message

Misdeed = Callable[["Peer", Pdu], None]
_BINDS = (smpp.BIND_RECEIVER, smpp.BIND_TRANSMITTER, smpp.BIND_TRANSCEIVER)


class Peer(asyncio.Protocol):
    """One connection; `misdeed` handles each submit_sm instead of the plain acceptance.

    `role` is the command that it was bound by.
    """

    def __init__(self, smsc: "FaultySmsc") -> None:
        self.smsc = smsc
        self.reader = smpp.Reader()
        self.role = 0
        self.transport: asyncio.Transport

    def connection_made(self, transport) -> None:
        self.transport = transport
        self.smsc.peers.append(self)

    def data_received(self, data: bytes) -> None:
        submits = [pdu for pdu in self.reader.feed(data) if not self._common(pdu)]
        self.smsc.most_in_one_read = max(self.smsc.most_in_one_read, len(submits))
        for pdu in submits:
            message = decode_message(pdu.body)
            self.smsc.seen[message.destination] += 1
            self.smsc.messages.append(message)
            (self.smsc.misdeed or accept)(self, pdu)

    def _common(self, pdu: Pdu) -> bool:
        if pdu.command in _BINDS:
            self.smsc.binds += 1
            self.smsc.sign_ins.append(pdu)
            self.role = pdu.command
            refusal = self.smsc.refused_roles.get(pdu.command, self.smsc.bind_status)
            self.send(pdu.command | smpp.RESPONSE, pdu.sequence, b"x\0", refusal)
        elif pdu.command == smpp.SUBMIT_SM:
            return False
        elif pdu.command & smpp.RESPONSE:
            self.smsc.answers.append(pdu)
        elif pdu.command == smpp.UNBIND:
            self.smsc.unbinds += 1
            self.send(smpp.UNBIND_RESP, pdu.sequence)
        elif pdu.command == smpp.ENQUIRE_LINK and self.smsc.enquiry:
            self.smsc.enquiry(self, pdu)
        elif not self.smsc.silent:
            self.send(pdu.command | smpp.RESPONSE, pdu.sequence)
        return True

    def send(self, command: int, sequence: int, body: bytes = b"", status: int = 0) -> None:
        self.transport.write(smpp.encode(command, sequence, body, status))


def accept(peer: Peer, pdu: Pdu) -> None:
    """Take it."""
    peer.smsc.last_id += 1
    peer.send(smpp.SUBMIT_SM_RESP, pdu.sequence, b"id%d\0" % peer.smsc.last_id)


def refuse(status: int) -> Misdeed:
    """Refuse it with a command_status."""
    return lambda peer, pdu: peer.send(smpp.SUBMIT_SM_RESP, pdu.sequence, status=status)


def say_nothing(peer: Peer, pdu: Pdu) -> None:
    """Never answer."""


def write(data: bytes) -> Misdeed:
    """Answer with these bytes, whatever they are."""
    return lambda peer, _: peer.transport.write(data)


def close_in_the_middle(peer: Peer, pdu: Pdu) -> None:
    """Write half of the answer and hang up."""
    answer = smpp.encode(smpp.SUBMIT_SM_RESP, pdu.sequence, b"half an id\0")
    peer.transport.write(answer[:20])
    peer.transport.close()


def after(first: Misdeed, *, then: Misdeed = accept) -> Misdeed:
    """Misbehave once, then do the other thing."""
    turns = iter([first])
    return lambda peer, pdu: next(turns, then)(peer, pdu)


class FaultySmsc:
    """`async with` it; change `misdeed`, `bind_status`, `refused_roles` and `silent` at any time.

    `refused_roles` has the status that answers one kind of bind request, `enquiry` handles each
    enquire_link.
    """

    def __init__(self, misdeed: Misdeed | None = None, bind_status: int = 0) -> None:
        self.misdeed = misdeed
        self.bind_status = bind_status
        self.silent = False
        self.enquiry: Misdeed | None = None
        self.refused_roles: dict[int, int] = {}
        self.sign_ins: list[Pdu] = []
        self.peers: list[Peer] = []
        self.answers: list[Pdu] = []
        self.messages: list[smpp.ShortMessage] = []
        self.seen: Counter[str] = Counter()
        self.binds = self.unbinds = self.last_id = self.most_in_one_read = self.port = 0

    @property
    def url(self) -> str:
        return f"smpp://user:secret@127.0.0.1:{self.port}"

    def peer(self, role: int) -> Peer:
        """The latest connection of this role."""
        return [peer for peer in self.peers if peer.role == role][-1]

    async def listen(self) -> None:
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(lambda: Peer(self), "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def vanish(self) -> None:
        self.server.close()
        for peer in self.peers:
            peer.transport.abort()
        await self.server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.vanish()

    def deliver(self, sequence: int, message: smpp.ShortMessage) -> None:
        self.peers[-1].send(smpp.DELIVER_SM, sequence, smpp.encode_message(message))
