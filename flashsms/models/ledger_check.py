"""Whether balances equal the sums of their ledgers, as it was looked up last."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from flashsms.models.base import Json, Model, UtcDateTime, now, public_id


class LedgerCheck(Model):
    """One look at every balance; `night` is the day it was due on, None when somebody asked for it.

    `found` lists what does not add up, the first of `wrong` accounts, as dictionaries.
    """

    __tablename__ = "ledger_checks"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=public_id("chk_"))
    night: Mapped[date | None] = mapped_column(unique=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accounts: Mapped[int] = mapped_column(default=0)
    wrong: Mapped[int] = mapped_column(default=0)
    found: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
