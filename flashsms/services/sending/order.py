"""What somebody wants to send, and what became of that wish."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from flashsms.models import Message

FURTHEST = timedelta(days=366)  # how far ahead a message may be scheduled
MOST_EXAMPLES = 100  # of the recipients left out are named; the rest is counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A wish to send a text to people, now or at `scheduled_at` (UTC).

    The text is `text` or that of the account's `template` (its id); `variables` are values for its
    placeholders that are the same for everybody. The people are `recipients` (numbers as typed),
    the members of `groups` and single `contacts` (ids), and with `everybody` the whole address
    book, with `people_of` (its id) those of an earlier message, or `only_failed` of them; each
    number is sent to once. `sender` is an approved name or its id; None takes the first
    approved one. `label` begins the description in the ledger; with `only_carrier_id` it leaves by
    that carrier or not at all, and with `from_number` from a number of ours in place of a sender.
    One that `is_answer` to a word such as STOP reaches those who opted out, too. One that `is_test`
    reaches nobody and costs nothing. It is tried for `validity`, None for as long as usual.
    """

    text: str | None = None
    template: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    recipients: Sequence[str] = ()
    groups: Sequence[str] = ()
    contacts: Sequence[str] = ()
    everybody: bool = False
    people_of: str | None = None
    only_failed: bool = False
    sender: str | None = None
    campaign_name: str | None = None
    scheduled_at: datetime | None = None
    label: str = "API SMS"
    only_carrier_id: int | None = None
    from_number: str | None = None
    is_answer: bool = False
    is_test: bool = False
    validity: timedelta | None = None


class Skipped(NamedTuple):
    """A number that cannot get the text, and why."""

    phone: str
    reason: str


@dataclass(slots=True)
class LeftOut:
    """Whom a message does not reach although they were asked for.

    `invalid` are listed numbers as given; `opted_out` and `deleted` count; `skipped` are the first
    of `skipped_count` whose own text cannot be made, for lack of a value of one of `missing` or
    for another reason.
    """

    invalid: tuple[str, ...] = ()
    opted_out: int = 0
    deleted: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    skipped_count: int = 0
    missing: set[str] = field(default_factory=set)

    def miss(self, phone: str, names: Sequence[str]) -> None:
        """Note one more for whom some placeholders have no value."""
        self.missing.update(names)
        self.skip(phone, f"There is no value for {', '.join(names)}.")

    def skip(self, phone: str, reason: str) -> None:
        """Note one more whose own text cannot be made."""
        self.skipped_count += 1
        if len(self.skipped) < MOST_EXAMPLES:
            self.skipped.append(Skipped(phone, reason))


@dataclass(frozen=True, slots=True)
class Accepted:
    """An order taken: its message, how many are sent to, who was left out and what it cost."""

    message: Message
    recipients: int
    left_out: LeftOut
    credits: int
    balance: int
