"""Numbers that an account must not send to."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from flashsms.models.base import Model, UtcDateTime, named, now
from flashsms.models.recipient import BigId


class OptSource(StrEnum):
    """Where an opt-out, or the way back, came from."""

    API = "API"
    DASHBOARD = "DASHBOARD"
    IMPORT = "IMPORT"
    LINK = "LINK"
    OPERATOR = "OPERATOR"
    REPLY = "REPLY"


class OptOut(Model):
    """One opt-out of a number, in force until `opted_in_at`; rows stay, as the history of it."""

    __tablename__ = "opt_outs"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    phone: Mapped[str] = mapped_column(String(15))
    source: Mapped[OptSource] = mapped_column(named(OptSource))
    opted_out_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    opted_in_source: Mapped[OptSource | None] = mapped_column(named(OptSource))
    opted_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


IN_FORCE = OptOut.opted_in_at.is_(None)
Index(
    "uq_opt_outs_in_force",
    OptOut.account_id,
    OptOut.phone,
    unique=True,
    sqlite_where=IN_FORCE,
    postgresql_where=IN_FORCE,
)
Index("ix_opt_outs_account_id_opted_out_at", OptOut.account_id, OptOut.opted_out_at)
Index(
    "ix_opt_outs_phone",
    OptOut.phone,
    sqlite_where=IN_FORCE,
    postgresql_where=IN_FORCE,
)
