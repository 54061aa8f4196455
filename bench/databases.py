"""The two databases: made anew for each part, and reached with nothing but their drivers."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from flashsms.extensions import _PRAGMAS
from tests import servers

KINDS = ("sqlite", "postgresql")

Connection = Any  # of either driver: what is used of them is the same
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Server:
    """Where databases of one `kind` are made; `admin` is the URL of a PostgreSQL database."""

    kind: str
    home: Path
    admin: str = ""

    def create(self, name: str) -> str:
        """Make an empty database and return its URL."""
        if self.kind == "sqlite":
            return f"sqlite:///{self.home / name}.db"
        with psycopg.connect(self.admin, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{name}"')
        return make_url(self.admin).set(database=name).render_as_string(hide_password=False)

    @property
    def pid(self) -> int | None:
        """The process of the database server; SQLite has none."""
        pidfile = self.home / "postgresql" / "postmaster.pid"
        return int(pidfile.read_text().split()[0]) if self.kind == "postgresql" else None


@contextmanager
def server(kind: str, home: Path) -> Iterator[Server]:
    """Yield a place for databases of `kind`, with its files in `home`."""
    home.mkdir()
    if kind == "sqlite":
        yield Server(kind, home)
        return
    with servers.postgresql_database(home, "bench") as url:
        yield Server(kind, home, url)


def connect(url: str) -> Connection:
    """Open a bare connection that commits by itself, with the settings of the application."""
    if not url.startswith("sqlite"):
        return psycopg.connect(url, autocommit=True)
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, timeout=30)
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection


def rows(url: str, statement: str) -> Rows:
    """Return what a query finds."""
    with closing(connect(url)) as connection:
        return list(connection.execute(statement).fetchall())
