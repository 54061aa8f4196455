"""`python -m bench.smsc --port PORT --log FILE`: the simulator, and when it read each submission.

A line of FILE is the monotonic time in seconds (one clock for all processes of a machine), a tab
and the simulator's own line, which begins with the number.
"""

import argparse
import asyncio
import time
from typing import TextIO, cast

from flashsms.simulator import Simulator


class _Stamped:
    """A log whose lines begin with the time at which they are written."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, line: str) -> int:
        return self._file.write(f"{time.monotonic():.6f}\t{line}")

    def flush(self) -> None:
        self._file.flush()


async def _serve(port: int, file: TextIO) -> None:
    log = cast(TextIO, _Stamped(file))  # the simulator only writes and flushes
    async with Simulator(port=port, log=log, record=False):
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="bench.smsc")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--log", required=True)
    arguments = parser.parse_args()
    with open(arguments.log, "a", encoding="utf-8") as opened:
        asyncio.run(_serve(arguments.port, opened))
