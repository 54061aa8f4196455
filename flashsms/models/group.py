"""Groups of contacts."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from flashsms.models.base import Model, UtcDateTime, now, public_id


class Group(Model):
    """A named set of an account's contacts; `folded` is the name without case, one per account."""

    __tablename__ = "groups"
    __table_args__ = (
        UniqueConstraint("account_id", "folded"),
        # The id of a deleted group must not come to mean another one for whoever looked it up.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=public_id("grp_"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    name: Mapped[str] = mapped_column(String(100))
    folded: Mapped[str] = mapped_column(String(300))  # some letters fold to three
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class GroupMember(Model):
    """One contact in one group, by the contact's `number` in the address book of the account.

    By the number and not by the id: one index then serves membership, order and pages.
    """

    __tablename__ = "group_members"

    group_id: Mapped[int] = mapped_column(
        ForeignKey("groups.id"), primary_key=True, autoincrement=False
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
