"""Where the time goes: one process of the stack under cProfile, the others as they are."""

import pstats
import sys
import time
from pathlib import Path

from bench.accept import accept
from bench.databases import Server
from bench.delivery import deliver
from bench.site import Site, site
from flashsms.stack.start import programs

REQUESTS = 20
TOP = 40
LEAST = 0.05  # seconds: threads that did less are not shown


def run(server: Server, process: str) -> None:
    """Profile `web` accepting or `worker` delivering, and print each thread's top by own time."""
    with site(server, "profile") as installation:
        out = server.home / "profile"
        if process == "web":
            _accept(installation, out)
        else:
            _deliver(installation, out)
    for path in sorted(server.home.glob("profile-*.prof")):
        stats = pstats.Stats(str(path))
        if stats.total_tt >= LEAST:  # type: ignore[attr-defined]
            stats.strip_dirs().sort_stats("tottime").print_stats(TOP)
            stats.sort_stats("cumtime").print_stats(TOP)


def _accept(installation: Site, out: Path) -> None:
    web = next(program for program in programs(installation.config) if program.name == "web")
    env = {**installation.env, "PROFILE_OUT": str(out)}
    installation.processes.start("web", (*web.command[:-1], "bench.profiled:app"), env)
    installation.wait_for_web()
    accept(installation, 0, REQUESTS)
    print(accept(installation, REQUESTS, REQUESTS))


def _deliver(installation: Site, out: Path) -> None:
    installation.start("web", "urgent", "cron")
    command = (sys.executable, "-m", "bench.profiled", str(out))
    installation.processes.start("worker", command, installation.env)
    installation.wait_for_workers(2)
    print(deliver(installation, 0, REQUESTS))
    time.sleep(0.5)  # the last receipts are acknowledged
    installation.processes.stop("worker")
