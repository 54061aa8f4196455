"""Messages: sending them, and what became of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flashsms_client.calls import Caller, segment
from flashsms_client.pages import Pagination, walk
from flashsms_client.reading import given, read

_RECIPIENTS = 1000  # of a page
_MESSAGES = 100


@dataclass(frozen=True, slots=True)
class SkippedRecipient:
    """Somebody who was left out, because their own text cannot be made."""

    phone: str
    reason: str


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that was taken, now or for later: what it costs, and who was left out."""

    message_id: str
    recipients_sent: int
    invalid_recipients: tuple[str, ...]
    credits_used: int
    remaining_credits: int
    scheduled: bool
    schedule_date: datetime | None
    opted_out_recipients: int = 0
    deleted_recipients: int = 0
    skipped_recipients: tuple[SkippedRecipient, ...] = ()
    skipped_count: int = 0
    test: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """The readers whose texts take so many parts."""

    parts: int
    recipients: int
    credits: int


@dataclass(frozen=True, slots=True)
class Culprit:
    """A character that makes the text dear, and what could stand there instead."""

    character: str
    name: str
    count: int
    position: int
    replacement: str | None


@dataclass(frozen=True, slots=True)
class ValueCulprit:
    """A character that makes texts dear by what is known of their readers."""

    character: str
    recipients: int
    replacement: str | None


@dataclass(frozen=True, slots=True)
class Sample:
    """What one reader would get."""

    phone: str
    message: str


@dataclass(frozen=True, slots=True)
class TextPreview:
    """The text of a dry run: its alphabet, what makes it dear, and the first texts."""

    length: int
    encoding: str
    credits_saved: int
    encodings: Mapping[str, int]
    suggestion: str | None
    culprits: tuple[Culprit, ...]
    in_values: tuple[ValueCulprit, ...]
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class DryRun:
    """What sending would do; `operators` counts the recipients by number range."""

    dry_run: bool
    sender_id: str
    recipients_sent: int
    invalid_recipients: tuple[str, ...]
    opted_out_recipients: int
    deleted_recipients: int
    skipped_recipients: tuple[SkippedRecipient, ...]
    skipped_count: int
    duplicate_recipients: int
    credits_required: int
    current_balance: int
    can_afford: bool
    parts: tuple[Share, ...]
    operators: Mapping[str, int]
    message: TextPreview
    test: bool = False


@dataclass(frozen=True, slots=True)
class TextSize:
    """How long a text is; `variables` are the placeholders that had no value."""

    length: int
    parts: int
    encoding: str
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Estimate:
    """The price of a message."""

    message: TextSize
    recipient_count: int
    credits_required: int
    current_balance: int
    can_afford: bool


@dataclass(frozen=True, slots=True)
class Message:
    """A message and where it stands: PENDING, SENT, DELIVERED, FAILED or CANCELLED."""

    id: str
    message: str
    recipient_count: int
    status: str
    credits_used: int
    sender_id: str
    scheduled_at: datetime | None
    sent_at: datetime | None
    created_at: datetime
    test: bool = False


@dataclass(frozen=True, slots=True)
class Recipient:
    """One number of a message; `message` is its own text, if each reader has one."""

    phone: str
    status: str
    sent_at: datetime | None
    reason: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveryStats:
    """How many were reached; `delivery_rate` is in percent."""

    delivered: int
    failed: int
    pending: int
    delivery_rate: float


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """How a message went, with one page of its recipients."""

    message_id: str
    status: str
    recipient_count: int
    recipients: tuple[Recipient, ...]
    stats: DeliveryStats
    pagination: Pagination
    test: bool = False


