"""Which rows of the ledger are looked at."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import DateField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, ValidationError

from flashsms.models import TransactionType
from flashsms.services.ledger import Filter
from flashsms.web.forms.asking import Form

TYPES = {  # in the order of the list
    TransactionType.PURCHASE: "Purchase",
    TransactionType.USAGE: "Used",
    TransactionType.REFUND: "Refund",
    TransactionType.BONUS: "Bonus",
    TransactionType.ADJUSTMENT: "Adjustment",
}
_CHOICES = [
    SelectChoice(value="", label="All"),
    *(SelectChoice(value=type, label=word) for type, word in TYPES.items()),
]
_FIRST, _LAST = date(2000, 1, 1), date(2050, 12, 31)


class DayField(DateField):
    """A day, or none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read a day as browsers send it; keep what is none, to show it again."""
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError("Enter a day such as 2026-11-23, or none.") from error

    def pre_validate(self, form: Form) -> None:
        """Refuse days that no ledger has."""
        if self.data and not _FIRST <= self.data <= _LAST:
            raise ValidationError("Enter a day from 2000 to 2050, or none.")


class LedgerForm(Form):
    """The filter of the ledger; the address of the page says it."""

    class Meta:
        csrf = False  # it changes nothing

    type = SelectField(
        "Type", [Optional()], coerce=str.strip, choices=_CHOICES, validate_choice=False
    )
    since = DayField("From", [Optional()], name="from")
    until = DayField("To", [Optional()], name="to")

    def validate_type(self, field: SelectField) -> None:
        """Refuse types that no ledger has."""
        if field.data not in TYPES:
            raise ValidationError("Choose a type of the list.")

    def validate_until(self, field: DayField) -> None:
        """Refuse a period that ends before it begins."""
        if field.data and self.since.data and field.data < self.since.data:
            raise ValidationError("“To” is before “From”. Swap them.")

    def wanted(self, timezone: str) -> Filter:
        """Return the filter, its days being those of a timezone, the last one included."""
        zone = ZoneInfo(timezone)
        type = TransactionType(self.type.data) if self.type.data else None
        last = self.until.data + timedelta(days=1) if self.until.data else None
        return Filter(type, _midnight(self.since.data, zone), _midnight(last, zone))

    def args(self, **place: Any) -> dict[str, Any]:
        """Return the arguments of the address of another page of the same rows."""
        days = {"from": self.since.data, "to": self.until.data}
        return {"type": self.type.data or None, **days, **place}


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time(), zone) if day else None
