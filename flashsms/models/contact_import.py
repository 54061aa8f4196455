"""Files of contacts on their way into an address book."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from flashsms.models.base import Json, Model, UtcDateTime, named, now, public_id


class ImportStatus(StrEnum):
    """Where an import stands; DONE and FAILED are final."""

    UPLOADED = "UPLOADED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


class ContactImport(Model):
    """One uploaded file, how its columns are read, and how far it has come.

    `columns` names for each column a field of a contact, or None to leave it out. `position` is the
    byte behind the last row that is stored, of `size`. `ticket` and `wake_at` are those of a
    message: the number of the one job that may go on, and when to look whether it was lost.
    `attempts` counts the turns that began at this `position`, behind `line` lines.
    """

    __tablename__ = "contact_imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=public_id("imp_"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    group_id: Mapped[int | None]  # of a group that may be deleted meanwhile
    file_name: Mapped[str] = mapped_column(String(200))
    delimiter: Mapped[str] = mapped_column(String(1))
    has_header: Mapped[bool]
    columns: Mapped[Sequence[str | None]] = mapped_column(Json)
    status: Mapped[ImportStatus] = mapped_column(named(ImportStatus), default=ImportStatus.UPLOADED)
    size: Mapped[int] = mapped_column(BigInteger)
    position: Mapped[int] = mapped_column(BigInteger, default=0)
    line: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    invalid: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(200))
    ticket: Mapped[int] = mapped_column(default=1)
    attempts: Mapped[int] = mapped_column(default=0)
    wake_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


Index("ix_contact_imports_account_id", ContactImport.account_id, ContactImport.id)
Index(
    "ix_contact_imports_wake_at",
    ContactImport.wake_at,
    sqlite_where=ContactImport.wake_at.is_not(None),
    postgresql_where=ContactImport.wake_at.is_not(None),
)


class ImportBlock(Model):
    """A piece of an uploaded file as UTF-8 text, from byte `start` on; gone once it is read.

    Files are kept here and not on a disk, which web and workers may not share.
    """

    __tablename__ = "import_blocks"

    import_id: Mapped[int] = mapped_column(
        ForeignKey("contact_imports.id"), primary_key=True, autoincrement=False
    )
    start: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class ImportProblem(Model):
    """A row of a file that was left out: the `line` it begins on, from 1, why, and its cells."""

    __tablename__ = "import_problems"

    import_id: Mapped[int] = mapped_column(
        ForeignKey("contact_imports.id"), primary_key=True, autoincrement=False
    )
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reason: Mapped[str] = mapped_column(String(200))
    cells: Mapped[Sequence[str]] = mapped_column(Json)
