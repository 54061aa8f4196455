"""What the shapes of all resources have in common: strictness, and kinds of fields."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

_WHOLE = re.compile(r"-?[0-9]{1,30}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_MOMENT = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}[Tt ][0-9].*")
_LAST_PAGE = 1_000_000


def wrong(sentence: str) -> PydanticCustomError:
    """Refuse a field; the sentence goes on after the field's name."""
    return PydanticCustomError("wrong", "{sentence}", {"sentence": sentence})


def moment(given: Any) -> datetime:
    """Read an ISO 8601 date and time as UTC, which it is without an offset."""
    try:
        if not isinstance(given, str) or not _MOMENT.fullmatch(given):
            raise ValueError("not in the form of a date and time")
        moment = datetime.fromisoformat(given)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise wrong(
            "must be an ISO 8601 date and time in quotes, such as 2024-12-21T10:30:00Z."
        ) from error


def whole(text: str) -> int:
    """Read a whole number from a query string."""
    if not _WHOLE.fullmatch(text):
        raise wrong("must be a whole number.")
    return int(text)


def one_line(text: str) -> str:
    """Return the text without blanks around it, if it is one line."""
    if _CONTROL.search(text):
        raise wrong("must be one line of text, without control characters.")
    return text.strip()


# One fault is enough: a megabyte of them must stay cheap.
Strings = Annotated[list[str], Field(fail_fast=True)]
Line = Annotated[str, AfterValidator(one_line)]
PageNumber = Annotated[int, BeforeValidator(whole), Field(ge=1, le=_LAST_PAGE)]


class Shape(BaseModel):
    """Fields in camelCase, none that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)


class Body(Shape, strict=True):
    """A JSON body: exact types, no field that is not known; null is as good as absent."""
