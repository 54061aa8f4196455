"""Which entries of the audit log are looked at."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, ValidationError

from flashsms.services.audit import Action
from flashsms.services.audit_log import Filter
from flashsms.web.forms.asking import Form
from flashsms.web.forms.credits import DayField

_LONGEST = 254  # characters of an e-mail
_CHOICES = [
    SelectChoice(value="", label="All"),
    *(
        SelectChoice(value=action.name.lower(), label=action[0].upper() + action[1:])
        for action in sorted(Action, key=str.casefold)
    ),
]
_ACTIONS = {action.name.lower(): action for action in Action}


def _typed(text: str | None) -> str:
    return (text or "").replace("\0", "").strip()[:_LONGEST]


class AuditForm(Form):
    """The filter of the audit log; the address of the page says it."""

    class Meta:
        csrf = False  # it changes nothing

    action = SelectField(
        "What", [Optional()], coerce=str.strip, choices=_CHOICES, validate_choice=False
    )
    actor = StringField("Who", [Optional()], name="who", filters=[_typed])
    account = StringField("Account ID", [Optional()], filters=[_typed])
    since = DayField("From", [Optional()], name="from")
    until = DayField("To", [Optional()], name="to")

    def validate_action(self, field: SelectField) -> None:
        """Refuse actions that no log has."""
        if field.data not in _ACTIONS:
            raise ValidationError("Choose an action of the list.")

    def validate_until(self, field: DayField) -> None:
        """Refuse a period that ends before it begins."""
        if field.data and self.since.data and field.data < self.since.data:
            raise ValidationError("“To” is before “From”. Swap them.")

    def wanted(self, timezone: str) -> Filter:
        """Return the filter, its days being those of a timezone, the last one included."""
        zone = ZoneInfo(timezone)
        last = self.until.data + timedelta(days=1) if self.until.data else None
        return Filter(
            _ACTIONS[self.action.data] if self.action.data else None,
            self.actor.data,
            self.account.data or None,
            _midnight(self.since.data, zone),
            _midnight(last, zone),
        )

    def args(self, **place: Any) -> dict[str, Any]:
        """Return the arguments of the address of another page of the same entries."""
        return {
            "action": self.action.data or None,
            "who": self.actor.data or None,
            "account": self.account.data or None,
            "from": self.since.data,
            "to": self.until.data,
            **place,
        }


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time(), zone) if day else None
