"""Tenants and the people who sign in for them."""

import secrets
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Text,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from flashsms.models.base import Model, UtcDateTime, named, now, public_id


class Account(Model):
    """A tenant. `balance` is in credits and always equals the sum of its transactions.

    While it is suspended nothing of it leaves, and its keys are refused. `rate_limit` (requests a
    minute) replaces the installation's; `price` is in credits a part.

    Its owners are told when the balance falls below `low_balance` credits, with `low_balance_sms`
    by a text to its phone, too, and when a smaller share (in percent) than `low_rate` of what was
    sent arrives: None tells nothing. `balance_told_at` and `rate_told_at` are when that happened
    last; `balance_fell_at` is when the balance fell as long as the letters are still to be written.
    """

    __tablename__ = "accounts"
    __table_args__ = (CheckConstraint("balance >= 0", name="balance_not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), default=public_id("acc_"))
    name: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str] = mapped_column(String(40))
    balance: Mapped[int] = mapped_column(BigInteger, default=0)
    timezone: Mapped[str] = mapped_column(String(64), default="Africa/Accra")
    rate_limit: Mapped[int | None]
    price: Mapped[int] = mapped_column(SmallInteger, default=1, server_default="1")
    suspended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspended_for: Mapped[str | None] = mapped_column(String(200))  # the reason
    low_balance: Mapped[int | None] = mapped_column(BigInteger)
    low_balance_sms: Mapped[bool] = mapped_column(default=False, server_default=false())
    balance_fell_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    balance_told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    low_rate: Mapped[int | None] = mapped_column(SmallInteger)
    rate_told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    @property
    def runs_low(self) -> bool:
        """Whether fewer credits are left than its owners want to know of."""
        return self.low_balance is not None and self.balance < self.low_balance


class Role(StrEnum):
    """What a user may do in the account."""

    OWNER = "OWNER"
    MEMBER = "MEMBER"


def _first_session_version() -> int:
    """A random one: SQLite gives the id of somebody who was removed to the next who comes."""
    return secrets.randbelow(2**30)


class User(Model):
    """A person who signs in; `is_admin` makes an operator of the installation.

    A session is good for one `session_version`. A code of the authenticator app is asked for since
    `second_factor_since`; the secret before that waits for its first code. No code of
    `second_factor_step` (a count of half minutes since 1970) or before is taken any more.
    """

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), default=public_id("usr_"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str | None] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(200))
    session_version: Mapped[int] = mapped_column(default=_first_session_version)
    second_factor_secret: Mapped[str | None] = mapped_column(Text)  # encrypted
    second_factor_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    second_factor_step: Mapped[int | None]
    role: Mapped[Role] = mapped_column(named(Role), default=Role.OWNER)
    is_admin: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    account: Mapped[Account] = relationship()


# Indexes and no constraints: SQLite adds none to a table that is there.
Index("uq_accounts_public_id", Account.public_id, unique=True)
Index("ix_accounts_created_at", Account.created_at, Account.id)
Index(
    "ix_accounts_balance_fell_at",
    Account.balance_fell_at,
    sqlite_where=Account.balance_fell_at.is_not(None),
    postgresql_where=Account.balance_fell_at.is_not(None),
)
Index("uq_users_public_id", User.public_id, unique=True)
