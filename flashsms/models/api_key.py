"""The keys that programs sign in with."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from flashsms.models.account import Account
from flashsms.models.base import Model, UtcDateTime, now, public_id


class Scope(StrEnum):
    """What a key may do."""

    SMS_SEND = "sms:send"
    SMS_READ = "sms:read"
    BALANCE_READ = "balance:read"
    CONTACTS_READ = "contacts:read"
    CONTACTS_WRITE = "contacts:write"
    SENDERS_READ = "senders:read"
    TEMPLATES_READ = "templates:read"
    TEMPLATES_WRITE = "templates:write"
    TRANSACTIONS_READ = "transactions:read"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"


class ApiKey(Model):
    """A key of an account. Only `hash` (SHA-256, hexadecimal) of the secret is kept.

    What one that `is_test` sends costs nothing and reaches nobody.
    """

    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=public_id("key_"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(
        String(20)
    )  # its first and last characters, to tell keys apart
    scope_names: Mapped[str] = mapped_column(String(300))  # space-separated
    is_test: Mapped[bool] = mapped_column(default=False, server_default=false())
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    account: Mapped[Account] = relationship(lazy="joined")

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes as a set of their names."""
        return frozenset(self.scope_names.split())
