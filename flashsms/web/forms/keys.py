"""API keys."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from wtforms import (
    DateField,
    Field,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired

from flashsms.models import Scope
from flashsms.web.forms.asking import Form, required

SCOPES = {
    Scope.SMS_SEND: "Send messages, and ask what they would cost",
    Scope.SMS_READ: "See messages and what became of them",
    Scope.BALANCE_READ: "See how many credits are left",
    Scope.CONTACTS_READ: "See contacts and groups",
    Scope.CONTACTS_WRITE: "Add, change and delete contacts and groups",
    Scope.SENDERS_READ: "See the sender IDs",
    Scope.TEMPLATES_READ: "See templates",
    Scope.TEMPLATES_WRITE: "Add, change and delete templates",
    Scope.TRANSACTIONS_READ: "See what credits were bought and used",
    Scope.WEBHOOKS_READ: "See webhooks and what they were told",
    Scope.WEBHOOKS_WRITE: "Add, change and delete webhooks, and replace their secrets",
}
_TEST = "test"
_KINDS = {
    "live": ("Live key", "What it sends reaches people and costs credits."),
    _TEST: ("Test key", "Nothing is sent, nothing is charged: for trying a program out."),
}
_ON_A_DATE = "date"
_LIVES = [
    SelectChoice("", "Never"),
    SelectChoice("30", "After 30 days"),
    SelectChoice("90", "After 90 days"),
    SelectChoice("365", "After a year"),
    SelectChoice(_ON_A_DATE, "After a date"),
]
_LAST_YEAR = 9000  # near the end of the calendar no timezone can be reckoned with


class KeyForm(Form):
    """An API key. `attempt` names this form, so that it makes one key however often it is sent."""

    attempt = HiddenField()
    name = StringField("Name", [required("a name, such as that of the program")])
    kind = RadioField(
        "What it is for",
        choices=[SelectChoice(value, words) for value, (words, _) in _KINDS.items()],
        default="live",
    )
    scopes = SelectMultipleField(
        "What it may do",
        [DataRequired("Choose at least one thing that the key may do.")],
        choices=[SelectChoice(scope.value, words) for scope, words in SCOPES.items()],
        default=[scope.value for scope in SCOPES],
    )
    expires = SelectField("Stops working", choices=_LIVES, default="")
    last_day = DateField("Last day")

    @property
    def is_test(self) -> bool:
        """Whether what the key sends shall reach nobody and cost nothing."""
        return bool(self.kind.data == _TEST)

    def explain(self, kind: str) -> str:
        """Return what a kind of key means."""
        return _KINDS[kind][1]

    def validate_last_day(self, field: Field) -> None:
        """Ask for the date when a date was chosen, and only then."""
        field.errors = []
        if self.expires.data != _ON_A_DATE:
            return
        if field.data is None or not 2000 <= field.data.year < _LAST_YEAR:
            raise ValidationError("Choose the last day on which the key works.")

    def expires_at(self, timezone: str) -> datetime | None:
        """Return when the key ends, by the account's clock for a date; None for never."""
        if self.expires.data == _ON_A_DATE:
            return datetime.combine(self.last_day.data, time(23, 59, 59), ZoneInfo(timezone))
        days = self.expires.data
        return datetime.now(UTC) + timedelta(days=int(days)) if days else None
