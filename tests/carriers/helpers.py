"""What the carrier tests share: an open carrier, submissions, and waiting for a fact."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from flashsms.carriers.contract import Carrier, Receipt, Submission
from flashsms.carriers.smpp.pdu import ShortMessage
from flashsms.carriers.urls import create


class Taken(list[Receipt]):
    """Receipts taken, as a `take` for a carrier."""

    async def __call__(self, receipts: Sequence[Receipt]) -> None:
        self.extend(receipts)


def to(ending: int, text: str = "Your parcel is ready.") -> Submission:
    return Submission(ending, f"23320100{ending:04d}", "SHOP", text)


def some(count: int) -> list[Submission]:
    return [to(5000 + number) for number in range(count)]


async def until(fact: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait until a fact holds; fails when it does not come true in time."""
    async with asyncio.timeout(seconds):
        while not fact():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def open_carrier(url: str, take=None, *, bound: bool = True) -> AsyncIterator[Carrier]:
    carrier = create(url, Taken() if take is None else take)
    await carrier.open()
    try:
        if bound:
            await until(lambda: carrier.ready)
        yield carrier
    finally:
        await carrier.close(1.0)


def receipt_of(carrier_id: str, stat: str = "DELIVRD") -> ShortMessage:
    text = f"id:{carrier_id} sub:001 dlvrd:001 stat:{stat} err:000 text:"
    return ShortMessage("233201005000", "SHOP", text.encode(), esm_class=4)
