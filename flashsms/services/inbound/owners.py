"""Whose a text is: the number's, or else of whoever wrote to its sender last."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from flashsms.carriers import rehearsal
from flashsms.extensions import db
from flashsms.models import (
    InboundKind,
    InboundNumber,
    Message,
    OptOut,
    OptSource,
    Recipient,
    RecipientStatus,
    now,
)
from flashsms.models.opt_out import IN_FORCE
from flashsms.services.inbound import words
from flashsms.services.inbound.reading import Text, is_person
from flashsms.services.inbound.words import Wording

REMEMBERED = timedelta(days=30)  # for which a text may be an answer to what was sent
_WALKED = 5_000  # messages to a number that are looked at, the newest
_MOST = 50  # accounts that a word may be meant for

_NEVER_ARRIVED = RecipientStatus.QUEUED, RecipientStatus.FAILED, RecipientStatus.CANCELLED


@dataclass(frozen=True, slots=True)
class Owners:
    """Which accounts some texts may be for, by phone and number, the likeliest first.

    Of those in `long_ago` nobody wrote lately, and they may only start again what they stopped.
    `wordings` are theirs. `stopped` are by phone those of them that it opted out of, the latest
    last; `note` keeps it up to date.
    """

    accounts: Mapping[tuple[str, str], Sequence[int]]
    wordings: Mapping[int, Wording]
    stopped: Mapping[str, list[int]]
    long_ago: Collection[str] = ()

    def of(self, text: Text) -> tuple[int | None, InboundKind]:
        """Return the account that a text is for, None for nobody, and what it means there.

        To a number that is shared, a second STOP is for the next account that wrote, and START
        after both for the one that got the last STOP.
        """
        accounts = self.accounts[text.phone, text.number]
        if not accounts:
            return None, InboundKind.TEXT
        stopped = self.stopped.get(text.phone, [])
        kinds = {one: self._kind(one, text) for one in accounts}
        if text.phone in self.long_ago and kinds[accounts[0]] is not InboundKind.START:
            return None, InboundKind.TEXT
        stop = (one for one in accounts if kinds[one] is InboundKind.STOP and one not in stopped)
        start = (one for one in reversed(stopped) if kinds.get(one) is InboundKind.START)
        account = accounts[0]
        if kinds[account] is InboundKind.STOP:
            account = next(stop, account)
        elif kinds[account] is InboundKind.START and account in stopped:
            account = next(start, account)
        return account, kinds[account]

    def note(self, account_id: int, phone: str, kind: InboundKind) -> None:
        """Note what a text did that is stored now, for those that come after it."""
        stopped = self.stopped.get(phone, [])
        if kind is InboundKind.STOP and account_id not in stopped:
            stopped.append(account_id)
        if kind is InboundKind.START and account_id in stopped:
            stopped.remove(account_id)

    def _kind(self, account_id: int, text: Text) -> InboundKind:
        """Return what a text means. Short codes and names are machines: they mean nothing."""
        if not is_person(text.phone):
            return InboundKind.TEXT
        return self.wordings[account_id].kind_of(text.text)


def of(texts: Iterable[Text], listed: Mapping[str, InboundNumber]) -> Owners:
    """Return which accounts texts may be for; `listed` are numbers of ours."""
    accounts: dict[tuple[str, str], Sequence[int]] = {}
    wrote: dict[str, Sequence[int]] = {}
    long_ago: set[str] = set()
    for text in texts:
        known = listed.get(text.number)
        if known is not None and known.account_id is not None:
            accounts[text.phone, text.number] = [known.account_id]
            continue
        if text.phone not in wrote:
            wrote[text.phone] = _wrote(text.phone) or _left(text.phone, long_ago)
        accounts[text.phone, text.number] = wrote[text.phone]
    everybody = {one for several in accounts.values() for one in several}
    several = {phone: accounts for phone, accounts in wrote.items() if len(accounts) > 1}
    return Owners(accounts, words.of(everybody), _stopped(several), long_ago)


def _wrote(phone: str) -> list[int]:
    """Return the accounts whose messages were handed over for this number, the latest first.

    An automatic answer is none, or whoever is stopped would hide who else wrote; nor is what never
    arrived, nor a test, which reached nobody.
    """
    # Whoever has a text in hand may answer before its own answer is stored, or though it was lost.
    left_at = func.coalesce(Recipient.sent_at, Recipient.claimed_at).label("left_at")
    newest = (
        select(Recipient.message_id, left_at, Recipient.status)
        # What no carrier was told of yet has none, and is not walked over either.
        .where(Recipient.phone == phone, Recipient.carrier_id != rehearsal.ID)
        .order_by(Recipient.message_id.desc(), Recipient.id.desc())
        .limit(_WALKED)
        .subquery("newest")
    )
    found = db.session.scalars(
        select(Message.account_id)
        .join(newest, newest.c.message_id == Message.id)
        .where(
            newest.c.left_at >= now() - REMEMBERED,
            newest.c.status.not_in(_NEVER_ARRIVED),
            Message.is_answer.is_(False),
        )
        .group_by(Message.account_id)
        .order_by(func.max(newest.c.left_at).desc())
        .limit(_MOST)
    )
    return list(found)


def _left(phone: str, long_ago: set[str]) -> list[int]:
    """Return the accounts that a phone stopped by a reply, the latest first: START comes late."""
    found = db.session.scalars(
        select(OptOut.account_id)
        .where(OptOut.phone == phone, OptOut.source == OptSource.REPLY, IN_FORCE)
        .order_by(OptOut.opted_out_at.desc(), OptOut.id.desc())
        .limit(_MOST)
    ).all()
    if found:
        long_ago.add(phone)
    return list(found)


def _stopped(wrote: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    """Return which accounts these phones opted out of, of those that wrote to them."""
    stopped: dict[str, list[int]] = {phone: [] for phone in wrote}
    if not wrote:
        return stopped
    found = db.session.execute(
        select(OptOut.phone, OptOut.account_id)
        .where(OptOut.phone.in_(sorted(wrote)), IN_FORCE)
        .order_by(OptOut.opted_out_at, OptOut.id)
    )
    for phone, account_id in found:
        if account_id in wrote[phone]:
            stopped[phone].append(account_id)
    return stopped
