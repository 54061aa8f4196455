"""What somebody wants to send, as the compose page has it: half done, and kept so."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flashsms.models import now
from flashsms.services.errors import DomainError
from flashsms.services.sending import Order
from flashsms.services.sending.audience import MAX_LISTED
from flashsms.services.sending.order import FURTHEST
from flashsms.text import merge

LONGEST_NAME = 120  # characters, as a campaign's name may have
LONGEST_TEXT = 10_000  # characters that are kept; what can be sent is less
LONGEST_LIST = 30_000  # characters of pasted numbers; a thousand of them can be sent to
MOST_CHOSEN = 1000  # groups, and contacts
LONGEST_VALUE = 200  # characters of a placeholder's
MOST_VALUES = 50

NO_TIME, BOTH = "no time", "both"  # later without a time, and a time although not later
_BETWEEN_NUMBERS = re.compile(r"[\n\r,;\t]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The fields of the compose page.

    `groups` and `contacts` are ids, `numbers` is what was pasted. `people_of` is the id of an
    earlier campaign whose people, or `only_failed` of them, get it too. `later` is a time by the
    account's clock as browsers send it, such as "2026-11-23T08:30"; empty means now. `values` are
    those of placeholders that are the same for everybody, such as a date.
    """

    name: str = ""
    sender: str = ""
    text: str = ""
    everybody: bool = False
    groups: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    numbers: str = ""
    people_of: str = ""
    only_failed: bool = False
    later: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def reaches_somebody(self) -> bool:
        """Whether anybody is chosen at all."""
        chosen = self.groups or self.contacts or self.people_of
        return bool(self.everybody or chosen or self.listed)

    @property
    def listed(self) -> tuple[str, ...]:
        """The pasted numbers, one per line or divided by commas, semicolons or tabs."""
        pieces = (piece.strip() for piece in _BETWEEN_NUMBERS.split(self.numbers))
        return tuple(piece for piece in pieces if piece)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is worth keeping."""
        return not (self.text.strip() or self.name.strip() or self.reaches_somebody)


class NotReady(DomainError):
    """What a wish lacks: `faults` has a sentence for each field of the compose page."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("not_ready", " ".join(faults.values()))
        self.faults = faults


def load(kept: Mapping[str, Any]) -> Wish:
    """Return the wish that `dump` wrote."""
    lists = {name: tuple(kept[name]) for name in ("groups", "contacts")}
    return Wish(**{**kept, **lists})


def dump(wish: Wish) -> dict[str, Any]:
    """Return a wish as JSON can keep it."""
    return asdict(wish)


def check_size(wish: Wish) -> None:
    """Raise NotReady for what is too large to be kept."""
    if len(wish.name) > LONGEST_NAME:
        raise NotReady({"name": f"The name may have at most {LONGEST_NAME} characters."})
    if len(wish.text) > LONGEST_TEXT:
        raise NotReady({"text": f"The message has {len(wish.text):,} characters; 918 can be sent."})
    if len(wish.values) > MOST_VALUES:
        raise NotReady({"text": f"The message may ask for at most {MOST_VALUES} things."})
    if any(len(value) > LONGEST_VALUE for value in wish.values.values()):
        raise NotReady({"text": f"What is filled in may have at most {LONGEST_VALUE} characters."})
    if len(wish.numbers) > LONGEST_LIST:
        raise _too_many_numbers(len(wish.listed))
    if len(wish.groups) > MOST_CHOSEN or len(wish.contacts) > MOST_CHOSEN:
        raise NotReady({"groups": f"Choose at most {MOST_CHOSEN:,} groups and as many contacts."})


def order(wish: Wish, timezone: str) -> Order:
    """Return what is to be sent. Raises NotReady naming the fields that still lack something."""
    lacks: dict[str, str] = {}
    if not wish.text.strip():
        lacks["text"] = "Write the message, or insert a template."
    if not wish.reaches_somebody:
        lacks["groups"] = "Choose who gets it: groups, contacts, everybody, or numbers."
    if lacks:
        raise NotReady(lacks)
    if len(wish.listed) + len(wish.contacts) > MAX_LISTED:
        raise _too_many_numbers(len(wish.listed) + len(wish.contacts))
    return Order(
        text=wish.text,
        recipients=wish.listed,
        groups=wish.groups,
        contacts=wish.contacts,
        everybody=wish.everybody,
        people_of=wish.people_of or None,
        only_failed=wish.only_failed,
        sender=wish.sender or None,
        campaign_name=_shown(wish.name) or None,
        scheduled_at=moment_of(wish.later, timezone),
        variables=_filled(wish),
        label="Campaign",
    )


def asked(variables: Sequence[str]) -> list[str]:
    """Return the placeholders of a text that no contact fills in by itself."""
    return [name for name in variables if name not in merge.BUILT_IN]


def _filled(wish: Wish) -> dict[str, str]:
    """Return the values that the text has placeholders for."""
    try:
        wanted = merge.parse(wish.text).variables
    except merge.PlaceholderError:  # which says more when it is sent
        return {}
    return {name: wish.values[name] for name in wanted if wish.values.get(name, "").strip()}


def moment_of(later: str, timezone: str) -> datetime | None:
    """Return a time by the account's clock as a moment (UTC), None for now.

    Raises NotReady for what is no time, for a time that has passed or is too far ahead, and for
    one that the clock leaves out or shows twice when summer time begins or ends.
    """
    if not later:
        return None
    if later == BOTH:
        raise NotReady({"later": "You gave a time and chose to send at once. Choose one of them."})
    zone = ZoneInfo(timezone)
    moment, again = (_moment(later, zone, fold) for fold in (0, 1))
    if moment.astimezone(zone).replace(tzinfo=None, fold=0) != _typed(later):
        raise NotReady({"later": "That time does not exist: the clocks go forward then."})
    if moment != again:
        raise NotReady({"later": "That time comes twice: the clocks go back then. Choose another."})
    if moment <= now():
        raise NotReady({"later": "That time has passed. Choose a later one, or send it now."})
    if moment > now() + FURTHEST:
        raise NotReady({"later": "That is more than a year ahead. Choose an earlier time."})
    return moment


def _moment(later: str, zone: ZoneInfo, fold: int) -> datetime:
    try:
        return _typed(later).replace(tzinfo=zone, fold=fold).astimezone(UTC)
    except OverflowError:
        raise _no_time() from None


def _typed(later: str) -> datetime:
    try:
        typed = datetime.fromisoformat(later)
    except ValueError:
        raise _no_time() from None
    if typed.tzinfo is not None or "T" not in later:
        raise _no_time()
    return typed


def _no_time() -> NotReady:
    return NotReady({"later": "Give the day and the time, such as 23 Nov 2026, 08:30."})


def _shown(name: str) -> str:
    """Return a name without what cannot be shown, on one line."""
    return " ".join("".join(map(_printable, name)).split())


def _printable(character: str) -> str:
    return character if character.isprintable() else " "


def _too_many_numbers(count: int) -> NotReady:
    sentence = (
        f"There are {count:,} single numbers; at most {MAX_LISTED:,} can be listed. Import them as "
        "contacts and send to their group."
    )
    return NotReady({"numbers": sentence})
