"""The configured ways out."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from flashsms.models.base import Model, UtcDateTime, now


class Carrier(Model):
    """A way out, written as one URL; the lowest `priority` number is tried first.

    Rows are never deleted, only switched off, because recipients refer to them for good.
    """

    __tablename__ = "carriers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    url: Mapped[str] = mapped_column(Text)
    priority: Mapped[int] = mapped_column(default=10)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
