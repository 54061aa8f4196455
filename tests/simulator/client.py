"""A client that sees the raw PDUs of the simulator."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from flashsms.carriers.smpp import pdu
from flashsms.carriers.smpp.pdu import Pdu, ShortMessage
from flashsms.simulator import Simulator


class RawClient:
    """Sends what it is told and reads one PDU at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._sequence = 0

    async def send(self, command: int, body: bytes = b"", status: int = 0, sequence: int = 0):
        if not sequence:
            self._sequence += 1
        self._writer.write(pdu.encode(command, sequence or self._sequence, body, status))
        await self._writer.drain()

    async def submit(self, to: str, text: bytes = b"Hello") -> None:
        message = ShortMessage("SHOP", to, text, registered_delivery=1)
        await self.send(pdu.SUBMIT_SM, pdu.encode_message(message))

    async def read(self) -> Pdu:
        async with asyncio.timeout(5):
            header = await self._reader.readexactly(16)
            length, command, status, sequence = pdu.HEADER.unpack(header)
            body = await self._reader.readexactly(length - 16)
        return Pdu(command, status, sequence, body)

    async def bind(
        self, system_id: str = "shop", password: str = "secret", role: int = pdu.BIND_TRANSCEIVER
    ) -> Pdu:
        await self.send(role, pdu.encode_bind(system_id, password))
        return await self.read()

    async def hang_up(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


@asynccontextmanager
async def raw_client(simulator: Simulator, *, bound: bool = True) -> AsyncIterator[RawClient]:
    client = RawClient(*await asyncio.open_connection(simulator.host, simulator.port))
    if bound:
        assert (await client.bind()).status == 0
    try:
        yield client
    finally:
        await client.hang_up()
