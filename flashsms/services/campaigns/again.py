"""A campaign once more: a draft of the same, or for those whom it did not reach."""

from sqlalchemy import select

from flashsms.extensions import db
from flashsms.models import CampaignDraft, Message, Recipient
from flashsms.models.recipient import IS_FAILED
from flashsms.services import history, senders
from flashsms.services.campaigns import drafts
from flashsms.services.campaigns.wish import LONGEST_NAME, Wish
from flashsms.services.errors import DomainError, NotFound


def duplicate(message: Message) -> CampaignDraft:
    """Make a draft of the same text for the same people; that of a test would really be sent."""
    return _draft(message, "copy", only_failed=False)


def retry_failed(message: Message) -> CampaignDraft:
    """Make a draft of the same text for those whom it did not reach.

    Raises DomainError when nobody is left, and for a test: what failed there was only played.
    """
    if message.is_test:
        raise DomainError(
            "only_a_test",
            "This was a test: nobody was sent anything, so there is nothing to try again. "
            "Duplicate it to write to these people.",
        )
    if message.failed == 0:
        raise DomainError("nothing_failed", "Nothing failed in this campaign.")
    return _draft(message, "again", only_failed=True)


def earlier(account_id: int, wish: Wish) -> Message | None:
    """Return the campaign whose people a wish reaches again, if any and if it is there."""
    try:
        return history.message(account_id, wish.people_of) if wish.people_of else None
    except NotFound:
        return None


def first_phone(earlier: Message, wish: Wish) -> str | None:
    """Return the number of somebody of an earlier campaign whom a wish reaches again."""
    query = select(Recipient.phone).where(Recipient.message_id == earlier.id)
    if wish.only_failed:
        query = query.where(IS_FAILED)
    return db.session.scalar(query.order_by(Recipient.id).limit(1))


def _draft(message: Message, suffix: str, *, only_failed: bool) -> CampaignDraft:
    name = message.campaign_name or ""
    wish = Wish(
        name=f"{name[: LONGEST_NAME - len(suffix) - 3]} ({suffix})" if name else "",
        sender=_sender(message),
        text=message.text,
        people_of=message.public_id,
        only_failed=only_failed,
    )
    return drafts.save(message.account_id, drafts.new_id(), wish)


def _sender(message: Message) -> str:
    """Return the name that it came from, nothing for a number or what only a test may use."""
    if message.from_number:
        return ""
    names = {one.name for one in senders.approved(message.account_id)} if message.is_test else None
    return message.sender if names is None or message.sender in names else ""
