"""What the shapes of all resources have in common: strictness, and kinds of fields.

Where a service checks what a field may hold, so that every door refuses it alike, the kind only
says so for the document (`documented`).
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

_WHOLE = re.compile(r"-?[0-9]{1,30}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_MOMENT = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}[Tt ][0-9].*")
_LAST_PAGE = 1_000_000
CONTROLS = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"


def documented(**keywords: Any) -> FieldInfo:
    """Return JSON Schema keywords for the document alone; nothing is checked by them."""
    found: FieldInfo = Field(json_schema_extra=keywords)
    return found


def either(*names: str) -> dict[str, Any]:
    """Document that at least one of these fields has a value, which null is not."""
    value = {"not": {"type": "null"}}
    return {"anyOf": [{"required": [name], "properties": {name: value}} for name in names]}


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


def switch(text: str) -> bool:
    """Read `true` or `false` from a query string."""
    if text not in ("true", "false"):
        raise wrong("must be true or false.")
    return text == "true"


def one_line(text: str) -> str:
    """Return the text without blanks around it, if it is one line."""
    if _CONTROL.search(text):
        raise wrong("must be one line of text, without control characters.")
    return text.strip()


def trimmed(longest: int, least: int = 0) -> str:
    """Return the pattern of one line of at most so many characters, blanks around it aside."""
    line = rf"[^\s{CONTROLS}]([^{CONTROLS}]{{0,{longest - 2}}}[^\s{CONTROLS}])?"
    return rf"^\s*{line}\s*$" if least else rf"^\s*({line})?\s*$"


def public_id(prefix: str, length: int = 20) -> FieldInfo:
    """Document an id of ours, which has so many characters after its prefix."""
    return documented(pattern=f"^{prefix}[0-9a-z]{{{length}}}$")


# One fault is enough: a megabyte of them must stay cheap.
Strings = Annotated[list[str], Field(fail_fast=True)]
ONE_LINE = documented(pattern=f"^[^{CONTROLS}]*$")
Line = Annotated[str, AfterValidator(one_line), ONE_LINE]
PageNumber = Annotated[int, Field(ge=1, le=_LAST_PAGE), BeforeValidator(whole)]

Name = Annotated[str, documented(pattern=trimmed(100))]
RequiredName = Annotated[str, documented(pattern=trimmed(100, least=1))]
Text = Annotated[
    str, documented(maxLength=918, pattern=r"^[^\u0000]*[^\s\u0000][^\u0000]*$")
]  # of a message: not blank
MessageId = Annotated[str, public_id("c", 24)]
ContactId = Annotated[str, public_id("cnt_")]
GroupId = Annotated[str, public_id("grp_")]
SenderIdentity = Annotated[str, public_id("sid_")]
TemplateId = Annotated[str, public_id("tpl_")]
TransactionId = Annotated[str, public_id("txn_")]
WebhookId = Annotated[str, public_id("whk_")]
DeliveryId = Annotated[str, public_id("dlv_")]
Typed = Annotated[str, documented(format="phone", minLength=1)]  # a number in any usual notation
Phone = Annotated[str, documented(pattern="^[0-9]{7,15}$")]
Count = Annotated[int, Field(ge=0)]


class Shape(BaseModel):
    """Fields in camelCase, none that is not known; a text below a field is its description."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=to_camel, use_attribute_docstrings=True
    )


class Body(Shape, strict=True):
    """A JSON body: exact types, no field that is not known; null is as good as absent."""


class Answer(Shape):
    """What a success answers as `data`: for the document and the tests, views build it as it is."""
