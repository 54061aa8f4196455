"""Which part of the history of all accounts is looked at."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional, ValidationError

from flashsms.models import Account, Message, MessageStatus, RecipientStatus
from flashsms.services import accounts
from flashsms.services.carriers import WayOut
from flashsms.services.errors import NotFound
from flashsms.services.operations import history, places, recipients, stories
from flashsms.web.forms.asking import Form
from flashsms.web.forms.credits import DayField

LONGEST = 254

MESSAGE_STATUSES = {  # in the words of the badges
    MessageStatus.SCHEDULED: "Scheduled",
    MessageStatus.PENDING: "Sending",
    MessageStatus.SENT: "Sent",
    MessageStatus.DELIVERED: "Delivered",
    MessageStatus.FAILED: "Failed",
    MessageStatus.CANCELLED: "Cancelled",
}
RECIPIENT_STATUSES = {
    RecipientStatus.QUEUED: "Waiting",
    RecipientStatus.SUBMITTING: "Sending",
    RecipientStatus.SENT: "Sent",
    RecipientStatus.DELIVERED: "Delivered",
    RecipientStatus.FAILED: "Failed",
    RecipientStatus.CANCELLED: "Cancelled",
    RecipientStatus.UNKNOWN: "Outcome unknown",
}


def _tidy(text: str | None) -> str:
    return (text or "").replace("\0", "").strip()


def _line(label: str, **given: Any) -> StringField:
    rules = [Optional(), Length(max=LONGEST, message="That is too long.")]
    return StringField(label, rules, filters=[_tidy], **given)


def _one_of(label: str, words: Mapping[Any, str]) -> SelectField:
    offered = [SelectChoice(value=one.value, label=word) for one, word in words.items()]
    return SelectField(
        label,
        [Optional()],
        coerce=_tidy,
        choices=[SelectChoice(value="", label="All"), *offered],
        validate_choice=False,
    )


KINDS = {"live": "Without tests", "test": "Only tests"}  # what test keys sent


class _Filter(Form):
    """A filter; the address of the page says it."""

    class Meta:
        csrf = False  # it changes nothing; exports are guarded by the area

    def args(self, **place: Any) -> dict[str, Any]:
        """Return the arguments of the address of another page of the same list."""
        return {**self.said(), **place}

    def said(self) -> dict[str, str]:
        """Return what the filter asks for, by the names of its fields."""
        return {field.name: str(field.data) for field in self if field.data}

    def fault(self) -> str:
        """Return the first thing that is wrong with it."""
        return next(str(fault) for faults in self.errors.values() for fault in faults)

    def validate_status(self, field: SelectField) -> None:
        """Refuse what is no status."""
        if field.data not in {choice.value for choice in field.choices}:
            raise ValidationError("Choose a status of the list.")


class _Scope(Form):
    """The part of a filter that is about messages, whatever becomes of their recipients."""

    account = _line("Account", description="Its ID or a user's e-mail")
    sender = _line("Sender ID")
    kind = SelectField(
        "Tests",
        [Optional()],
        coerce=_tidy,
        choices=[SelectChoice("", "With tests"), *(SelectChoice(*one) for one in KINDS.items())],
        validate_choice=False,
    )
    since = DayField("From", [Optional()], name="from")
    until = DayField("To", [Optional()], name="to")
    found_account: Account | None = None

    def validate_kind(self, field: SelectField) -> None:
        """Refuse what is no kind."""
        if field.data not in KINDS:
            raise ValidationError("Choose one of the list.")

    def validate_account(self, field: StringField) -> None:
        """Refuse accounts that there are not."""
        find = accounts.find_by_email if "@" in field.data else accounts.find
        try:
            self.found_account = find(field.data)
        except NotFound as error:
            raise ValidationError("No account has this ID or e-mail.") from error

    def validate_until(self, field: DayField) -> None:
        """Refuse a period that ends before it begins."""
        if field.data and self.since.data and field.data < self.since.data:
            raise ValidationError("“To” is before “From”. Swap them.")

    def scope(self, timezone: str) -> dict[str, Any]:
        """Return the messages that are meant, by days of a timezone, the last one included."""
        zone = ZoneInfo(timezone)
        last = self.until.data + timedelta(days=1) if self.until.data else None
        return {
            "account_id": self.found_account.id if self.found_account else None,
            "sender": self.sender.data,
            "since": _midnight(self.since.data, zone),
            "until": _midnight(last, zone),
            "is_test": self.kind.data == "test" if self.kind.data else None,
        }


class MessagesForm(_Filter, _Scope):
    """Which messages are looked at."""

    status = _one_of("Status", MESSAGE_STATUSES)
    message = _line("Message ID")
    found_message: Message | None = None

    def validate_message(self, field: StringField) -> None:
        """Refuse messages that there are not."""
        try:
            self.found_message = places.message(field.data)
        except NotFound as error:
            raise ValidationError("No message has this ID.") from error

    def wanted(self, timezone: str) -> history.Wanted:
        """Return the filter, once it is valid."""
        status = MessageStatus(self.status.data) if self.status.data else None
        return history.Wanted(**self.scope(timezone), status=status, message=self.found_message)


class PeopleForm(_Filter):
    """Which recipients of a message are looked at."""

    phone = _line("Phone number")
    status = _one_of("Status", RECIPIENT_STATUSES)
    carrier = _one_of("Carrier", {})
    reason = _line("Reason it failed")
    found_phone = ""

    def __init__(self, given: Any, ways: Sequence[WayOut]) -> None:
        super().__init__(given)
        self._ways = {way.public_id: way.id for way in ways}
        offered = [SelectChoice(value=way.public_id, label=way.name) for way in ways]
        self.carrier.choices = [*self.carrier.choices, *offered]

    def validate_phone(self, field: StringField) -> None:
        """Refuse what is no number."""
        self.found_phone = stories.digits(field.data) or ""
        if not self.found_phone:
            raise ValidationError("Enter a number such as 0241234567.")

    def validate_carrier(self, field: SelectField) -> None:
        """Refuse what is no carrier."""
        if field.data not in self._ways:
            raise ValidationError("Choose a carrier of the list.")

    def validate_reason(self, field: StringField) -> None:
        """Refuse the reason of a failure beside another status."""
        if self.status.data and self.status.data != RecipientStatus.FAILED:
            raise ValidationError("Only failed recipients have one. Choose the status “Failed”.")

    def people(self) -> dict[str, Any]:
        """Return the recipients that are meant."""
        return {
            "phone": self.found_phone,
            "status": RecipientStatus(self.status.data) if self.status.data else None,
            "carrier_id": self._ways[self.carrier.data] if self.carrier.data else None,
            "reason": self.reason.data,
        }

    def of(self, message: Message) -> recipients.Wanted:
        """Return the filter of a message's recipients, once it is valid."""
        return recipients.Wanted(message=message, **self.people())


class RecipientsForm(PeopleForm, _Scope):
    """Which recipients of all accounts are looked at."""

    def wanted(self, timezone: str) -> recipients.Wanted:
        """Return the filter, once it is valid."""
        return recipients.Wanted(**self.scope(timezone), **self.people())


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time(), zone) if day else None
