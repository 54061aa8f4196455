"""Part H: the operators' pages over 100,000 recipients beside millions, on PostgreSQL.

`python -m bench.history --recipients 10000000` fills two databases (bench/filling.py), asks both
for the same pages in turns, and ends with an error when a page takes more than 3 times as long, or
when a statement reads a large table from end to end.
"""

import argparse
import re
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

import psycopg
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from bench import databases, filling
from bench.databases import Server
from bench.site import prepare
from config import Config
from flashsms import create_app
from flashsms.extensions import db
from flashsms.services import accounts, carriers
from tests import servers
from tests.web.browsing import sign_in

SMALL, BIG = 100_000, 10_000_000
WARM, ASKED = 2, 15  # times each page is asked for first, and then for its median
MOST = 3.0  # times what a page may take longer
_EMAIL, _PASSWORD = "operator@example.com", "correct horse"
_LARGE = ("messages", "recipients", "transactions", "activity_hours")
_WHOLE = re.compile(rf"Seq Scan on ({'|'.join(_LARGE)})\b")
_LIST = re.compile(r"'\{(\d+,\d+),[\d,]+\}'")  # of many ids, which is cut off
_SCAN = re.compile(rf"Scan.* on (ix_|pk_|uq_)?({'|'.join(_LARGE)})")

Paths = dict[str, str]


@dataclass(frozen=True, slots=True)
class History:
    """Seconds by page for both sizes; what the filling took, and the plans, are of the big one."""

    recipients: int
    filled: float
    pages: dict[str, tuple[float, float]]
    plans: dict[str, list[str]] = field(default_factory=dict)

    @property
    def slow(self) -> list[str]:
        """The pages that take too much longer."""
        return [name for name, (small, big) in self.pages.items() if big > MOST * small]

    @property
    def whole(self) -> list[str]:
        """The pages that read a large table from end to end."""
        return [name for name, plans in self.plans.items() if _WHOLE.search("\n".join(plans))]


