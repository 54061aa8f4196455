"""Campaigns that are being written: kept as they are typed, sent once."""

import re

from sqlalchemy import ColumnElement, case, delete, func, select, update

from flashsms.extensions import db, transaction
from flashsms.models import Account, CampaignDraft, Message, now
from flashsms.models.base import new_public_id
from flashsms.models.rows import change, insert
from flashsms.services import sending
from flashsms.services.campaigns import wish as wishes
from flashsms.services.campaigns.wish import Wish
from flashsms.services.errors import Conflict, DomainError, NotFound

MOST = 200  # drafts of an account
_ID = re.compile(r"drf_[0-9a-z]{10,28}")


class AlreadySent(Conflict):
    """The draft became a campaign; `message` is what it became."""

    def __init__(self, message: Message) -> None:
        super().__init__("already_sent", "This campaign was sent already.")
        self.message = message


def new_id() -> str:
    """Return an id for a draft that nobody has saved yet."""
    return new_public_id("drf_")


def save(account_id: int, public_id: str, wish: Wish) -> CampaignDraft:
    """Keep a wish under an id that the page made up, in place of what was kept there.

    Raises AlreadySent, NotFound for what is no id, or DomainError for what cannot be kept.
    """
    if not _ID.fullmatch(public_id):
        raise _unknown()
    wishes.check_size(wish)
    moment = now()
    row = insert(CampaignDraft).values(
        account_id=account_id,
        public_id=public_id,
        wish=wishes.dump(wish),
        version=1,
        created_at=moment,
        updated_at=moment,
    )
    same = CampaignDraft.wish == row.excluded.wish
    with transaction():
        saved: CampaignDraft | None = db.session.scalar(
            row.on_conflict_do_update(
                index_elements=["account_id", "public_id"],
                set_={
                    "wish": row.excluded.wish,
                    "version": CampaignDraft.version + case((same, 0), else_=1),
                    "updated_at": moment,
                },
                where=CampaignDraft.message_id.is_(None),
            ).returning(CampaignDraft),
            execution_options={"populate_existing": True},
        )
        if saved is None:
            raise _gone(account_id, public_id)
        if saved.version == 1:
            _check_room(account_id)
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


def send(account: Account, public_id: str, version: int, credits: int) -> Message:
    """Send the `version` of a draft that was looked at, for the price that was shown: once.

    Raises AlreadySent, Conflict when the draft or its price changed since, or whatever
    `sending.accept` raises; then nothing is sent or charged and the draft stays.
    """
    its_own = _unsent(account.id, public_id)
    with transaction():
        draft: CampaignDraft | None = db.session.scalar(
            update(CampaignDraft)
            .where(*its_own, CampaignDraft.version == version)
            .values(updated_at=now())
            .returning(CampaignDraft),
            execution_options={"populate_existing": True},
        )
        if draft is None:
            find(account.id, public_id)
            raise Conflict("draft_changed", "The campaign was changed meanwhile. Look at it again.")
        order = wishes.order(wishes.load(draft.wish), account.timezone)
        accepted = sending.accept(account.id, order)
        if accepted.credits != credits:
            raise _price_changed(credits, accepted.credits)
        draft.message_id = accepted.message.id
    return accepted.message


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
    return NotFound("draft_unknown", "There is no such draft. It may have been deleted.")
