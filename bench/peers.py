"""`python -m bench.peers`, which is `make bench-peers`: the product beside Kannel, in turns.

Both take the same numbers and the same text over HTTP, hand them to the same SMSC over SMPP and
are done when every receipt is settled: ours when the database has each recipient as delivered,
Kannel when it has told each receipt to a trivial receiver. Rewrites its part of RESULTS.md.
"""

import argparse
import json
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import databases, load, results
from bench.client import TEXT, phones
from bench.databases import Connection, Server, connect
from bench.delivery import SMSCS
from bench.figures import Pair, Round
from bench.kannel import Kannel
from bench.processes import used_between
from bench.site import Site, site
from bench.tps import Held, hold

WORDS = TEXT[:101]
ROUNDS = 3
LONGEST = 120.0  # seconds for one round
LOOK = 0.02  # seconds between two looks at what has arrived
_LAST = "SELECT coalesce(max(id), 0) FROM messages"
_DELIVERED = "SELECT coalesce(sum(delivered), 0) FROM messages WHERE id > {}"


@dataclass(frozen=True, slots=True)
class Form:
    """How a round's recipients are spread over requests, and over how many connections."""

    title: str
    recipients: int
    per_request: int
    connections: int


FORMS = (
    Form("1,000 recipients a request", 20_000, 1_000, 2),
    Form("one recipient a request", 400, 1, 16),
)


def main() -> None:
    """Measure on both databases; every process ends with this one, also on Ctrl-C and SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")  # of the test PostgreSQL
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__)
    parser.add_argument("--database", choices=databases.KINDS, help="only this database")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of each")
    arguments = parser.parse_args()
    found: dict[str, Pair] = {}
    held: dict[str, Held] = {}
    with tempfile.TemporaryDirectory(prefix="flashsms-bench-") as home:
        for kind in (arguments.database,) if arguments.database else databases.KINDS:
            with databases.server(kind, Path(home) / kind) as server:
                for title, pair in measure(server, arguments.rounds):
                    found[f"{kind}, {title}"] = pair
                held[kind] = hold(server)
    tables = [results.machine(), results.beside(found), results.held(held)]
    print("\n\n".join(tables))
    if not arguments.database and arguments.rounds >= ROUNDS:
        results.write(tables, "peers")


def measure(server: Server, rounds: int) -> Iterator[tuple[str, Pair]]:
    """Yield each form with its rounds, ours and Kannel's in turns, on one SMSC."""
    with _both(server) as (installation, kannel):
        for form in FORMS:
            yield form.title, _in_turns(installation, kannel, form, rounds)


@contextmanager
def _both(server: Server) -> Iterator[tuple[Site, Kannel]]:
    """Yield both, started and bound to one SMSC on node-smpp."""
    with site(server, "peers", SMSCS["node-smpp"]) as installation:
        installation.start()
        installation.wait_for_workers(installation.config.WORKERS)
        smsc_port = int(installation.config.CARRIER_URL.rpartition(":")[2])
        kannel = Kannel(installation.processes, server.home, smsc_port)
        kannel.start()
        yield installation, kannel


def _in_turns(installation: Site, kannel: Kannel, form: Form, rounds: int) -> Pair:
    ours, theirs = [], []
    with closing(connect(installation.database_url)) as connection:
        for number in range(rounds + 1):  # the first warms both up
            numbers = phones(number * form.recipients, form.recipients)
            mine = _ours(installation, connection, numbers, form)
            other = _kannels(installation, kannel, numbers, form)
            print(f"{form.title}: {mine.rate:,.0f} and {other.rate:,.0f}", file=sys.stderr)
            if number:
                ours.append(mine)
                theirs.append(other)
    return Pair(ours, theirs)


def _ours(installation: Site, connection: Connection, numbers: Sequence[str], form: Form) -> Round:
    port, headers = installation.config.PORT, [f"Authorization: Bearer {installation.key}"]
    starts = range(0, len(numbers), form.per_request)
    orders = [_order(numbers[first : first + form.per_request]) for first in starts]
    requests = [load.post(port, "/api/v1/sms/send", order, headers) for order in orders]
    delivered = _DELIVERED.format(connection.execute(_LAST).fetchone()[0])
    return _round(
        installation,
        len(numbers),
        send=lambda: load.run(port, requests, form.connections),
        settled=lambda: int(connection.execute(delivered).fetchone()[0]),
    )


def _kannels(installation: Site, kannel: Kannel, numbers: Sequence[str], form: Form) -> Round:
    requests = kannel.requests(numbers, WORDS, form.per_request)
    return _round(
        installation,
        len(numbers),
        send=lambda: kannel.send(requests, form.connections),
        settled=kannel.told,
    )


def _round(
    installation: Site, count: int, send: Callable[[], None], settled: Callable[[], int]
) -> Round:
    """Time one round, from the first request until `settled` has risen by `count`."""
    before, known = installation.processes.cpu(), settled()
    began = time.perf_counter()
    send()
    while settled() - known < count:
        installation.processes.check()
        if time.perf_counter() - began > LONGEST:
            raise RuntimeError(f"Only {settled() - known:,} of {count:,} were settled in time.")
        time.sleep(LOOK)
    took = time.perf_counter() - began
    if settled() - known > count:
        raise RuntimeError(f"{settled() - known:,} were settled of {count:,}.")
    used = used_between(before, installation.processes.cpu(), count / 1000)
    return Round(rate=count / took, cpu=used)


def _order(recipients: Sequence[str]) -> bytes:
    return json.dumps({"recipients": recipients, "message": WORDS}).encode()


if __name__ == "__main__":
    main()
