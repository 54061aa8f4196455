"""Part B: messages/s from the API through SMPP to recorded receipts, beside the bare wire."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

from bench.client import order, phones
from bench.databases import Server, connect
from bench.figures import Round
from bench.processes import ROOT, used_between
from bench.site import Site, Smsc, simulator, site

PER_REQUEST = 1000
REQUESTS = 20
CLIENTS = 2
LONGEST = 120.0  # seconds
LOOK = 0.02  # seconds between two looks at the database

_PEERS = ROOT / "tests" / "peers"
_OPEN = "SELECT coalesce(sum(recipient_count - delivered - failed), 0) FROM messages"
_DELIVERED = "SELECT count(*) FROM recipients WHERE status = 'DELIVERED'"


def _node_smpp(port: int) -> Sequence[str]:
    """Return the command of an SMSC on node-smpp, which nobody here wrote."""
    if not (_PEERS / "node_modules" / "smpp").exists():
        install = ["npm", "ci", "--no-audit", "--no-fund"]
        subprocess.run(install, cwd=_PEERS, check=True, capture_output=True)
    return ("node", str(ROOT / "bench" / "smsc.js"), str(port))


SMSCS: dict[str, Smsc] = {"simulator": simulator, "node-smpp": _node_smpp}


def measure(server: Server, smsc: str, rounds: int, requests: int = REQUESTS) -> list[Round]:
    """Measure that many rounds of `requests` requests of 1,000 recipients, each over an SMSC."""
    with site(server, f"delivery-{smsc}", SMSCS[smsc]) as installation:
        installation.start()
        installation.wait_for_workers(installation.config.WORKERS)
        deliver(installation, 0, 1)
        found = []
        for number in range(1, rounds + 1):
            delivered = deliver(installation, number * requests, requests)
            floor = _bare_wire(installation.config.CARRIER_URL, requests * PER_REQUEST)
            found.append(replace(delivered, floor=floor["rate"]))
        return found


def deliver(installation: Site, first: int, requests: int) -> Round:
    """Send, from the first POST until the database knows every recipient as final."""
    orders = [
        order(phones((first + number) * PER_REQUEST, PER_REQUEST)) for number in range(requests)
    ]
    count = requests * PER_REQUEST
    before = installation.processes.cpu()
    with closing(connect(installation.database_url)) as connection:
        known = connection.execute(_DELIVERED).fetchone()[0]
        began = time.perf_counter()
        installation.send(orders, CLIENTS)
        while connection.execute(_OPEN).fetchone()[0]:
            installation.processes.check()
            if time.perf_counter() - began > LONGEST:
                raise RuntimeError("Not every recipient was final in time.")
            time.sleep(LOOK)
        took = time.perf_counter() - began
        delivered = connection.execute(_DELIVERED).fetchone()[0] - known
    if delivered != count:
        raise RuntimeError(f"Only {delivered} of {count} recipients were delivered.")
    used = used_between(before, installation.processes.cpu(), count / 1000)
    return Round(rate=count / took, cpu=used)


def _bare_wire(url: str, count: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.wire", url, str(count)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found
