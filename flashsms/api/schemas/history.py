"""What every list of the past takes: a page, and from when until when."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from flashsms.api.schemas.shapes import PageNumber, Shape, moment, whole, wrong
from flashsms.services.history import Slice

_DAY = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}")


def _day_or_moment(text: str) -> date | datetime:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else moment(text)
    except ValueError as error:
        raise wrong(
            "must be an ISO 8601 date or time, such as 2024-12-21 or 2024-12-21T10:30:00Z "
            "(in an address, + is written %2B)."
        ) from error


def _since(text: str) -> datetime:
    given = _day_or_moment(text)
    return given if isinstance(given, datetime) else datetime.combine(given, time(), UTC)


def _until(text: str) -> datetime:
    """Return the first moment after `text`, which names a whole second or a whole day."""
    given = _day_or_moment(text)
    try:
        if isinstance(given, datetime):
            return given.replace(microsecond=0) + timedelta(seconds=1)
        return datetime.combine(given + timedelta(days=1), time(), UTC)
    except OverflowError as error:
        raise wrong("is too far in the future.") from error


_DAY_OR_MOMENT = WithJsonSchema(
    {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}
)
Since = Annotated[datetime, BeforeValidator(_since), _DAY_OR_MOMENT]
Until = Annotated[datetime, BeforeValidator(_until), _DAY_OR_MOMENT]


class History(Shape):
    """A page of the past."""

    page: PageNumber = 1
    """Which page, counted from 1. One beyond the last is empty."""
    limit: Annotated[int, Field(ge=1, le=100), BeforeValidator(whole)] = 20
    """How many to list on a page."""
    start_date: Since | None = None
    """Only what was made from this day or time on."""
    end_date: Until | None = None
    """Only what was made until this day or time; a day is included whole."""

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.start_date and self.end_date and self.start_date >= self.end_date:
            raise wrong("startDate must not be after endDate.")
        return self

    def slice(self) -> Slice:
        """Return which part of the history is wanted."""
        return Slice(self.page, self.limit, since=self.start_date, until=self.end_date)
