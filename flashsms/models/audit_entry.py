"""Who did what to whom, and when."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from flashsms.models.base import Json, Model, UtcDateTime, now, public_id
from flashsms.models.recipient import BigId


class AuditEntry(Model):
    """One act, written in the transaction that does it; the database lets nobody change it.

    `actor` is an e-mail, or what acted, such as "command line". `account_id` is the account it was
    done to, if any. `subject` names the thing, `before` and `after` what changed about it.
    """

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=public_id("aud_"))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    actor: Mapped[str] = mapped_column(String(254))
    address: Mapped[str | None] = mapped_column(String(45))
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(200))
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    after: Mapped[dict[str, Any] | None] = mapped_column(Json)


Index("ix_audit_entries_account_id", AuditEntry.account_id, AuditEntry.id)
Index("ix_audit_entries_action", AuditEntry.action, AuditEntry.id)
