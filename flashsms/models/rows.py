"""The few places where SQLite and PostgreSQL differ: many values as one bound parameter."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from typing import cast as cast_type

import orjson
from sqlalchemy import (
    ARRAY,
    CursorResult,
    Subquery,
    Text,
    bindparam,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.types import TypeEngine

from flashsms.extensions import db
from flashsms.models.base import Model


def is_postgresql() -> bool:
    """Return whether the database is PostgreSQL (else it is SQLite)."""
    return db.engine.dialect.name == "postgresql"


def rows(
    values: Iterable[Sequence[Any]], name: str = "given", /, **columns: TypeEngine[Any]
) -> Subquery:
    """Return `values` as a table expression `name`, one bound parameter whatever their number.

    `values` are tuples in the order of `columns` (name to SQL type); integers, texts, UTC times
    and None.
    Join rows by these columns only, the state they must be in included: beside a constant such as
    `status = 'SENT'`, which its statistics say is rare, PostgreSQL prefers to read the whole table.
    PostgreSQL reads them with `unnest`, SQLite with `json_each`.
    """
    taken = list(values)
    if is_postgresql():
        return _unnest(taken, name, columns)
    return _json_each(taken, name, columns)


def _unnest(
    values: list[Sequence[Any]], name: str, columns: dict[str, TypeEngine[Any]]
) -> Subquery:
    arrays = [
        bindparam(None, [value[index] for value in values], ARRAY(kind))
        for index, kind in enumerate(columns.values())
    ]
    table = func.unnest(*arrays).table_valued(*columns, name=f"{name}_values").render_derived()
    return select(*(table.c[column] for column in columns)).subquery(name)


def _json_each(
    values: list[Sequence[Any]], name: str, columns: dict[str, TypeEngine[Any]]
) -> Subquery:
    encoded = orjson.dumps(values, _stored, orjson.OPT_PASSTHROUGH_DATETIME).decode()
    table = func.json_each(bindparam(None, encoded, Text)).table_valued(
        "value", name=f"{name}_values"
    )
    extracted = [
        func.json_extract(table.c.value, literal_column(f"'$[{index}]'"), type_=kind).label(column)
        for index, (column, kind) in enumerate(columns.items())
    ]
    return select(*extracted).subquery(name)


def _stored(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"  # as SQLite's columns hold it


def lock(what: int, key: int) -> None:
    """Let only one transaction at a time do `what` (any number of ours) to `key`.

    Nothing is needed on SQLite, where there is but one writer.
    """
    if is_postgresql():
        db.session.execute(select(func.pg_advisory_xact_lock(what, key)))


def insert(model: type[Model]) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT into the model's table that can say ON CONFLICT."""
    return postgresql.insert(model) if is_postgresql() else sqlite.insert(model)


def replace(model: type[Model], values: list[dict[str, Any]], key: tuple[str, ...]) -> None:
    """Insert rows, over those that have the same values in the columns of `key`."""
    new = insert(model).values(values)
    updated = {name: new.excluded[name] for name in values[0] if name not in key}
    db.session.execute(new.on_conflict_do_update(index_elements=key, set_=updated))


Changed = CursorResult[*tuple[Any, ...]]


def change(statement: UpdateBase, values: Mapping[str, Any] | None = None) -> Changed:
    """Execute a statement that changes rows by itself, past the objects that the session holds.

    `values` are those of its bound parameters, for statements that are built once.
    """
    # Without the second option an INSERT does not say how many rows it made.
    options = {"synchronize_session": False, "preserve_rowcount": True}
    result = db.session.execute(statement, values, execution_options=options)
    return cast_type(Changed, result)
