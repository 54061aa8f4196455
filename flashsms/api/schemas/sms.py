"""Messages: to send, to price, to list."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from flashsms.api.schemas.history import History
from flashsms.api.schemas.shapes import (
    Body,
    Line,
    PageNumber,
    Shape,
    Strings,
    moment,
    one_line,
    whole,
    wrong,
)
from flashsms.models import MessageStatus, now
from flashsms.services.sending.order import FURTHEST


def _schedule(given: Any) -> datetime:
    wanted = moment(given)
    if wanted > now() + FURTHEST:
        raise wrong("is more than a year ahead. Give an earlier time.")
    return wanted


class _Texted(Body):
    """A text: given, or that of a template, with values for its placeholders."""

    message: str | None = None
    template_id: str | None = None
    variables: Annotated[dict[str, str | None], Field(max_length=100)] | None = None

    @model_validator(mode="after")
    def _check_text(self) -> Self:
        if self.message is None and self.template_id is None:
            raise wrong("message is required, unless a templateId is given.")
        if self.message is not None and self.template_id is not None:
            raise wrong("message and templateId exclude each other. Give one of them.")
        return self

    def values(self) -> dict[str, str]:
        """Return the variables that have a value."""
        given = self.variables or {}
        return {name: value for name, value in given.items() if value is not None}


class SendRequest(_Texted):
    """A message to send, and to whom."""

    recipients: Strings | None = None
    group_id: str | None = None
    group_ids: Strings | None = None
    contact_ids: Strings | None = None
    send_to_all_contacts: bool | None = None
    sender_id: Line | None = None
    campaign_name: Annotated[str, Field(max_length=120), AfterValidator(one_line)] | None = None
    is_scheduled: bool | None = None
    schedule_date: Annotated[datetime, BeforeValidator(_schedule)] | None = None
    dry_run: bool | None = None

    @model_validator(mode="after")
    def _check_schedule(self) -> Self:
        if self.schedule_date is not None and not self.is_scheduled:
            raise wrong(
                "scheduleDate needs isScheduled to be true. Leave scheduleDate out to send now."
            )
        if self.is_scheduled and self.schedule_date is None:
            raise wrong("scheduleDate is required when isScheduled is true.")
        return self


class EstimateRequest(_Texted):
    """A message to price."""

    recipient_count: Annotated[int, Field(ge=1, le=10_000)]


class StatusFilter(StrEnum):
    """The states that the API shows."""

    PENDING = "PENDING"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class MessagesQuery(History):
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


class RecipientsQuery(Shape):
    """Which recipients of a message to list."""

    page: PageNumber = 1
    limit: Annotated[int, BeforeValidator(whole), Field(ge=1, le=1000)] = 1000
