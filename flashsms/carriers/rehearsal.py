"""The carrier of what test keys send: it pretends, in the worker itself, and reaches nobody.

It answers by the last four digits of the number, as the simulator's one table says. It is there
without being configured, and nothing else leaves by it. What it says depends on the recipient
alone, so whoever knows a recipient can say again what became of it: nothing is lost with a worker.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence

from flashsms.carriers.contract import (
    CarrierStats,
    Fate,
    Outcome,
    Receipt,
    Submission,
    Take,
)
from flashsms.carriers.smpp.pdu import ShortMessage, decode_message
from flashsms.carriers.smpp.receipts import read_receipt
from flashsms.carriers.smpp.status import judge
from flashsms.simulator import smsc
from flashsms.simulator.magic import SOON, behaviour
from flashsms.text.segments import count_parts

ID = 0  # of this carrier; those that are configured count from 1
URL = "rehearsal:"  # by which sessions know it; it cannot be configured

LATE = 5.0  # seconds from the submission to a late receipt
_FIRST_ID = 10**15  # so that none is another one's in hexadecimal
_MOST_PARTS = 100

logger = logging.getLogger(__name__)


class Rehearsal:
    """Implements the `Carrier` contract."""

    ready = True
    trouble = ""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._under_way: set[asyncio.Task[None]] = set()
        self._submitted = self._receipts = 0

    @property
    def stats(self) -> CarrierStats:
        """The figures of this moment."""
        return CarrierStats(True, 0, 0, self._submitted, self._receipts, 0)

    async def open(self) -> None:
        """There is nothing to connect to."""

    async def submit(self, submissions: Sequence[Submission]) -> list[Outcome]:
        """Answer each by the last digits of its number, and send the receipts in their time."""
        self._submitted += len(submissions)
        outcomes = [_answer(one) for one in submissions]
        pairs = zip(submissions, outcomes, strict=True)
        taken = [one for one, outcome in pairs if outcome.fate is Fate.ACCEPTED]
        bags: dict[float, list[Receipt]] = defaultdict(list)
        for one in taken:
            told = receipts(one.reference, one.to, count_parts(one.text))
            for wait in _waits(one.to):
                bags[wait] += told
        await self._tell(bags.pop(0.0, []))
        for wait, bag in bags.items():
            self._post(wait, bag)
        return outcomes

    async def close(self, grace: float) -> None:
        """Tell nothing more: what was to be told is told again by whoever looks after it."""
        for task in self._under_way:
            task.cancel()

    def _post(self, wait: float, bag: Sequence[Receipt]) -> None:
        task = asyncio.get_running_loop().create_task(self._tell_later(wait, bag))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _tell_later(self, wait: float, bag: Sequence[Receipt]) -> None:
        await asyncio.sleep(wait)
        await self._tell(bag)

    async def _tell(self, bag: Sequence[Receipt]) -> None:
        if not bag:
            return
        try:
            await self._take(bag)
        except Exception as error:  # whoever looks after them tells them again
            logger.warning("Receipts of tests could not be stored: %s", type(error).__name__)
        else:
            self._receipts += len(bag)


def receipts(reference: int, phone: str, parts: int) -> list[Receipt]:
    """Return what is told of a recipient of so many parts, once; nothing where nothing ever is.

    The same each time, by the rows that the outcome of its submission left.
    """
    magic = behaviour(phone)
    if not magic.stat or (magic.refusal and not magic.first_time):
        return []
    of_it = ShortMessage(source="", destination=phone)
    spoken = (smsc.receipt(of_it, carrier_id, magic) for carrier_id in _ids(reference, parts))
    return list(filter(None, (read_receipt(decode_message(one)) for one in spoken)))


def _answer(submission: Submission) -> Outcome:
    magic = behaviour(submission.to)
    if magic.refusal and (submission.attempt == 1 or not magic.first_time):
        verdict = judge(magic.refusal)
        return Outcome(submission.reference, verdict.fate, reason=verdict.reason, code=verdict.code)
    ids = tuple(_ids(submission.reference, count_parts(submission.text)))
    return Outcome(submission.reference, Fate.ACCEPTED, ids)


def _ids(reference: int, parts: int) -> Iterable[str]:
    """Yield the ids of the parts of a recipient, the same at each try."""
    first = _FIRST_ID + reference * _MOST_PARTS
    return (str(first + number) for number in range(parts))


def _waits(phone: str) -> list[float]:
    """Return after how many seconds its receipts come, each time that they come."""
    magic = behaviour(phone)
    if magic.early:
        return [0.0]
    wait = LATE if magic.late else SOON
    return [wait + SOON * again for again in range(magic.copies)]
