"""Messages: to send, to price, to list."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from flashsms.api.schemas.history import History
from flashsms.api.schemas.shapes import (
    ONE_LINE,
    Body,
    ContactId,
    GroupId,
    Line,
    PageNumber,
    Shape,
    Strings,
    TemplateId,
    Text,
    documented,
    moment,
    one_line,
    switch,
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


# How fields depend on each other, for the document; the validators below say it to the caller.
_ABSENT = {"type": "null"}
_GIVEN = {"type": "string"}
_ONE_TEXT = {
    "anyOf": [
        {"required": ["message"], "properties": {"message": _GIVEN, "templateId": _ABSENT}},
        {"required": ["templateId"], "properties": {"templateId": _GIVEN, "message": _ABSENT}},
    ]
}
_NOW_OR_LATER = {
    "anyOf": [
        {"properties": {"isScheduled": {"enum": [False, None]}, "scheduleDate": _ABSENT}},
        {
            "required": ["isScheduled", "scheduleDate"],
            "properties": {"isScheduled": {"const": True}, "scheduleDate": _GIVEN},
        },
    ]
}


class _Texted(Body):
    """A text: given, or that of a template, with values for its placeholders."""

    message: Text | None = None
    """The text, with placeholders such as `{{firstName|there}}` where it differs."""
    template_id: TemplateId | None = None
    """A template to take the text of, in place of `message`."""
    variables: Annotated[dict[str, str | None], Field(max_length=100)] | None = None
    """Values, by name, for placeholders of the text that are the same for everybody."""

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


CampaignName = Annotated[str, Field(max_length=120), AfterValidator(one_line), ONE_LINE]


class SendRequest(_Texted, json_schema_extra={"allOf": [_ONE_TEXT, _NOW_OR_LATER]}):
    """A message to send, and to whom."""

    recipients: Annotated[Strings, documented(maxItems=1000)] | None = None
    """Phone numbers in any usual notation. Those that cannot be read are listed in the answer."""
    group_id: GroupId | None = None
    """A group, everybody of whom is sent to."""
    group_ids: Annotated[list[GroupId], Field(fail_fast=True)] | None = None
    """Several groups."""
    contact_ids: (
        Annotated[list[ContactId], Field(fail_fast=True), documented(maxItems=1000)] | None
    ) = None
    """Single contacts. Together with `recipients` at most 1,000."""
    send_to_all_contacts: bool | None = None
    """True sends to the whole address book."""
    sender_id: Line | None = None
    """An approved sender ID, by its name or its id. Without it the first approved one is used."""
    campaign_name: CampaignName | None = None
    """A label to find the message by in your history and your ledger."""
    is_scheduled: bool | None = None
    """True sends later, at `scheduleDate`."""
    schedule_date: Annotated[datetime, BeforeValidator(_schedule)] | None = None
    """When to send: in the future, at most a year ahead. Without an offset it is UTC."""
    dry_run: bool | None = None
    """True sends, stores and charges nothing, and answers what would happen."""

    @model_validator(mode="after")
    def _check_schedule(self) -> Self:
        if self.schedule_date is not None and not self.is_scheduled:
            raise wrong(
                "scheduleDate needs isScheduled to be true. Leave scheduleDate out to send now."
            )
        if self.is_scheduled and self.schedule_date is None:
            raise wrong("scheduleDate is required when isScheduled is true.")
        return self


class EstimateRequest(_Texted, json_schema_extra=_ONE_TEXT):
    """A message to price."""

    recipient_count: Annotated[int, Field(ge=1, le=10_000)]
    """How many would get it."""


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
    """Only messages that stand so. PENDING includes what is scheduled."""
    test: Annotated[bool, BeforeValidator(switch)] | None = None
    """Only what test keys sent, or only all else."""

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
    """Which page, counted from 1. One beyond the last is empty."""
    limit: Annotated[int, Field(ge=1, le=1000), BeforeValidator(whole)] = 1000
    """How many to list on a page."""