class Sms:
    """Sends messages and tells what became of them."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def send(
        self,
        message: str | None = None,
        *,
        recipients: Sequence[str] = (),
        group_ids: Sequence[str] = (),
        contact_ids: Sequence[str] = (),
        send_to_all_contacts: bool = False,
        template_id: str | None = None,
        variables: Mapping[str, str] | None = None,
        sender_id: str | None = None,
        campaign_name: str | None = None,
        schedule_date: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> SentMessage:
        """Send a text, or that of a template, to everybody named; at `schedule_date` if given.

        It is sent once, however often the connection fails. Give an `idempotency_key` of your own,
        such as an invoice number, if your program may come to this line again for the same message.
        """
        order = _order(
            _audience(recipients, group_ids, contact_ids, send_to_all_contacts),
            message=message,
            template_id=template_id,
            variables=variables,
            sender_id=sender_id,
            campaign_name=campaign_name,
            schedule_date=schedule_date,
        )
        return read(SentMessage, self._caller.create("sms/send", order, idempotency_key))

    def dry_run(
        self,
        message: str | None = None,
        *,
        recipients: Sequence[str] = (),
        group_ids: Sequence[str] = (),
        contact_ids: Sequence[str] = (),
        send_to_all_contacts: bool = False,
        template_id: str | None = None,
        variables: Mapping[str, str] | None = None,
        sender_id: str | None = None,
        campaign_name: str | None = None,
        schedule_date: datetime | None = None,
    ) -> DryRun:
        """Tell what `send` would do with the same arguments: nothing is sent or charged."""
        order = _order(
            _audience(recipients, group_ids, contact_ids, send_to_all_contacts),
            message=message,
            template_id=template_id,
            variables=variables,
            sender_id=sender_id,
            campaign_name=campaign_name,
            schedule_date=schedule_date,
        )
        return read(DryRun, self._caller.ask("sms/send", {**order, "dryRun": True}))

    def estimate(
        self,
        message: str | None = None,
        recipient_count: int = 1,
        *,
        template_id: str | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Estimate:
        """Price a text for so many recipients; nothing is sent."""
        body = given(
            message=message,
            recipient_count=recipient_count,
            template_id=template_id,
            variables=variables,
        )
        return read(Estimate, self._caller.ask("sms/estimate", body))

    def status(self, message_id: str) -> Message:
        """Tell where a message stands."""
        return read(Message, self._caller.get(f"sms/status/{segment(message_id)}"))

    def report(self, message_id: str, *, page: int = 1, limit: int = _RECIPIENTS) -> DeliveryReport:
        """Report how a message went: its figures, and one page of its recipients."""
        params = given(page=page, limit=limit)
        found = self._caller.get(f"sms/{segment(message_id)}/recipients", params)
        return read(DeliveryReport, found)

    def recipients(self, message_id: str) -> Iterator[Recipient]:
        """Go through all recipients of a message."""
        path = f"sms/{segment(message_id)}/recipients"
        return walk(self._caller, path, "recipients", Recipient, by="phone", limit=_RECIPIENTS)

    def history(
        self,
        *,
        status: str | None = None,
        start_date: date | None = None,
        end_date: date | None = None,
        test: bool | None = None,
    ) -> Iterator[Message]:
        """Go through the messages, newest first; texts are cut at 160 characters.

        The dates may be days or times; `test` chooses those of test keys, or leaves them out.
        """
        wanted: dict[str, Any] = {"status": status, "start_date": start_date, "end_date": end_date}
        return walk(self._caller, "sms", "messages", Message, limit=_MESSAGES, test=test, **wanted)


def _audience(
    recipients: Sequence[str], groups: Sequence[str], contacts: Sequence[str], everybody: bool
) -> dict[str, object]:
    named = {"recipients": recipients, "group_ids": groups, "contact_ids": contacts}
    lists = {name: [one] if isinstance(one, str) else one for name, one in named.items() if one}
    return given(**lists, send_to_all_contacts=everybody or None)


def _order(audience: Mapping[str, object], **what: object) -> dict[str, object]:
    scheduled = True if what["schedule_date"] else None
    return {**audience, **given(is_scheduled=scheduled, **what)}
