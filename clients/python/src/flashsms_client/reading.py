"""JSON and Python: objects become frozen dataclasses, and arguments become the fields of a body."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timezone
from functools import cache
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from flashsms_client.errors import BadAnswer

T = TypeVar("T")


def read(kind: type[T], data: object) -> T:
    """Make a `kind` of a JSON object; what `kind` has no field for is ignored."""
    given = as_object(data)
    found = _fields(cast(Any, kind))
    try:
        return kind(**{name: _value(hint, given[key]) for name, key, hint in found if key in given})
    except (TypeError, ValueError) as error:
        raise BadAnswer(f"The answer is no {kind.__name__}: {error}.") from error


def read_list(kind: type[T], data: object, name: str) -> tuple[T, ...]:
    """Make `kind`s of the list under `name` in a JSON object."""
    found = as_object(data).get(name)
    if not isinstance(found, list):
        raise BadAnswer(f"The answer has no list of {name}.")
    return tuple(read(kind, one) for one in found)


def as_object(data: object) -> Mapping[str, Any]:
    """Return a JSON object as what it is."""
    if not isinstance(data, dict):
        raise BadAnswer("The answer has something else where an object should be.")
    return data


def given(**arguments: object) -> dict[str, object]:
    """Return the arguments that were given, as JSON and under the names of the API."""
    return {camel(name): _plain(one) for name, one in arguments.items() if one is not None}


def camel(name: str) -> str:
    """Return the API's spelling of a name: `firstName` for `first_name`, `from` for `from_`."""
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name.rstrip("_"))


@cache
def _fields(kind: type[Any]) -> list[tuple[str, str, Any]]:
    hints = get_type_hints(kind)
    return [(field.name, camel(field.name), hints[field.name]) for field in fields(kind)]


def _value(hint: Any, value: Any) -> Any:
    """Read a value as its annotation says: `X | None`, a tuple, a dataclass, a time, a scalar."""
    choices = get_args(hint)
    if type(None) in choices:
        return None if value is None else _value(choices[0], value)
    if get_origin(hint) is tuple:
        return tuple(_value(choices[0], one) for one in _expect(list, value))
    if hint is datetime:
        return _moment(_expect(str, value))
    if is_dataclass(hint) and isinstance(hint, type):
        return read(hint, value)
    if hint is float:
        return float(_expect((int, float), value))
    return _expect(get_origin(hint) or hint, value)


def _expect(kind: Any, value: Any) -> Any:
    if not isinstance(value, kind):
        expected = getattr(kind, "__name__", "number")
        raise TypeError(f"there is a {type(value).__name__} for a {expected}")
    return value


def _moment(text: str) -> datetime:
    """Read an ISO 8601 time; Python 3.10 knows no Z, and microseconds only with six digits."""
    text = re.sub(r"\.(\d+)", lambda found: f".{found[1]:0<6.6}", text.replace("Z", "+00:00"))
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _plain(value: object) -> object:
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError("Give times with a timezone, such as datetime.now(timezone.utc).")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, str):
        return value
    return list(value) if isinstance(value, Iterable) else value
