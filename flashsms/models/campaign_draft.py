"""A campaign that is being written."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from flashsms.models.base import Json, Model, UtcDateTime, now


class CampaignDraft(Model):
    """What somebody typed into the compose page so far.

    The page makes up the `public_id`, so that saving twice is saving once. `version` counts the
    changes: what is sent is the version that was looked at. `message_id` is what it became; that
    changes once, so that a draft is sent once.
    """

    __tablename__ = "campaign_drafts"
    __table_args__ = (UniqueConstraint("account_id", "public_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    wish: Mapped[dict[str, Any]] = mapped_column(Json)
    version: Mapped[int] = mapped_column(default=1)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


_UNSENT = CampaignDraft.message_id.is_(None)
Index(
    "ix_campaign_drafts_unsent",
    CampaignDraft.account_id,
    CampaignDraft.updated_at,
    sqlite_where=_UNSENT,
    postgresql_where=_UNSENT,
)
