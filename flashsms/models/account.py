"""Tenants and the people who sign in for them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from flashsms.models.base import Model, UtcDateTime, named, now


class Account(Model):
    """A tenant. `balance` is in credits and always equals the sum of its transactions."""

    __tablename__ = "accounts"
    __table_args__ = (CheckConstraint("balance >= 0", name="balance_not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str] = mapped_column(String(40))
    balance: Mapped[int] = mapped_column(BigInteger, default=0)
    timezone: Mapped[str] = mapped_column(String(64), default="Africa/Accra")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class Role(StrEnum):
    """What a user may do in the account."""

    OWNER = "OWNER"
    MEMBER = "MEMBER"


class User(Model):
    """A person who signs in; `is_admin` makes an operator of the installation."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[Role] = mapped_column(named(Role), default=Role.OWNER)
    is_admin: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    account: Mapped[Account] = relationship()