def measure(server: Server, recipients: int = BIG) -> History:
    """Fill both databases, ask them for the same, and remove them."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="flashsms-history-")))
        redis = stack.enter_context(servers.redis_server(home))
        sites = [
            stack.enter_context(_site(server, home, redis, f"history_{size}"))
            for size in (SMALL, recipients)
        ]
        small, big = (one for one in sites)
        filling.fill(_url(small), SMALL)
        began = time.monotonic()
        filling.fill(_url(big), recipients)
        filled = time.monotonic() - began
        times = _ask(small, big)
        return History(recipients, filled, times, _plans(big))


@contextmanager
def _site(server: Server, home: Path, redis: str, name: str) -> Iterator[Flask]:
    env = {
        "FLASHSMS_HOME": str(home / name),
        "DATABASE_URL": server.create(name),
        "REDIS_URL": redis,
        "SECRET_KEY": "of the bench",
        "RATE_LIMIT": "0",
    }
    config = Config(env)
    prepare(config, _open_operator)
    app = create_app(config)
    try:
        yield app
    finally:
        with app.app_context():
            db.engine.dispose()
        with closing(databases.connect(server.admin)) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _open_operator() -> str:
    accounts.create(
        accounts.NewAccount(
            name="Operations",
            phone="0201234567",
            email=_EMAIL,
            password=_PASSWORD,
            is_admin=True,
        )
    )
    for number in (1, 2, 3):
        carriers.add(f"{filling.CARRIER} {number}", "smpp://id:password@127.0.0.1:1")
    return ""


def _url(app: Flask) -> str:
    return str(app.config["SQLALCHEMY_DATABASE_URI"]).replace("+psycopg", "")


def _ask(small: Flask, big: Flask) -> dict[str, tuple[float, float]]:
    """Return the median of each page; the rounds interleave, so that all share the weather."""
    asked = [(app.test_client(), _paths(_url(app))) for app in (small, big)]
    for client, _ in asked:
        sign_in(client, _EMAIL)
    times: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in asked[0][1]}
    for _ in range(WARM + ASKED):
        for name, both in times.items():
            for (client, paths), taken in zip(asked, both, strict=True):
                taken.append(_time(client, paths[name]))
    return {name: (median(few[WARM:]), median(many[WARM:])) for name, (few, many) in times.items()}


def _time(client: FlaskClient, path: str) -> float:
    began = time.perf_counter()
    answer = client.get(path)
    taken = time.perf_counter() - began
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}: {answer.text[:500]}")
    return taken


def _paths(url: str) -> Paths:
    """Return the pages by what is special about them."""
    with closing(psycopg.connect(url)) as connection:
        history, people = _messages(connection), _recipients(connection)
        largest = _account(connection, 0)
    return {
        "overview": "/admin",
        **{f"messages{name}": f"/admin/history?{urlencode(asked)}" for name, asked in history},
        **{
            f"recipients{name}": f"/admin/history/recipients?{urlencode(asked)}"
            for name, asked in people
        },
        **_stories(url),
        "transactions": "/admin/credits",
        "transactions, refunds": "/admin/credits?type=REFUND",
        "transactions of an account": f"/admin/credits?account={largest}",
    }


Asked = list[tuple[str, Mapping[str, Any]]]


def _messages(connection: psycopg.Connection) -> Asked:
    largest, middle = _account(connection, 0), _account(connection, filling.ACCOUNTS // 2)
    day, sender = _day(connection), _sender(connection, largest)
    return [
        ("", {}),
        (", far behind", {"before": _behind(connection, 0.9)}),
        (", the largest account", {"account": largest}),
        (", an account", {"account": middle}),
        (", a sender", {"sender": sender}),
        (", failed", {"status": "FAILED"}),
        (", cancelled", {"status": "CANCELLED"}),
        (", days in the middle", {"from": day, "to": day}),
        (", failed of an account", {"account": largest, "status": "FAILED"}),
        (
            ", all of these",
            {"account": largest, "sender": sender, "status": "DELIVERED", "to": day},
        ),
    ]


def _recipients(connection: psycopg.Connection) -> Asked:
    largest, middle = _account(connection, 0), _account(connection, filling.ACCOUNTS // 2)
    day, sender = _day(connection), _sender(connection, largest)
    way, seldom = _carrier(connection, 1), _carrier(connection, 3)
    usual = filling.REASONS[0]
    days = {"from": day, "to": day}
    return [
        ("", {}),
        (", far behind", {"before": _behind(connection, 0.9) + "-0"}),
        (", the largest account", {"account": largest}),
        (", an account", {"account": middle}),
        (", a sender", {"sender": sender}),
        (", delivered", {"status": "DELIVERED"}),
        (", failed", {"status": "FAILED"}),
        (", failed, far behind", {"status": "FAILED", "before": _behind(connection, 0.9) + "-0"}),
        (", outcome unknown", {"status": "UNKNOWN"}),
        (", waiting", {"status": "QUEUED"}),
        (", a reason", {"reason": usual}),
        (", a reason, far behind", {"reason": usual, "before": _behind(connection, 0.9) + "-0"}),
        (", a rare reason", {"reason": filling.RARE}),
        (", a rare reason of an account", {"reason": filling.RARE, "account": largest}),
        (", a carrier", {"carrier": way}),
        (", a carrier seldom used", {"carrier": seldom}),
        (", days in the middle", days),
        (", failed of an account", {"account": largest, "status": "FAILED"}),
        (", unknown of an account", {"account": largest, "status": "UNKNOWN"}),
        (
            ", all of these",
            {"account": largest, "status": "FAILED", "reason": usual, "carrier": seldom, "to": day},
        ),
        (", sender, carrier and days", {"sender": sender, "carrier": seldom, **days}),
    ]


def _stories(url: str) -> Paths:
    with closing(psycopg.connect(url)) as connection:
        busy = _one(connection, "SELECT phone FROM recipients WHERE phone LIKE '%%0000000' LIMIT 1")
        usual = _one(connection, "SELECT phone FROM recipients ORDER BY id OFFSET 4711 LIMIT 1")
        seldom = _carrier(connection, 3)
        long = _one(
            connection, "SELECT public_id FROM messages ORDER BY recipient_count DESC, id LIMIT 1"
        )
    return {
        "the longest message": f"/admin/history/{long}",
        "its failed": f"/admin/history/{long}?status=FAILED",
        "its failed, by carrier": f"/admin/history/{long}?status=FAILED&carrier={seldom}",
        "one number in it": f"/admin/history/{long}?phone={usual}",
        "a number's story": f"/admin/history/phones/{usual}",
        "a long story": f"/admin/history/phones/{busy}",
        "a number and an account": "/admin/history/recipients?"
        + urlencode({"phone": busy, "status": "FAILED", "sender": "Brand000"}),
    }


def _account(connection: psycopg.Connection, rank: int) -> str:
    return _one(
        connection,
        """SELECT a.public_id FROM accounts a JOIN messages m ON m.account_id = a.id
           GROUP BY a.id ORDER BY count(*) DESC, a.id OFFSET %s LIMIT 1""",
        rank,
    )


def _sender(connection: psycopg.Connection, account: str) -> str:
    return _one(
        connection,
        """SELECT m.sender FROM messages m JOIN accounts a ON a.id = m.account_id
           WHERE a.public_id = %s GROUP BY 1 ORDER BY count(*) DESC LIMIT 1""",
        account,
    )


def _carrier(connection: psycopg.Connection, number: int) -> str:
    name = f"{filling.CARRIER} {number}"
    return _one(connection, "SELECT public_id FROM carriers WHERE name = %s", name)


def _day(connection: psycopg.Connection) -> str:
    return _one(connection, "SELECT CAST(now() - interval '45 days' AS date)")


def _behind(connection: psycopg.Connection, share: float) -> str:
    """Return the id of the message behind such a share of all."""
    return _one(
        connection,
        """SELECT public_id FROM messages ORDER BY created_at DESC, id DESC
           OFFSET (SELECT CAST(%s * count(*) AS int) FROM messages) LIMIT 1""",
        share,
    )


def _one(connection: psycopg.Connection, statement: str, *values: Any) -> str:
    found = connection.execute(statement, values or None).fetchone()
    if found is None:
        raise RuntimeError(f"Nothing was found by {statement}")
    return str(found[0])


def _plans(app: Flask) -> dict[str, list[str]]:
    """Return how PostgreSQL runs the statements of each page that read a large table."""
    client, ran = app.test_client(), []
    sign_in(client, _EMAIL)

    def note(_c: object, _r: object, statement: str, values: Any, *_: object) -> None:
        if any(f"FROM {table}" in statement or f"JOIN {table}" in statement for table in _LARGE):
            ran.append((statement, values))

    plans: dict[str, list[str]] = {}
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    for name, path in _paths(_url(app)).items():
        ran.clear()
        client.get(path)
        asked = list(ran)
        with engine.connect() as connection:
            plans[name] = [_plan(connection, *one) for one in asked]
    event.remove(engine, "before_cursor_execute", note)
    return plans


def _plan(connection: Any, statement: str, values: Any) -> str:
    lines = connection.exec_driver_sql(f"EXPLAIN (COSTS OFF) {statement}", values).scalars()
    return _LIST.sub(r"'{\1,...}'", "\n".join(lines))


def scans(plans: list[str]) -> list[str]:
    """Return by which indexes plans read the large tables, each once."""
    found: dict[str, None] = {}
    for line in "\n".join(plans).splitlines():
        node = line.strip().removeprefix("->").strip()
        if "Scan" in node and any(
            f" on {table}" in node or f"ix_{table}" in node for table in _LARGE
        ):
            found[node] = None
    return list(found)


def main() -> None:
    """Measure, print the figures and the plans, and say what is too slow."""
    from bench import results  # which names the tables of all parts

    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")  # of the test PostgreSQL
    parser = argparse.ArgumentParser(prog="python -m bench.history", description=__doc__)
    parser.add_argument("--recipients", type=int, default=BIG)
    parser.add_argument("--database-url", help="of a PostgreSQL where databases may be created")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="flashsms-bench-") as home, ExitStack() as stack:
        if arguments.database_url:
            server = Server("postgresql", Path(home), arguments.database_url)
        else:
            server = stack.enter_context(databases.server("postgresql", Path(home) / "db"))
        found = measure(server, arguments.recipients)
    for name, plans in found.plans.items():
        print("\n".join([f"-- {name}", *plans, ""]))
    print(results.history(found))
    if found.slow or found.whole:
        sys.exit(f"Too slow: {found.slow}. Read from end to end: {found.whole}.")


if __name__ == "__main__":
    main()
