"""A campaign once more: a draft of the same, or for those whom it did not reach."""

from flashsms.models import CampaignDraft, Message
from flashsms.services import history
from flashsms.services.campaigns import drafts
from flashsms.services.campaigns.wish import LONGEST_NAME, Wish
from flashsms.services.errors import DomainError, NotFound


def duplicate(message: Message) -> CampaignDraft:
    """Make a draft of the same text for the same people."""
    return _draft(message, "copy", only_failed=False)


def retry_failed(message: Message) -> CampaignDraft:
    """Make a draft of the same text for those whom it did not reach.

    Raises DomainError when nobody is left.
    """
    if message.failed == 0:
        raise DomainError("nothing_failed", "Nothing failed in this campaign.")
    return _draft(message, "again", only_failed=True)


def earlier(account_id: int, wish: Wish) -> Message | None:
    """Return the campaign whose people a wish reaches again, if any and if it is there."""
    try:
        return history.message(account_id, wish.people_of) if wish.people_of else None
    except NotFound:
        return None


def _draft(message: Message, suffix: str, *, only_failed: bool) -> CampaignDraft:
    name = message.campaign_name or ""
    wish = Wish(
        name=f"{name[: LONGEST_NAME - len(suffix) - 3]} ({suffix})" if name else "",
        sender=message.sender,
        text=message.text,
        people_of=message.public_id,
        only_failed=only_failed,
    )
    return drafts.save(message.account_id, drafts.new_id(), wish)
