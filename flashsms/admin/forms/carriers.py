"""Carriers: what they are, pausing them, trying them."""

from collections.abc import Sequence

from wtforms import (
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from flashsms.models import Sender
from flashsms.services.carriers import without_typed
from flashsms.services.errors import DomainError
from flashsms.text.phones import OPERATORS
from flashsms.web.forms.asking import Form, required
from flashsms.web.forms.blaming import blame

_LOST = "Type the password again: a form that was refused does not keep it."


class CarrierForm(Form):
    """A way out. Once it is refused, no password that was typed goes back to the browser."""

    name = StringField("Name", [required("a name for the carrier")])
    url = StringField("URL", [required("the URL of the carrier")])
    priority = IntegerField("Priority", [InputRequired("Enter a whole number.")], default=10)
    weight = IntegerField("Weight", [InputRequired("Enter a whole number.")], default=1)
    operators = SelectMultipleField(
        "Operators", choices=[SelectChoice(one, one) for one in OPERATORS]
    )
    accounts = TextAreaField("Accounts")

    def complain(self, error: DomainError) -> None:
        """Show a refusal at the field that it is about."""
        named = ("name", "url", "priority", "weight", "operators", "accounts")
        blame(self, error, otherwise="url", **{one: one for one in named})

    def named_accounts(self) -> list[str]:
        """Return the accounts that were typed, with lines, commas or blanks between them."""
        return (self.accounts.data or "").replace(",", " ").replace(";", " ").split()

    def forget_password(self) -> None:
        """Take out the password that was typed, and say so at its field."""
        typed, shown = self.url.data or "", without_typed(self.url.data or "")
        self.url.data = shown
        if shown != typed.strip() and typed:
            said = [f"{self.url.errors[0]} {_LOST}"] if self.url.errors else [_LOST]
            self.url.errors = said


class PauseForm(Form):
    """Why a carrier is paused."""

    reason = StringField("Reason", [required("why nothing shall be sent by it")])


class TrialForm(Form):
    """One message by a carrier. `attempt` names this form, so that it is sent once."""

    attempt = HiddenField()
    phone = TelField("Phone", [required("a phone number of yours")])
    sender = SelectField("From", choices=[], validate_choice=False)

    def offer(self, senders: Sequence[Sender]) -> None:
        """List the sender IDs that the operator's own account may use."""
        self.sender.choices = [SelectChoice(one.public_id, one.name) for one in senders]
