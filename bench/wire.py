"""`python -m bench.wire URL COUNT`: the floor of part B, as a process of its own.

The carrier's codec and session against an SMSC, with receipts that are taken at once: no database,
no Redis, no API. Prints one line of JSON: messages a second and the CPU seconds per 1,000.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence

from bench.client import TEXT, phones
from flashsms.carriers.contract import Fate, Receipt, Submission
from flashsms.carriers.options import options
from flashsms.carriers.smpp.carrier import SmppCarrier

BIND_WAIT = 10.0  # seconds


async def _measure(url: str, count: int) -> dict[str, float]:
    missing = count
    everything = asyncio.Event()

    async def take(receipts: Sequence[Receipt]) -> None:
        nonlocal missing
        missing -= len(receipts)
        if missing <= 0:
            everything.set()

    carrier = SmppCarrier(options(url), take)
    await carrier.open()
    async with asyncio.timeout(BIND_WAIT):
        while not carrier.ready:
            await asyncio.sleep(0.01)
    submissions = [
        Submission(number, phone, "MyBrand", TEXT) for number, phone in enumerate(phones(0, count))
    ]
    began, used = time.perf_counter(), time.process_time()
    outcomes = await carrier.submit(submissions)
    await everything.wait()
    took, used = time.perf_counter() - began, time.process_time() - used
    if any(outcome.fate is not Fate.ACCEPTED for outcome in outcomes):
        raise RuntimeError("The SMSC did not take every message.")
    await carrier.close(1.0)
    return {"rate": count / took, "cpu": used * 1000 / count}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measure(sys.argv[1], int(sys.argv[2])))))
