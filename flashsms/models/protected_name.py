"""Names that nobody may send under without proof of being meant."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from flashsms.models.base import Model, UtcDateTime, now, public_id


class ProtectedName(Model):
    """A name that an operator protects beside those that every installation does.

    `folded` is the name as its look-alikes are spelt, see `flashsms.text.lookalikes`.
    """

    __tablename__ = "protected_names"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=public_id("pro_"))
    name: Mapped[str] = mapped_column(String(40))
    folded: Mapped[str] = mapped_column(String(40), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
