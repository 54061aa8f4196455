"""Where a page of a list by time begins: a moment and an id, as addresses carry them."""

import re
from datetime import UTC, datetime, timedelta

Place = tuple[datetime, str]

_WRITTEN = re.compile(r"([0-9]{1,17})_(.{1,32})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def write(place: Place) -> str:
    """Write a place down exactly: floats are too coarse for microseconds."""
    return f"{(place[0] - _EPOCH) // _MICROSECOND}_{place[1]}"


def read(text: str) -> Place | None:
    """Return the place that an address names; None for what is none."""
    found = _WRITTEN.fullmatch(text)
    if found is None or not text.isprintable():
        return None
    try:
        return _EPOCH + int(found[1]) * _MICROSECOND, found[2]
    except OverflowError:
        return None
