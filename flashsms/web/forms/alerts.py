"""What an owner wants to be told of."""

from wtforms import BooleanField
from wtforms.validators import Optional

from flashsms.services.alerts.thresholds import Thresholds
from flashsms.services.errors import DomainError
from flashsms.web.forms.asking import Form
from flashsms.web.forms.blaming import blame
from flashsms.web.forms.numbers import Percent, WholeNumber


class AlertsForm(Form):
    """Below how many credits, and below which delivery rate; empty tells nothing."""

    low_balance = WholeNumber("Lowest balance", [Optional()])
    low_balance_sms = BooleanField("Text me, too")
    low_rate = Percent("Lowest delivery rate", [Optional()])

    def wanted(self) -> Thresholds:
        """Return what was asked for."""
        return Thresholds(
            low_balance=self.low_balance.data,
            low_balance_sms=self.low_balance_sms.data,
            low_rate=self.low_rate.data,
        )

    def complain(self, error: DomainError) -> None:
        """Show a refusal at the field that it is about."""
        names = {"low_balance": "low_balance", "low_rate": "low_rate"}
        blame(self, error, otherwise="low_balance", **names)
