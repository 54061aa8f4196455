"""The extensions that the application shares, and the one way to write to the database."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, MetaData, event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import DeclarativeBase

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # a commit survives a power cut: what was claimed must stay claimed
    "foreign_keys=ON",
    "temp_store=MEMORY",
    "cache_size=-32768",  # KiB per connection; a worker that imports a million rows stays small
)


class Base(DeclarativeBase):
    """Constraint names that SQLite and PostgreSQL migrations can both refer to."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
migrate = Migrate()


@contextmanager
def transaction() -> Iterator[None]:
    """Make one write transaction of the block; inside another one, join it.

    On SQLite the write lock is taken first (BEGIN IMMEDIATE), so that two writers wait for each
    other instead of failing. What `on_commit` was given runs after the commit, in order.
    """
    info = db.session().info
    if "on_commit" in info:
        yield
        return
    db.session.commit()  # ends the reads before it; a read cannot be upgraded safely on SQLite
    db.session.connection(execution_options={"writes": True})
    callbacks: list[Callable[[], None]] = []
    info["on_commit"] = callbacks
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
    finally:
        del info["on_commit"]
    for callback in callbacks:
        callback()


def on_commit(callback: Callable[[], None]) -> None:
    """Run `callback` once the current transaction is committed; never if it is rolled back.

    The same one runs once, however often it was given.
    """
    callbacks = db.session().info["on_commit"]
    if callback not in callbacks:
        callbacks.append(callback)


@event.listens_for(Engine, "connect")
def _tune_sqlite(connection: Any, _record: object) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # we send BEGIN ourselves, see _begin_sqlite
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
