"""The shapes that the API takes, field by field."""

import re
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from flashsms.models import MessageStatus, TransactionType, now
from flashsms.services.history import Slice

_WHOLE = re.compile(r"[0-9]{1,9}")
_DAY = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}")
_MOMENT = re.compile(_DAY.pattern + r"[Tt ][0-9].*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LAST_PAGE = 1_000_000
_FURTHEST = timedelta(days=366)  # how far ahead a message may be scheduled


def _wrong(sentence: str) -> PydanticCustomError:
    """Refuse a field; the sentence goes on after the field's name."""
    return PydanticCustomError("wrong", "{sentence}", {"sentence": sentence})


def _one_line(text: str) -> str:
    if _CONTROL.search(text):
        raise _wrong("must be one line of text, without control characters.")
    return text.strip()


def _moment(given: Any) -> datetime:
    """Read an ISO 8601 date and time as UTC, which it is without an offset."""
    try:
        if not isinstance(given, str) or not _MOMENT.fullmatch(given):
            raise ValueError("not in the form of a date and time")
        moment = datetime.fromisoformat(given)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _wrong(
            "must be an ISO 8601 date and time in quotes, such as 2024-12-21T10:30:00Z."
        ) from error


def _schedule(given: Any) -> datetime:
    moment = _moment(given)
    if moment > now() + _FURTHEST:
        raise _wrong("is more than a year ahead. Give an earlier time.")
    return moment


def _day_or_moment(text: str) -> date | datetime:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else _moment(text)
    except ValueError as error:
        raise _wrong(
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
        raise _wrong("is too far in the future.") from error


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise _wrong("must be a whole number.")
    return int(text)


# One fault is enough: a megabyte of them must stay cheap.
_Strings = Annotated[list[str], Field(fail_fast=True)]
_Line = Annotated[str, AfterValidator(_one_line)]
_Page = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=_LAST_PAGE)]
_Limit = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=100)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)


class _Body(_Shape, strict=True):
    """A JSON body: exact types, no field that is not known; null is as good as absent."""


class SendRequest(_Body):
    """A message to send, and to whom."""

    recipients: _Strings | None = None
    group_id: str | None = None
    group_ids: _Strings | None = None
    contact_ids: _Strings | None = None
    send_to_all_contacts: bool | None = None
    message: str
    sender_id: _Line | None = None
    campaign_name: Annotated[str, Field(max_length=120), AfterValidator(_one_line)] | None = None
    is_scheduled: bool | None = None
    schedule_date: Annotated[datetime, BeforeValidator(_schedule)] | None = None

    @model_validator(mode="after")
    def _check_schedule(self) -> Self:
        if self.schedule_date is not None and not self.is_scheduled:
            raise _wrong(
                "scheduleDate needs isScheduled to be true. Leave scheduleDate out to send now."
            )
        if self.is_scheduled and self.schedule_date is None:
            raise _wrong("scheduleDate is required when isScheduled is true.")
        return self


class EstimateRequest(_Body):
    """A message to price."""

    message: str
    recipient_count: Annotated[int, Field(ge=1, le=10_000)]


class StatusFilter(StrEnum):
    """The states that the API shows."""

    PENDING = "PENDING"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class _History(_Shape):
    page: _Page = 1
    limit: _Limit = 20
    start_date: Annotated[datetime, BeforeValidator(_since)] | None = None
    end_date: Annotated[datetime, BeforeValidator(_until)] | None = None

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.start_date and self.end_date and self.start_date >= self.end_date:
            raise _wrong("startDate must not be after endDate.")
        return self

    def slice(self) -> Slice:
        """Return which part of the history is wanted."""
        return Slice(self.page, self.limit, since=self.start_date, until=self.end_date)


class MessagesQuery(_History):
    """Which messages to list."""

    status: StatusFilter | None = None

    @property
    def statuses(self) -> tuple[MessageStatus, ...]:
        """The states that are shown as the wanted one; none means all."""
        if self.status is None:
            return ()
        if self.status is StatusFilter.PENDING:
            return (MessageStatus.SCHEDULED, MessageStatus.PENDING)
        return (MessageStatus(self.status),)


class TransactionsQuery(_History):
    """Which ledger rows to list."""

    type: TransactionType | None = None


class RecipientsQuery(_Shape):
    """Which recipients of a message to list."""

    page: _Page = 1
    limit: Annotated[int, BeforeValidator(_whole), Field(ge=1, le=1000)] = 1000
