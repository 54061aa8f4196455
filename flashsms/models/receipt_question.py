"""What carriers are to be asked that do not report by themselves."""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from flashsms.models.base import Model, UtcDateTime, now
from flashsms.models.recipient import BigId

LONGEST_QUESTION = 200


class ReceiptQuestion(Model):
    """A question by which a carrier tells the receipts of all `recipients` it is about.

    It is asked at `ask_at`, ever less often, and gone once all of them are known.
    """

    __tablename__ = "receipt_questions"
    __table_args__ = (UniqueConstraint("carrier_id", "question"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    carrier_id: Mapped[int]
    question: Mapped[str] = mapped_column(String(LONGEST_QUESTION))
    recipients: Mapped[int]
    ask_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
