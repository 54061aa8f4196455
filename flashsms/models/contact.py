"""The address book of an account: its contacts, and how many stand where."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from flashsms.models.base import Json, Model, UtcDateTime, now, public_id
from flashsms.models.recipient import BigId

BLOCK = 1000  # places in one ContactBlock


class Contact(Model):
    """A person of an account, one per phone number.

    `number` is the place in the account's address book, the newest highest; None once deleted, so
    that nothing walks over deleted rows. `search` is what a search looks through (see
    `text.search`); empty once deleted.
    """

    __tablename__ = "contacts"
    __table_args__ = (
        UniqueConstraint("account_id", "phone"),
        UniqueConstraint("account_id", "number"),
        CheckConstraint("(number IS NULL) = (deleted_at IS NOT NULL)", name="deleted_or_placed"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=public_id("cnt_"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    number: Mapped[int | None]
    phone: Mapped[str] = mapped_column(String(15))
    first_name: Mapped[str | None] = mapped_column(String(100))
    last_name: Mapped[str | None] = mapped_column(String(100))
    email: Mapped[str | None] = mapped_column(String(254))
    fields: Mapped[Mapping[str, str] | None] = mapped_column(Json)
    search: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ContactBlock(Model):
    """How many contacts stand in `BLOCK` places of an address book, or of one group of it.

    They make totals and deep pages cost the same whatever the size: the sum says how many there
    are, and in which block a page begins. `group_id` 0 is the whole book, `block` the places'
    numbers divided by `BLOCK`.
    """

    __tablename__ = "contact_blocks"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id"), primary_key=True, autoincrement=False
    )
    group_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    block: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    contacts: Mapped[int]
