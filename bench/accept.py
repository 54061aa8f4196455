"""Part A: recipients/s that one API process accepts, beside bare INSERTs of the same rows."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

from bench.client import order, phones
from bench.databases import Connection, Rows, Server, connect, rows
from bench.figures import Round
from bench.processes import used_between
from bench.site import Site, prepare, site
from config import Config

PER_REQUEST = 1000
REQUESTS = 30
WARM_UP = 5  # requests
CLIENTS = 2

_MESSAGE = (
    "id, public_id, account_id, sender, text, status, parts, credits_used, recipient_count, "
    "waiting, unknown, delivered, failed, urgent, ticket, wake_at, expires_at, created_at"
)
_RECIPIENT = "message_id, phone, status, parts, credits, attempts, refusals, due_at"
_ACCOUNT = "id, name, phone, balance, timezone, created_at"


def measure(server: Server, rounds: int, requests: int = REQUESTS) -> list[Round]:
    """Measure that many rounds of `requests` requests; no worker runs meanwhile."""
    with site(server, "accept") as installation:
        installation.start("web")
        floor = _empty_copy(server, installation)
        accept(installation, 0, WARM_UP)
        found = []
        for number in range(1, rounds + 1):
            accepted = accept(installation, number * requests, requests)
            found.append(replace(accepted, floor=_insert(installation, floor, requests)))
        return found


def accept(installation: Site, first: int, requests: int) -> Round:
    orders = [
        order(phones((first + number) * PER_REQUEST, PER_REQUEST)) for number in range(requests)
    ]
    before = installation.processes.cpu()
    began = time.perf_counter()
    installation.send(orders, CLIENTS)
    took = time.perf_counter() - began
    used = used_between(before, installation.processes.cpu(), requests)
    return Round(rate=requests * PER_REQUEST / took, cpu=used)


# --- the floor


def _empty_copy(server: Server, installation: Site) -> str:
    """Make a database with the same schema and the same account, and return its URL."""
    url = server.create("accept-floor")
    prepare(Config({**installation.env, "DATABASE_URL": url}))
    accounts = rows(installation.database_url, f"SELECT {_ACCOUNT} FROM accounts")
    with closing(connect(url)) as connection:
        _execute_many(connection, "accounts", _ACCOUNT, accounts)
    return url


def _insert(installation: Site, url: str, requests: int) -> float:
    """Insert the rows of the last requests in the fastest way; return its recipients a second."""
    messages = rows(
        installation.database_url,
        f"SELECT {_MESSAGE} FROM messages ORDER BY id DESC LIMIT {requests}",
    )
    batches = [
        (message, rows(installation.database_url, _recipients_of(message[0])))
        for message in messages
    ]
    return max(_rate(url, batches, insert) for insert in _inserts(url))


def _recipients_of(message_id: int) -> str:
    return f"SELECT {_RECIPIENT} FROM recipients WHERE message_id = {message_id}"


def _rate(
    url: str, batches: list[tuple[Any, Rows]], insert: Callable[[Connection, Rows], None]
) -> float:
    with closing(connect(url)) as connection:
        for table in ("recipients", "messages"):
            connection.execute(f"DELETE FROM {table}")
        began = time.perf_counter()
        for message, recipients in batches:
            with _transaction(connection):
                _execute_many(connection, "messages", _MESSAGE, [message])
                insert(connection, recipients)
        took = time.perf_counter() - began
    return sum(len(recipients) for _, recipients in batches) / took


def _inserts(url: str) -> Sequence[Callable[[Connection, Rows], None]]:
    return (_with_executemany, _with_json) if url.startswith("sqlite") else (_with_copy, _unnested)


def _with_executemany(connection: Connection, recipients: Rows) -> None:
    _execute_many(connection, "recipients", _RECIPIENT, recipients)


def _with_json(connection: Connection, recipients: Rows) -> None:
    message_id, _, *rest = recipients[0]
    connection.execute(
        f"INSERT INTO recipients ({_RECIPIENT}) "
        "SELECT ?, value, ?, ?, ?, ?, ?, ? FROM json_each(?)",
        (message_id, *rest, json.dumps([row[1] for row in recipients])),
    )


def _with_copy(connection: Connection, recipients: Rows) -> None:
    with connection.cursor().copy(f"COPY recipients ({_RECIPIENT}) FROM STDIN") as copy:
        for row in recipients:
            copy.write_row(row)


def _unnested(connection: Connection, recipients: Rows) -> None:
    message_id, _, *rest = recipients[0]
    connection.execute(
        f"INSERT INTO recipients ({_RECIPIENT}) "
        "SELECT %s, phone, %s, %s, %s, %s, %s, %s FROM unnest(%s::text[]) AS phone",
        (message_id, *rest, [row[1] for row in recipients]),
    )


def _execute_many(connection: Connection, table: str, columns: str, values: Rows) -> None:
    mark = "?" if isinstance(connection, sqlite3.Connection) else "%s"
    marks = ", ".join([mark] * len(values[0]))
    connection.cursor().executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values)


@contextmanager
def _transaction(connection: Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE" if isinstance(connection, sqlite3.Connection) else "BEGIN")
    yield
    connection.execute("COMMIT")
