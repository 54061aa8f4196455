"""`python -m flashsms.simulator`: the SMSC as a process."""

import argparse
import asyncio
import contextlib
from typing import TextIO

from flashsms.simulator.simulator import Simulator
from flashsms.simulator.smsc import Behaviour


def main() -> None:
    """Serve until a signal ends the process, which SIGTERM does at once."""
    arguments = _parser().parse_args()
    behaviour = Behaviour(
        tps=arguments.tps,
        latency=arguments.latency / 1000,
        late=arguments.late,
        users=dict(user.split(":", 1) for user in arguments.user),
    )
    with contextlib.ExitStack() as stack, contextlib.suppress(KeyboardInterrupt):
        log = arguments.log and stack.enter_context(open(arguments.log, "a", encoding="utf-8"))
        asyncio.run(_serve(behaviour, arguments.host, arguments.port, log))


async def _serve(behaviour: Behaviour, host: str, port: int, log: TextIO | None) -> None:
    async with Simulator(behaviour, host=host, port=port, log=log, record=False) as simulator:
        print(f"listening on {simulator.host}:{simulator.port}", flush=True)
        await asyncio.Event().wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="flashsms.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2775, help="0 takes a free one")
    parser.add_argument("--tps", type=float, default=0, help="parts a second, 0 for no limit")
    parser.add_argument("--latency", type=float, default=0, help="milliseconds before an answer")
    parser.add_argument("--late", type=float, default=5, help="seconds before a late receipt")
    parser.add_argument("--log", help="file that gets a line for each submission")
    parser.add_argument(
        "--user", action="append", default=[], metavar="NAME:PASSWORD", help="let only these in"
    )
    return parser


if __name__ == "__main__":
    main()
