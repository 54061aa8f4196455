"""A peer that sends whatever bytes a hostile or broken SMSC might, and keeps a record of the truth.

What it answers validly it answers once, in its own words; everything else that it sends must change
nothing. It never uses the sequence number of an open submission for nonsense: that would be an
answer. After what must end a session it says nothing more on that connection.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Self

from flashsms.carriers.smpp import pdu as smpp
from flashsms.carriers.smpp.pdu import Pdu, ShortMessage, encode

Part = tuple[str, bytes]  # a number, and the text of one part for it

_LONGEST_END = 8.0  # seconds until a session must be over
PATIENCE = 0.1  # seconds after which a connection on which something was left unanswered ends
_NEVER_USED = 1 << 28  # sequence numbers from here on are nobody's
_RECEIPT = "id:%s sub:001 dlvrd:001 done date:2411221203 stat:%s err:000 text:id:1 stat:UNDELIV"
_RESPONSES = [
    *(smpp.SUBMIT_SM_RESP, smpp.DELIVER_SM_RESP, smpp.DATA_SM_RESP, smpp.ENQUIRE_LINK_RESP),
    *(smpp.BIND_TRANSCEIVER_RESP, smpp.GENERIC_NACK, smpp.UNBIND_RESP),
    *(0x80000003, 0x80000008, 0x80000021),
]
_REQUESTS = [
    *(smpp.SUBMIT_SM, smpp.BIND_TRANSCEIVER, smpp.OUTBIND, smpp.ALERT_NOTIFICATION),
    *(smpp.ENQUIRE_LINK, 0x03, 0x07, 0x08, 0x21),
]


class Record:
    """What the peer saw and said."""

    def __init__(self) -> None:
        self.written: Counter[Part] = Counter()
        self.refused_for_now: Counter[Part] = Counter()
        self.accepted: dict[Part, str] = {}  # with the id
        self.refused: set[Part] = set()
        self.receipts: set[str] = set()  # ids that it reported and that were acknowledged
        self.texts = 0  # that were acknowledged
        self.pdus = self.connections = self.ended = 0
        self.survived = 0  # sessions that went on after what must end them


class Peer(asyncio.Protocol):
    """One connection."""

    def __init__(self, fuzzer: "Fuzzer") -> None:
        self.fuzzer = fuzzer
        self.record = fuzzer.record
        self.random = fuzzer.random
        self.reader = smpp.Reader()
        self.transport: asyncio.Transport
        self.answered: list[int] = []
        self.reported: dict[int, str] = {}  # receipts without an answer, by sequence
        self.texts: set[int] = set()
        self.sequence = 0
        self.held: list[bytes] | None = None  # while a PDU is dripping
        self.over = False  # nothing more is said
        self.closing_at = -1  # hang up on the answer to this enquire_link

    def connection_made(self, transport) -> None:
        self.transport = transport
        self.record.connections += 1

    def data_received(self, data: bytes) -> None:
        for pdu in self.reader.feed(data):
            if pdu.command == smpp.SUBMIT_SM:
                self._submitted(pdu)
            elif pdu.command == smpp.BIND_TRANSCEIVER:
                self._say(encode(smpp.BIND_TRANSCEIVER_RESP, pdu.sequence, b"fuzz\0"))
            elif pdu.command == smpp.UNBIND:
                self._say(encode(smpp.UNBIND_RESP, pdu.sequence))
            elif pdu.command == smpp.ENQUIRE_LINK:
                self._say(encode(smpp.ENQUIRE_LINK_RESP, pdu.sequence))
            else:
                self._heard(pdu)

    def _heard(self, pdu: Pdu) -> None:
        if pdu.status == 0 and pdu.sequence in self.reported:
            self.record.receipts.add(self.reported.pop(pdu.sequence))
        elif pdu.status == 0 and pdu.sequence in self.texts:
            self.texts.discard(pdu.sequence)
            self.record.texts += 1
        elif pdu.sequence == self.closing_at:
            self.transport.write(_text(self)[: self.random.randrange(1, 40)])
            self.transport.close()

    # --- the truth

    def _submitted(self, pdu: Pdu) -> None:
        message = smpp.decode_message(pdu.body)
        part = (message.destination, message.text)
        self.record.written[part] += 1
        if self.over:
            return
        before = self.random.randrange(self.fuzzer.junk + 1) if self.fuzzer.junk else 0
        self._babble(before)
        if not self.over:
            self._answer(pdu.sequence, part)
            self._babble(self.fuzzer.junk - before)

    def _answer(self, sequence: int, part: Part) -> None:
        chance = self.random.random() if self.fuzzer.junk else 1.0
        if chance < 0.02:
            asyncio.get_running_loop().call_later(PATIENCE, self._end, _impossible_length)
        elif chance < 0.025:  # a body that cannot be read
            self._say(encode(smpp.SUBMIT_SM_RESP, sequence, b"no end"), over=True)
        elif chance < 0.06:
            self.record.refused.add(part)
            self._valid(sequence, 0x0B)
        elif chance < 0.09:
            self.record.refused_for_now[part] += 1
            self._valid(sequence, 0x08)
        else:
            self.fuzzer.last_id += 1
            self.record.accepted[part] = f"{self.fuzzer.last_id:x}"
            self._valid(sequence, 0, self.record.accepted[part].encode() + b"\0")

    def _valid(self, sequence: int, status: int, body: bytes = b"") -> None:
        self._say(encode(smpp.SUBMIT_SM_RESP, sequence, body, status))
        self.answered.append(sequence)

    # --- the nonsense

    def _babble(self, count: int) -> None:
        for _ in range(count):
            if self.over:
                return
            if self.random.random() < self.fuzzer.fatal:
                self._end(self.random.choice(FATAL))
            else:
                self._say(self.random.choice(HARMLESS)(self))

    def _end(self, fatal: "Nonsense") -> None:
        if not self.over:
            self.record.ended += 1
            self._say(fatal(self), over=True)

    def _say(self, data: bytes, *, over: bool = False) -> None:
        if self.over:
            return
        self.record.pdus += 1
        self.over = over
        if over:
            asyncio.get_running_loop().call_later(_LONGEST_END, self._look_back)
        if self.held is not None:
            self.held.append(data)
        elif self.random.random() < self.fuzzer.drips:
            self._drip(data)
        else:
            self.transport.write(data)

    def _look_back(self) -> None:
        if not self.transport.is_closing():
            self.record.survived += 1
            self.transport.abort()

    def _drip(self, data: bytes) -> None:
        """Write it byte by byte, and what is said meanwhile behind it."""
        self.held = []
        loop = asyncio.get_running_loop()
        head = data[:24]
        for place in range(len(head)):
            loop.call_later(0.002 * place, self.transport.write, head[place : place + 1])
        loop.call_later(0.002 * len(head) + 0.02, self._flow, data[24:])

    def _flow(self, rest: bytes) -> None:
        held, self.held = self.held or [], None
        self.transport.write(rest + b"".join(held))

    def next_sequence(self) -> int:
        self.sequence += 1
        return self.sequence

    def nobodys(self) -> int:
        """A sequence number that no open submission has."""
        answered = self.random.choice(self.answered) if self.answered else 0
        return self.random.choice(
            [0, answered, answered, self.random.randrange(_NEVER_USED, 1 << 32)]
        )

    def junk(self, most: int) -> bytes:
        return self.random.randbytes(self.random.randrange(most))


Nonsense = Callable[[Peer], bytes]

# --- what must change nothing


def _stray_answer(peer: Peer) -> bytes:
    command = peer.random.choice(_RESPONSES)
    status = peer.random.choice([0, 0, 0x0B, 0x58, 0x0E, 0x04, 0xFFFFFFFF])
    body = peer.random.choice([b"", b"id\0", b"no end", peer.junk(60)])
    return encode(command, peer.nobodys(), body, status)


def _second_answer(peer: Peer) -> bytes:
    body, status = peer.random.choice([(b"another\0", 0), (b"", 0x0B), (b"", 0x58)])
    return encode(smpp.SUBMIT_SM_RESP, peer.nobodys(), body, status)


def _stray_request(peer: Peer) -> bytes:
    return encode(peer.random.choice(_REQUESTS), peer.next_sequence(), peer.junk(80))


def _receipt(peer: Peer) -> bytes:
    id = f"{peer.random.randrange(1, peer.fuzzer.last_id + 2):x}"
    sequence = peer.next_sequence()
    peer.reported[sequence] = id
    text = (_RECEIPT % (id, peer.random.choice(["DELIVRD", "UNDELIV", "ENROUTE"]))).encode()
    return _delivery(peer, sequence, ShortMessage("233201234567", "SHOP", text, esm_class=4))


def _text(peer: Peer) -> bytes:
    sequence = peer.next_sequence()
    peer.texts.add(sequence)
    message = ShortMessage(
        "233201234567",
        "1234",
        peer.junk(140),
        data_coding=peer.random.randrange(256),
        esm_class=peer.random.choice([0, 0x40]),
        tlvs={
            0x020C: peer.junk(3),
            0x020E: peer.junk(2),
            0x020F: peer.junk(2),
            0x1400: peer.junk(9),
        },
    )
    return _delivery(peer, sequence, message)


def _delivery(peer: Peer, sequence: int, message: ShortMessage) -> bytes:
    if peer.random.random() < 0.3:
        return encode(smpp.DATA_SM, sequence, smpp.encode_data(message))
    return encode(smpp.DELIVER_SM, sequence, smpp.encode_message(message))


def _corrupted_delivery(peer: Peer) -> bytes:
    """A header that is right about a body that is not: flipped, cut, or all noise."""
    body = bytearray(
        smpp.encode_message(ShortMessage("233201234567", "SHOP", b"id:1", esm_class=4))
    )
    for _ in range(peer.random.randrange(1, 6)):
        body[peer.random.randrange(len(body))] = peer.random.randrange(256)
    cut = bytes(body[: peer.random.randrange(len(body) + 1)])
    command = peer.random.choice([smpp.DELIVER_SM, smpp.DATA_SM])
    body_of = peer.random.choice([bytes(body), cut, peer.junk(200)])
    return encode(command, peer.next_sequence(), body_of)


def _large_delivery(peer: Peer) -> bytes:
    """As large as one may be."""
    payload = peer.random.randbytes(peer.random.randrange(1000, 60_000))
    message = ShortMessage("233201234567", "1234", data_coding=3, tlvs={0x0424: payload})
    return encode(smpp.DELIVER_SM, peer.next_sequence(), smpp.encode_message(message))


HARMLESS: list[Nonsense] = [
    *[_stray_answer, _second_answer, _stray_request, _receipt, _text, _corrupted_delivery] * 50,
    _large_delivery,
]

# --- what must end the session, and nothing else


def _noise(peer: Peer) -> bytes:
    return b"\xff" + peer.random.randbytes(peer.random.randrange(16, 2000))


def _impossible_length(peer: Peer) -> bytes:
    lengths = [0, 1, 15, 65_537, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]
    length = peer.random.choice(lengths)
    return length.to_bytes(4) + encode(smpp.SUBMIT_SM_RESP, 1, b"id\0")[4:]


def _unknown_command(peer: Peer) -> bytes:
    return encode(peer.random.randrange(0x200, 0x7FFFFFFF), peer.nobodys(), peer.junk(50))


def _goodbye(peer: Peer) -> bytes:
    return encode(smpp.UNBIND, peer.next_sequence())


def _cut_off(peer: Peer) -> bytes:
    """Half a PDU and a hang-up, once everything before it was read."""
    peer.closing_at = peer.next_sequence()
    return encode(smpp.ENQUIRE_LINK, peer.closing_at)


FATAL: list[Nonsense] = [_noise, _impossible_length, _unknown_command, _goodbye, _cut_off]


class Fuzzer:
    """The peer's server, on a thread and loop of its own; `junk` is how much it says to each part.

    `fatal` and `drips` are the shares of it that must end the session and that come byte by byte.
    """

    def __init__(self, seed: int, *, junk: int, fatal: float, drips: float) -> None:
        self.random = Random(seed)
        self.junk = junk
        self.fatal = fatal
        self.drips = drips
        self.record = Record()
        self.last_id = 0
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fuzzer")

    @property
    def url(self) -> str:
        return f"smpp://user:secret@127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._leave(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> None:
        self._server = await self._loop.create_server(lambda: Peer(self), "127.0.0.1")
        self.port = self._server.sockets[0].getsockname()[1]

    async def _leave(self) -> None:
        self._server.close()
        await asyncio.sleep(0.05)  # connections that are being closed
