"""Which recipients are wanted, and what of a window of them that leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, Select, Subquery, literal, select

from flashsms.extensions import db
from flashsms.models import Message, Recipient, RecipientStatus
from flashsms.services.operations import windows
from flashsms.services.operations.places import Place
from flashsms.services.operations.windows import Scope

WINDOW = 20_000  # recipients that are looked through at most for a page
READ = (
    Recipient.id,
    Recipient.message_id,
    Recipient.phone,
    Recipient.text,
    Recipient.status,
    Recipient.parts,
    Recipient.credits,
    Recipient.carrier_id,
    Recipient.sent_at,
    Recipient.final_at,
    Recipient.reason,
)

Found = Row[*tuple[Any, ...]]
Query = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Wanted(Scope):
    """Which recipients are wanted; a `reason` is one that they failed for, and means FAILED."""

    phone: str = ""
    status: RecipientStatus | None = None
    carrier_id: int | None = None
    reason: str = ""

    @property
    def is_failed(self) -> bool:
        """Whether only failed recipients are wanted."""
        return bool(self.reason) or self.status is RecipientStatus.FAILED


@dataclass(frozen=True, slots=True)
class Piece:
    """What a search found, and where it stopped if not at the end of the history."""

    found: Sequence[Found]
    stopped: Place | None = None


def conditions(wanted: Wanted, window: FromClause) -> list[ColumnElement[bool]]:
    """Return what is asked of the recipients of a window themselves."""
    asked: list[ColumnElement[bool]] = []
    if wanted.status is not None:
        asked.append(window.c.status == wanted.status)
    if wanted.carrier_id is not None:
        asked.append(window.c.carrier_id == wanted.carrier_id)
    if wanted.reason:
        asked.append(window.c.status == RecipientStatus.FAILED)
        asked.append(window.c.reason == wanted.reason)
    if wanted.phone:
        asked.append(window.c.phone == wanted.phone)
    return asked


def by_message(wanted: Wanted, window: FromClause) -> list[ColumnElement[bool]]:
    """Return what is asked of the messages of a window's recipients.

    A look-up for each row: a join would tempt the database to read all messages.
    """
    if not wanted.is_narrow:
        return []
    fits = select(literal(1)).where(Message.id == window.c.message_id)
    return [fits.where(*windows.conditions(wanted)).scalar_subquery().is_not(None)]


def newest(window: Subquery, asked: Sequence[ColumnElement[bool]], limit: int) -> Query:
    """Return the newest rows of a window that fit what is asked, one more than `limit`."""
    latest = select(window).where(*asked)
    return latest.order_by(window.c.message_id.desc(), window.c.id.desc()).limit(limit + 1)


def run(query: Query) -> Sequence[Found]:
    """Return what a query of READ finds."""
    return db.session.execute(query).all()
