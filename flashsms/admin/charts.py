"""What the charts' script reads from a page: labels, and series of numbers over them."""

from collections.abc import Iterable
from datetime import date
from typing import Any


def chart(labels: Iterable[str], *series: dict[str, Any]) -> dict[str, Any]:
    """Return a chart of one or more series."""
    return {"labels": list(labels), "series": list(series)}


def bars(label: str, hue: str, numbers: Iterable[float]) -> dict[str, Any]:
    """Return a series of bars in one of the theme's colours, such as "green"."""
    return {"type": "bar", "label": label, "hue": hue, "data": list(numbers)}


def line(label: str, hue: str, numbers: Iterable[float]) -> dict[str, Any]:
    """Return a series that is a line."""
    return {"type": "line", "label": label, "hue": hue, "data": [round(one, 1) for one in numbers]}


def days(found: Iterable[date]) -> list[str]:
    """Return days as labels, such as "23 Nov"."""
    return [f"{day:%-d %b}" for day in found]
