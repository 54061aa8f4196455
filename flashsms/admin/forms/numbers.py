"""Numbers that people can write to."""

from collections.abc import Iterable

from wtforms import SelectField, StringField, TelField
from wtforms.fields.choices import SelectChoice

from flashsms.services.carriers import WayOut
from flashsms.services.errors import DomainError
from flashsms.web.forms.asking import Form, required
from flashsms.web.forms.blaming import blame


class NumberForm(Form):
    """A number or short code, whose it is, and which carrier answers leave by."""

    number = TelField("Number", [required("a number or a short code")])
    account = StringField("Account")
    carrier = SelectField("Answers leave by", choices=[], validate_choice=False)

    def offer(self, ways: Iterable[WayOut]) -> None:
        """List the carriers there are."""
        known = (SelectChoice(value=one.public_id, label=one.name) for one in ways)
        any_of_them = SelectChoice(value="", label="Whichever brought the text")
        self.carrier.choices = [any_of_them, *known]

    def complain(self, error: DomainError) -> None:
        """Show a refusal at the field that it is about."""
        otherwise = "carrier" if error.code == "carrier_unknown" else "number"
        blame(self, error, otherwise, number="number", account="account")
