"""Which rows of all ledgers are looked at."""

from datetime import date, timedelta
from typing import Any

from wtforms import StringField
from wtforms.validators import Optional, ValidationError

from flashsms.models import Account, now
from flashsms.services.operations import transactions
from flashsms.services.operations.transactions import Filter
from flashsms.web.forms.credits import LedgerForm

DAYS = 30  # that are added up where no days are asked for


class LedgersForm(LedgerForm):
    """The filter of the ledgers; the address of the page says it."""

    account = StringField("Account ID", [Optional()], filters=[lambda text: text and text.strip()])
    found_account: Account | None = None

    def validate_account(self, field: StringField) -> None:
        """Refuse accounts that there are not."""
        self.found_account = transactions.find_account(field.data)
        if self.found_account is None:
            raise ValidationError("No account has this ID. It begins with acc_.")

    def wanted(self, timezone: str) -> Filter:
        """Return the filter, its days being those of a timezone, the last one included."""
        mine = super().wanted(timezone)
        account = self.found_account.id if self.found_account else None
        return Filter(mine.type, mine.since, mine.until, account)

    def period(self) -> tuple[date, date]:
        """Return the days that are added up, which are counted in UTC."""
        today = now().date()
        last: date = min(self.until.data or today, today)
        first: date = self.since.data or last - timedelta(days=DAYS - 1)
        return first, last

    def args(self, **place: Any) -> dict[str, Any]:
        """Return the arguments of the address of another page of the same rows."""
        return {"account": self.account.data or None, **super().args(**place)}
