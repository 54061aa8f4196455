"""The message of a check: sent by a carrier as a worker would, and what is heard of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from flashsms.carriers.contract import (
    Arrival,
    Carrier,
    CarrierError,
    Outcome,
    Receipt,
    ReceiptState,
    Submission,
)
from flashsms.carriers.smpp.probe import CONNECT_TIMEOUT
from flashsms.carriers.urls import CarrierOptions, create
from flashsms.services.receipts.heard import ref_key

_GRACE = 2.0  # seconds for outstanding answers when it is over
_POLL = 0.01


@dataclass(frozen=True, slots=True, repr=False)
class Trial:
    """What to check. `to` is digits, empty to send nothing; `wait` is in seconds."""

    url: str
    to: str
    sender: str
    text: str
    wait: float


class Heard(Enum):
    """What the receipts come to."""

    NOTHING = auto()
    DELIVERED = auto()
    FAILED = auto()
    UNKNOWN = auto()


class Sample:
    """Opened, sent and waited for once, in this order."""

    def __init__(self, trial: Trial, read: CarrierOptions) -> None:
        self._trial = trial
        self._read = read
        self._carrier: Carrier | None = None
        self._ids: tuple[str, ...] = ()
        self._receipts: list[Receipt] = []
        self._news = asyncio.Event()

    async def close(self) -> None:
        """Hang up."""
        if self._carrier is not None:
            await self._carrier.close(_GRACE)

    async def open(self) -> float:
        """Open the carrier and wait until it is ready; returns the seconds that it took.

        Does nothing when it is open. Raises CarrierError with why it is not ready.
        """
        if self._carrier is not None:
            return 0.0
        began = asyncio.get_running_loop().time()
        self._carrier = carrier = create(self._trial.url, self._take)
        await carrier.open()
        until = began + CONNECT_TIMEOUT + self._read.response_timeout
        while not carrier.ready:
            fault = carrier.stats.fault
            if fault or asyncio.get_running_loop().time() > until:
                raise CarrierError(fault or carrier.trouble, permanent=bool(fault))
            await asyncio.sleep(_POLL)
        return asyncio.get_running_loop().time() - began

    async def send(self) -> tuple[Outcome, float]:
        """Send it; returns what became of it and the seconds until the answer."""
        if self._carrier is None:
            raise RuntimeError("a message is sent once its carrier is open")
        trial, began = self._trial, asyncio.get_running_loop().time()
        submission = Submission(1, trial.to, trial.sender, trial.text)
        outcome = (await self._carrier.submit([submission]))[0]
        self._ids = outcome.carrier_ids
        return outcome, asyncio.get_running_loop().time() - began

    async def heard(self) -> tuple[Heard, float]:
        """Wait for the receipts of all parts; returns what they come to and the seconds waited."""
        began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._trial.wait):
                while (found := self._verdict(len(self._ids))) is Heard.NOTHING:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            found = self._verdict(1)  # some carriers report on one part only
        return found, asyncio.get_running_loop().time() - began

    def story(self, heard: Heard, seconds: float) -> str:
        """Say what was heard within so many seconds, as a sentence."""
        if heard is Heard.NOTHING:
            return f"None came within {self._trial.wait:g} seconds."
        last = self._receipts[-1]
        if heard is Heard.DELIVERED:
            missing = len(self._ids) - len(self._of(ReceiptState.DELIVERED))
            parts = f", but nothing about {missing} of its parts" if missing > 0 else ""
            known = {ref_key(one) for one in self._ids if one}
            strange = {
                one.carrier_id for one in self._receipts if ref_key(one.carrier_id) not in known
            }
            as_what = f"; it calls the message {', '.join(strange)}" if known and strange else ""
            return f"Delivered, says the carrier after {seconds:.1f} s{parts}{as_what}."
        code = f" ({last.code})" if last.code else ""
        told = f"{(last.reason or 'without saying why').rstrip('.')}{code}."
        if heard is Heard.UNKNOWN:
            return f"The carrier itself does not know what became of it: {told}"
        return f"The carrier took it and did not deliver it: {told}"

    def _verdict(self, parts: int) -> Heard:
        if self._of(ReceiptState.FAILED):
            return Heard.FAILED
        if self._of(ReceiptState.UNKNOWN):
            return Heard.UNKNOWN
        enough = len(self._of(ReceiptState.DELIVERED)) >= max(1, parts)
        return Heard.DELIVERED if enough else Heard.NOTHING

    def _of(self, state: ReceiptState) -> set[str]:
        return {one.carrier_id for one in self._receipts if one.state is state}

    async def _take(self, arrivals: Sequence[Arrival]) -> None:
        """Keep the receipts of this message.

        Raises when there is anything else: then the carrier sends all of these again.
        """
        own = [one for one in arrivals if isinstance(one, Receipt) and self._is_own(one)]
        self._receipts += own
        self._news.set()
        if len(own) < len(arrivals):
            raise CarrierError("This is for somebody else.", permanent=False)

    def _is_own(self, receipt: Receipt) -> bool:
        known = {ref_key(one) for one in self._ids if one}
        return receipt.phone == self._trial.to or ref_key(receipt.carrier_id) in known
