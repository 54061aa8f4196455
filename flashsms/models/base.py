"""What every model shares: aware UTC times, named states, opaque public ids."""

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import DateTime, Dialect, Enum, Text, TypeDecorator

from flashsms.extensions import db

if TYPE_CHECKING:
    from flashsms.extensions import Base as Model
else:
    Model = db.Model

__all__ = ["Json", "Model", "UtcDateTime", "named", "new_public_id", "new_public_ids", "now"]

_TIMES = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS  # as the API writes them
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time; SQLite, which has no time zones, stores it without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """A small JSON value kept as text, on both databases alike; None is NULL."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else orjson.dumps(value, option=_TIMES).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else orjson.loads(value)


def named(states: type[StrEnum]) -> Enum:
    """Return a column type that stores a state by its name, as text on every database."""
    return Enum(states, native_enum=False, length=12, validate_strings=True)


def now() -> datetime:
    """Return the present as an aware UTC time."""
    return datetime.now(UTC)


def new_public_id(prefix: str, random_length: int = 12) -> str:
    """Return an opaque id that sorts by creation: prefix, milliseconds in base 36, random."""
    stamp = _base36(time.time_ns() // 1_000_000, width=8)
    return prefix + stamp + "".join(secrets.choice(_ALPHABET) for _ in range(random_length))


def new_public_ids(prefix: str, count: int) -> list[str]:
    """Return `count` ids at once, for bulk inserts: made in the same moment, random in hex."""
    stamp = _base36(time.time_ns() // 1_000_000, width=8)
    random = secrets.token_bytes(6 * count).hex()
    return [prefix + stamp + random[at : at + 12] for at in range(0, len(random), 12)]


def public_id_at(prefix: str, moment: datetime) -> str:
    """Return the text at which the ids that are made from `moment` on begin."""
    return prefix + _base36(int(moment.timestamp() * 1000), width=8)


def public_id(prefix: str, random_length: int = 12) -> Callable[[], str]:
    """Return a column default that makes ids with `prefix`."""
    return lambda: new_public_id(prefix, random_length)


def _base36(number: int, width: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _ALPHABET[digit] + digits
    return digits.rjust(width, "0")
