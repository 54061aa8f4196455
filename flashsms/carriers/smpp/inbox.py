"""What the carrier says on its own, receipts and texts: acknowledged only once they are safe."""

import asyncio
import logging
from collections.abc import Callable

from flashsms.carriers.contract import Arrival, Receipt, Take
from flashsms.carriers.smpp.pdu import (
    RESPONSE,
    Pdu,
    ProtocolError,
    ShortMessage,
    decode_arrival,
    encode,
)
from flashsms.carriers.smpp.receipts import is_receipt, read_receipt
from flashsms.carriers.smpp.status import NEVER_AGAIN, OK, TRY_LATER
from flashsms.carriers.smpp.texts import is_text, read_text

logger = logging.getLogger(__name__)

MOST_WAITING = 5000  # arrivals not yet taken, before the session stops reading


class Inbox:
    """What arrives in one session: that of one read is taken together.

    `write` takes bytes for the transport; `changed` is called when fewer are waiting. `waiting`
    counts arrivals that are not taken yet, `taken` the receipts that were. `packed` says that plain
    texts have seven bits a character.
    """

    def __init__(
        self,
        take: Take,
        write: Callable[[bytes], None],
        changed: Callable[[], None],
        *,
        packed: bool = False,
    ) -> None:
        self._packed = packed
        self._take = take
        self._write = write
        self._changed = changed
        self._arrived: list[tuple[Pdu, Arrival]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.waiting = 0
        self.taken = 0

    def receive(self, pdu: Pdu) -> None:
        """Keep what a deliver_sm or data_sm brings until `flush`; answer anything else at once.

        One that cannot be read is refused for good: asked for again it would be no more readable.
        """
        try:
            message = decode_arrival(pdu)
        except ProtocolError as error:
            logger.warning("a delivery with %s: %s", error.reason, pdu.body[:64].hex())
            self._write(_answer(pdu, NEVER_AGAIN))
            return
        arrival = _read(message, packed=self._packed)
        if arrival is None:
            self._write(_answer(pdu, OK))
        else:
            self._arrived.append((pdu, arrival))

    def flush(self) -> None:
        """Hand on what arrived since the last time."""
        if not self._arrived:
            return
        arrived, self._arrived = self._arrived, []
        self.waiting += len(arrived)
        task = asyncio.get_running_loop().create_task(self._settle(arrived))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _settle(self, arrived: list[tuple[Pdu, Arrival]]) -> None:
        status = TRY_LATER
        try:
            await self._take([arrival for _, arrival in arrived])
            status = OK
            self.taken += sum(isinstance(arrival, Receipt) for _, arrival in arrived)
        except Exception:
            logger.exception("%d arrivals could not be taken; they will come again", len(arrived))
        finally:
            self.waiting -= len(arrived)
        self._write(b"".join(_answer(pdu, status) for pdu, _ in arrived))
        self._changed()


def _read(message: ShortMessage, *, packed: bool) -> Arrival | None:
    """What is to be kept of a delivery; None when it says nothing that anybody could use."""
    if is_receipt(message):
        receipt = read_receipt(message)
        if receipt is None:
            logger.warning("a receipt that names no message: %.160r", message.text)
        return receipt
    if is_text(message):
        return read_text(message, packed=packed)
    logger.info("an acknowledgement of kind 0x%02X from %s", message.esm_class, message.source[:20])
    return None


def _answer(pdu: Pdu, status: int) -> bytes:
    """The answer to a deliver_sm or a data_sm."""
    return encode(pdu.command | RESPONSE, pdu.sequence, b"\0", status)
