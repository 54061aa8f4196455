"""What operators change about an account."""

from wtforms import HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from flashsms.models import TransactionType
from flashsms.services.accounts.changing import LONGEST_REASON
from flashsms.web.forms.asking import Form, required
from flashsms.web.forms.numbers import WholeNumber

_GRANTS = [
    SelectChoice(TransactionType.PURCHASE, "Purchase: they were paid for"),
    SelectChoice(TransactionType.BONUS, "Bonus: a gift"),
    SelectChoice(TransactionType.ADJUSTMENT, "Adjustment: add, or take away with a minus"),
]


def _reason() -> StringField:
    too_long = f"Use at most {LONGEST_REASON} characters."
    return StringField(
        "Reason", [required("the reason"), Length(max=LONGEST_REASON, message=too_long)]
    )


class GrantForm(Form):
    """Credits for an account. `attempt` names this form, so that it grants once."""

    attempt = HiddenField()
    type = SelectField("Type", choices=_GRANTS)
    amount = WholeNumber("Credits", [InputRequired("Enter how many credits.")])
    reason = _reason()


class SuspendForm(Form):
    """Why an account is suspended."""

    reason = _reason()


class TermsForm(Form):
    """How often an account's keys may ask, and what it pays."""

    rate_limit = WholeNumber("Rate limit", [Optional()])
    price = WholeNumber("Price", [InputRequired("Enter the price.")])
