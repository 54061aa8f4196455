"""What the carrier says on its own: receipts, acknowledged only once they are safe."""

import asyncio
import logging
from collections.abc import Callable

from flashsms.carriers.contract import Receipt, Take
from flashsms.carriers.smpp.pdu import DELIVER_SM_RESP, Pdu, ProtocolError, decode_message, encode
from flashsms.carriers.smpp.receipts import is_receipt, read_receipt
from flashsms.carriers.smpp.status import NEVER_AGAIN, OK, TRY_LATER

logger = logging.getLogger(__name__)

MOST_WAITING = 5000  # receipts not yet taken, before the session stops reading


class Inbox:
    """The receipts of one session: those of one read are taken together.

    `write` takes bytes for the transport; `changed` is called when fewer are waiting.
    """

    def __init__(
        self, take: Take, write: Callable[[bytes], None], changed: Callable[[], None]
    ) -> None:
        self._take = take
        self._write = write
        self._changed = changed
        self._arrived: list[tuple[int, Receipt]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.waiting = 0
        self.taken = 0

    def receive(self, pdu: Pdu) -> None:
        """Keep the receipt of a deliver_sm until `flush`; answer anything else at once.

        One that cannot be read is refused for good: asked for again it would be no more readable.
        """
        try:
            message = decode_message(pdu.body)
        except ProtocolError as error:
            logger.warning("a deliver_sm with %s: %s", error.reason, pdu.body[:64].hex())
            self._write(encode(DELIVER_SM_RESP, pdu.sequence, b"\0", NEVER_AGAIN))
            return
        receipt = read_receipt(message) if is_receipt(message) else None
        if receipt is not None:
            self._arrived.append((pdu.sequence, receipt))
            return
        if is_receipt(message):
            logger.warning("a receipt that names no message: %r", message.text)
        else:
            logger.info("a text from %s to %s", message.source, message.destination)
        self._write(encode(DELIVER_SM_RESP, pdu.sequence, b"\0"))

    def flush(self) -> None:
        """Hand on what arrived since the last time."""
        if not self._arrived:
            return
        arrived, self._arrived = self._arrived, []
        self.waiting += len(arrived)
        task = asyncio.get_running_loop().create_task(self._settle(arrived))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _settle(self, arrived: list[tuple[int, Receipt]]) -> None:
        status = TRY_LATER
        try:
            await self._take([receipt for _, receipt in arrived])
            status = OK
            self.taken += len(arrived)
        except Exception:
            logger.exception("%d receipts could not be taken; they will come again", len(arrived))
        finally:
            self.waiting -= len(arrived)
        answers = [encode(DELIVER_SM_RESP, number, b"\0", status) for number, _ in arrived]
        self._write(b"".join(answers))
        self._changed()
