"""`python -m bench`, which is `make bench`: measures everything and rewrites RESULTS.md.

A part, one database or a quick run are only printed.
"""

import argparse
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from bench import (
    accept,
    book,
    databases,
    delivery,
    history,
    imports,
    latency,
    pages,
    profile,
    results,
    statements,
    webhooks,
)
from bench.book import Book
from bench.databases import Server
from bench.figures import Round
from bench.history import History
from bench.imports import Imported
from bench.latency import Latencies
from bench.pages import Pages

PARTS = ("A", "B", "C", "D", "E", "F", "G", "H", "I")
ROUNDS = 3
Found = TypeVar("Found")


def main() -> None:
    """Measure what is asked for; every process ends with this one, also on Ctrl-C and SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")  # of the test PostgreSQL
    arguments = _parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="flashsms-bench-") as home:
        if arguments.profile:
            with databases.server(arguments.database or "sqlite", Path(home) / "db") as server:
                profile.run(server, arguments.profile)
            return
        tables = _Bench(Path(home), arguments).run()
    print("\n\n".join(tables))
    if not (arguments.quick or arguments.part or arguments.database):
        results.write(tables)


class _Bench:
    """One run over the wanted parts and databases."""

    def __init__(self, home: Path, arguments: argparse.Namespace) -> None:
        self._home = home
        self._parts = (arguments.part,) if arguments.part else PARTS
        self._kinds = (arguments.database,) if arguments.database else databases.KINDS
        self._rounds = 1 if arguments.quick else ROUNDS
        self._tenth = 10 if arguments.quick else 1
        self._accepted: dict[str, list[Round]] = {}
        self._delivered: dict[str, list[Round]] = {}
        self._late: dict[str, Latencies] = {}
        self._counted: dict[str, list[int]] = {}
        self._books: dict[str, Book] = {}
        self._files: dict[str, dict[str, Imported]] = {}
        self._pages: dict[str, Pages] = {}
        self._history: History | None = None
        self._told: dict[str, list[Round]] = {}

    def run(self) -> list[str]:
        """Return the tables of what was measured."""
        for kind in self._kinds:
            with databases.server(kind, self._home / kind) as server:
                self._measure(server)
        shown: tuple[tuple[Any, Callable[[Any], str]], ...] = (
            (self._accepted, results.accepted),
            (self._delivered, results.delivered),
            (self._late, results.late),
            (self._counted, partial(results.counted, sizes=statements.SIZES)),
            (self._books, results.books),
            (self._files, results.files),
            (self._pages, results.pages),
            (self._history, results.history),
            (self._told, results.told),
        )
        return [results.machine(), *(show(found) for found, show in shown if found)]

    def _measure(self, server: Server) -> None:
        kind, rounds, tenth = server.kind, self._rounds, self._tenth
        if "A" in self._parts:
            requests = accept.REQUESTS // tenth
            self._accepted[kind] = _timed(
                f"A {kind}", lambda: accept.measure(server, rounds, requests)
            )
        if "B" in self._parts:
            requests = delivery.REQUESTS // tenth
            for smsc in delivery.SMSCS:
                name = f"{kind}, {smsc}"
                self._delivered[name] = _timed(
                    f"B {name}", partial(delivery.measure, server, smsc, rounds, requests)
                )
        if "C" in self._parts:
            self._late[kind] = _timed(
                f"C {kind}",
                lambda: latency.measure(
                    server, rounds, latency.SENDS // tenth, latency.BULK // tenth
                ),
            )
        if "D" in self._parts:
            self._counted[kind] = _timed(f"D {kind}", lambda: statements.count(server))
        self._measure_more(server)

    def _measure_more(self, server: Server) -> None:
        kind, rounds, tenth = server.kind, self._rounds, self._tenth
        if "E" in self._parts:
            self._books[kind] = _timed(f"E {kind}", lambda: book.measure(server, book.BIG // tenth))
        if "F" in self._parts:
            self._files[kind] = _timed(
                f"F {kind}", lambda: imports.measure(server, imports.ROWS // tenth)
            )
        if "G" in self._parts:
            self._pages[kind] = _timed(f"G {kind}", lambda: pages.measure(server, tenth))
        if "H" in self._parts and kind == "postgresql":
            self._history = _timed("H", lambda: history.measure(server, history.BIG // tenth))
        if "I" in self._parts:
            events = webhooks.EVENTS // tenth
            self._told[kind] = _timed(f"I {kind}", lambda: webhooks.measure(server, rounds, events))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--part", choices=PARTS, help="only this part")
    parser.add_argument("--database", choices=databases.KINDS, help="only this database")
    parser.add_argument("--quick", action="store_true", help="one round with a tenth of the work")
    parser.add_argument(
        "--profile", choices=("web", "worker"), help="profile a process instead of measuring"
    )
    return parser


def _timed(name: str, act: Callable[[], Found]) -> Found:
    began = time.monotonic()
    print(f"{name} …", end=" ", file=sys.stderr, flush=True)
    found = act()
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
    return found


if __name__ == "__main__":
    main()
