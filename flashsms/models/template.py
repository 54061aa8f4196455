"""Texts kept for use again."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from flashsms.models.base import Model, UtcDateTime, now, public_id


class Template(Model):
    """A text with `{{placeholders}}`, of an account or, without one, of the system.

    Every dashboard offers those of the system once they are published.
    """

    __tablename__ = "templates"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=public_id("tpl_"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    name: Mapped[str] = mapped_column(String(100))
    folded: Mapped[str] = mapped_column(String(300))  # the name without case: one per account
    content: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # of the system's
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


_SYSTEM = Template.account_id.is_(None)
Index("uq_templates_account_id_folded", Template.account_id, Template.folded, unique=True)
Index(
    "uq_templates_system_folded",
    Template.folded,
    unique=True,
    sqlite_where=_SYSTEM,
    postgresql_where=_SYSTEM,
)
