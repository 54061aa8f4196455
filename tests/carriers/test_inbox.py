"""What a carrier says of its own accord: taken for good, and only then acknowledged."""

import asyncio

import pytest

from flashsms.carriers.contract import Inbound, Receipt, TextPart
from flashsms.carriers.smpp import pdu as smpp
from flashsms.carriers.smpp.inbox import Inbox
from flashsms.carriers.smpp.pdu import Pdu, ShortMessage
from flashsms.carriers.smpp.septets import pack
from tests.carriers.faulty import FaultySmsc
from tests.carriers.helpers import Taken, open_carrier, receipt_of, until

TEXT = ShortMessage("+233201234567", "1234", b"STOP")


class Desk:
    """An inbox whose answers can be read; what it brings waits for `open`."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.taken: list[list[Receipt | Inbound]] = []
        self.failure: Exception | None = None
        self.written = b""
        self.inbox = Inbox(self._take, self._write, lambda: None)

    async def _take(self, arrivals) -> None:
        await self.open.wait()
        if self.failure is not None:
            raise self.failure
        self.taken.append(list(arrivals))

    def _write(self, data: bytes) -> None:
        self.written += data

    def bring(self, *messages: ShortMessage, command: int = smpp.DELIVER_SM) -> None:
        encode = smpp.encode_data if command == smpp.DATA_SM else smpp.encode_message
        for sequence, message in enumerate(messages, 1):
            self.inbox.receive(Pdu(command, 0, sequence, encode(message)))
        self.inbox.flush()

    @property
    def answers(self) -> list[tuple[int, int, int]]:
        """The command, sequence and status of each answer."""
        answers = smpp.Reader().feed(self.written)
        return [(answer.command, answer.sequence, answer.status) for answer in answers]


def at_a_desk(scenario) -> None:
    async def run() -> None:
        await scenario(Desk())

    asyncio.run(run())


@pytest.mark.parametrize("command", [smpp.DELIVER_SM, smpp.DATA_SM])
def test_texts_and_receipts_are_acknowledged_once_they_were_taken_together(command):
    async def scenario(desk):
        desk.bring(TEXT, receipt_of("77"), command=command)
        await asyncio.sleep(0)
        assert (desk.answers, desk.inbox.waiting) == ([], 2)
        desk.open.set()
        await until(lambda: desk.answers)
        answer = command | smpp.RESPONSE
        assert desk.answers == [(answer, 1, 0), (answer, 2, 0)]
        ((text, receipt),) = desk.taken
        assert text == Inbound("233201234567", "1234", "STOP")
        assert receipt.carrier_id == "77"
        assert (desk.inbox.waiting, desk.inbox.taken) == (0, 1)

    at_a_desk(scenario)


def test_texts_that_could_not_be_taken_are_asked_for_again():
    async def scenario(desk):
        desk.open.set()
        desk.failure = OSError("the database is away")
        desk.bring(TEXT)
        await until(lambda: desk.answers)
        assert desk.answers == [(smpp.DELIVER_SM_RESP, 1, 0x64)]
        assert (desk.inbox.waiting, desk.inbox.taken) == (0, 0)

    at_a_desk(scenario)


@pytest.mark.parametrize("esm_class", [0x08, 0x10, 0x18, 0x3C, 0x50])
def test_what_a_phone_acknowledges_by_itself_is_answered_and_is_no_text(esm_class):
    async def scenario(desk):
        desk.bring(TEXT._replace(esm_class=esm_class))
        assert desk.answers == [(smpp.DELIVER_SM_RESP, 1, 0)]
        assert desk.inbox.waiting == 0

    at_a_desk(scenario)


def test_what_cannot_be_read_is_refused_for_good():
    async def scenario(desk):
        desk.inbox.receive(Pdu(smpp.DATA_SM, 0, 9, b"\0\0"))
        desk.inbox.receive(Pdu(smpp.DELIVER_SM, 0, 10, b""))
        refused = [(smpp.DATA_SM_RESP, 9, 0x65), (smpp.DELIVER_SM_RESP, 10, 0x65)]
        assert desk.answers == refused

    at_a_desk(scenario)


def test_a_longer_text_arrives_through_a_real_connection_part_by_part():
    async def scenario():
        taken = Taken()
        async with FaultySmsc() as smsc, open_carrier(smsc.url, taken):
            for number, words in ((2, b"later"), (1, b"sooner ")):
                header = bytes((5, 0, 3, 7, 2, number))
                smsc.deliver(number, TEXT._replace(text=header + words, esm_class=0x40))
            smsc.peers[-1].send(smpp.DATA_SM, 3, smpp.encode_data(TEXT))
            await until(lambda: len(smsc.answers) == 3)
        assert [(text.text, text.part) for text in taken] == [
            ("later", TextPart(7, 2, 2)),
            ("sooner ", TextPart(7, 1, 2)),
            ("STOP", None),
        ]

    asyncio.run(scenario())


def test_texts_of_a_carrier_that_packs_them_are_unpacked():
    async def scenario():
        taken = Taken()
        async with FaultySmsc() as smsc, open_carrier(f"{smsc.url}?gsm=packed", taken):
            smsc.deliver(7, TEXT._replace(text=pack(b"STOP")))
            await until(lambda: taken)
        assert taken == [Inbound("233201234567", "1234", "STOP")]

    asyncio.run(scenario())
