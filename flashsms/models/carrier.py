"""The configured ways out."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from flashsms.models.base import Model, UtcDateTime, now, public_id


class Carrier(Model):
    """A way out, written as one URL; the lowest `priority` number is tried first.

    Among those of one priority each takes batches in proportion to its `weight`. With rows in
    `CarrierAccount` it is for those accounts alone.

    `url` is encrypted, for it holds a password: only `services.carriers` reads it. `routes` are the
    operators whose number ranges it takes ("MTN,AT"), empty for all. A paused one sends nothing and
    still hears receipts. Rows are never deleted, only switched off, because recipients refer to
    them for good.
    """

    __tablename__ = "carriers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    url: Mapped[str] = mapped_column(Text)
    priority: Mapped[int] = mapped_column(default=10)
    weight: Mapped[int] = mapped_column(default=1, server_default="1")
    routes: Mapped[str] = mapped_column(String(100), default="", server_default="")
    active: Mapped[bool] = mapped_column(default=True)
    public_id: Mapped[str] = mapped_column(String(32), default=public_id("car_"))
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_for: Mapped[str | None] = mapped_column(String(200))  # the reason
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class CarrierAccount(Model):
    """An account that a carrier is for; a carrier without any is for all."""

    __tablename__ = "carrier_accounts"

    carrier_id: Mapped[int] = mapped_column(ForeignKey("carriers.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)


Index("uq_carriers_public_id", Carrier.public_id, unique=True)
