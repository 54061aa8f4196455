"""Campaigns that are being written: kept as they are typed, sent once."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, delete, func, select, true, update

from flashsms.extensions import db, transaction
from flashsms.models import Account, CampaignDraft, Message, now
from flashsms.models.base import new_public_id
from flashsms.models.rows import change, insert
from flashsms.services import sending
from flashsms.services.campaigns import wish as wishes
from flashsms.services.campaigns.wish import Wish
from flashsms.services.errors import Conflict, DomainError, NotFound

MOST = 200  # drafts of an account
UNKNOWN = "draft_unknown"
_HIGHEST = 2**31 - 1  # that a version may be
_ID = re.compile(r"drf_[0-9a-z]{10,28}")


class AlreadySent(Conflict):
    """The draft became a campaign; `message` is what it became."""

    def __init__(self, message: Message) -> None:
        super().__init__("already_sent", "This campaign was sent already.")
        self.message = message


@dataclass(frozen=True, slots=True)
class Offer:
    """What somebody looked at before sending: the draft's `version`, its price, when it goes out.

    `starts_at` (UTC) is None for now.
    """

    version: int
    credits: int
    starts_at: datetime | None = None


def new_id() -> str:
    """Return an id for a draft that nobody has saved yet."""
    return new_public_id("drf_")


def save(account_id: int, public_id: str, wish: Wish, *, over: int | None = None) -> CampaignDraft:
    """Keep a wish under an id that the page made up, in place of what was kept there.

    With `over` only in place of that version. Raises AlreadySent, NotFound for what is no id,
    Conflict when there is another version, or DomainError for what cannot be kept.
    """
    if not _ID.fullmatch(public_id):
        raise _unknown()
    wishes.check_size(wish)
    moment = now()
    with transaction():
        saved = _write(account_id, public_id, wish, moment, over)
        if saved is None:
            find(account_id, public_id)
            raise _changed()
        if saved.created_at == moment:
            if over is not None:  # it was deleted
                raise _unknown()
            _check_room(account_id)
    return saved


def _write(
    account_id: int, public_id: str, wish: Wish, moment: datetime, over: int | None
) -> CampaignDraft | None:
    """Insert a draft or change it, and return it; None when it was sent or is not `over`."""
    row = insert(CampaignDraft).values(
        account_id=account_id,
        public_id=public_id,
        wish=wishes.dump(wish),
        version=secrets.randbelow(_HIGHEST // 2) + 1,  # one that was deleted is never met again
        created_at=moment,
        updated_at=moment,
    )
    same = CampaignDraft.wish == row.excluded.wish
    saved: CampaignDraft | None = db.session.scalar(
        row.on_conflict_do_update(
            index_elements=["account_id", "public_id"],
            set_={
                "wish": row.excluded.wish,
                "version": CampaignDraft.version + case((same, 0), else_=1),
                "updated_at": moment,
            },
            where=and_(
                CampaignDraft.message_id.is_(None),
                true() if over is None else CampaignDraft.version == over,
            ),
        ).returning(CampaignDraft),
        execution_options={"populate_existing": True},
    )
    return saved


def find(account_id: int, public_id: str) -> CampaignDraft:
    """Return a draft of the account. Raises NotFound, or AlreadySent."""
    found = db.session.scalar(select(CampaignDraft).where(*_unsent(account_id, public_id)))
    if found is None:
        raise _gone(account_id, public_id)
    return found


def unsent(account_id: int) -> list[CampaignDraft]:
    """Return the account's drafts, the one changed last first."""
    found = db.session.scalars(
        select(CampaignDraft)
        .where(CampaignDraft.account_id == account_id, CampaignDraft.message_id.is_(None))
        .order_by(CampaignDraft.updated_at.desc())
        .limit(MOST)
    )
    return list(found)


def discard(account_id: int, public_id: str) -> None:
    """Delete a draft. Raises NotFound, or AlreadySent."""
    with transaction():
        if change(delete(CampaignDraft).where(*_unsent(account_id, public_id))).rowcount == 0:
            raise _gone(account_id, public_id)


def send(account: Account, public_id: str, seen: Offer) -> Message:
    """Send a draft in the version, for the price and at the time that were looked at: once.

    Raises AlreadySent, Conflict when one of them changed since, or whatever `sending.accept`
    raises; then nothing is sent or charged and the draft stays.
    """
    its_own = _unsent(account.id, public_id)
    with transaction():
        draft: CampaignDraft | None = db.session.scalar(
            update(CampaignDraft)
            .where(*its_own, CampaignDraft.version == min(seen.version, _HIGHEST))
            .values(updated_at=now())
            .returning(CampaignDraft),
            execution_options={"populate_existing": True},
        )
        if draft is None:
            find(account.id, public_id)
            raise _changed()
        order = wishes.order(wishes.load(draft.wish), account.timezone)
        if order.scheduled_at != seen.starts_at:
            raise Conflict("time_changed", "The time zone was changed meanwhile. Look at it again.")
        accepted = sending.accept(account.id, order)
        if accepted.credits != seen.credits:
            raise _price_changed(seen.credits, accepted.credits)
        draft.message_id = accepted.message.id
    return accepted.message


def _changed() -> Conflict:
    return Conflict("draft_changed", "The campaign was changed meanwhile. Look at it again.")


def _price_changed(shown: int, true: int) -> Conflict:
    return Conflict(
        "price_changed",
        f"The price changed from {shown:,} to {true:,} credits since you looked: contacts came or "
        "went, or opted out. Look at it again.",
    )


def _check_room(account_id: int) -> None:
    count = db.session.scalar(
        select(func.count()).where(
            CampaignDraft.account_id == account_id, CampaignDraft.message_id.is_(None)
        )
    )
    if count and count > MOST:
        raise DomainError(
            "too_many_drafts", f"There are {MOST} drafts already. Delete some that you do not need."
        )


def _gone(account_id: int, public_id: str) -> DomainError:
    sent_as = (
        db.session.scalar(
            select(Message)
            .join(CampaignDraft, CampaignDraft.message_id == Message.id)
            .where(CampaignDraft.account_id == account_id, CampaignDraft.public_id == public_id)
        )
        if _ID.fullmatch(public_id)
        else None
    )
    return AlreadySent(sent_as) if sent_as else _unknown()


def _unsent(account_id: int, public_id: str) -> tuple[ColumnElement[bool], ...]:
    return (
        CampaignDraft.account_id == account_id,
        CampaignDraft.public_id == (public_id if _ID.fullmatch(public_id) else ""),
        CampaignDraft.message_id.is_(None),
    )


def _unknown() -> NotFound:
    return NotFound(UNKNOWN, "There is no such draft. It may have been deleted.")
