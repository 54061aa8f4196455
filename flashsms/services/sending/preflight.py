"""What would happen if an order were sent: nothing is stored, charged or sent."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import func, select

from flashsms.extensions import db
from flashsms.services import credits
from flashsms.services.sending import accepting, audience, content, personal
from flashsms.services.sending.audience import Audience
from flashsms.services.sending.content import Content, price
from flashsms.services.sending.order import LeftOut, Order
from flashsms.services.sending.personal import OwnText
from flashsms.text import merge, savings
from flashsms.text.phones import operator
from flashsms.text.savings import Savings
from flashsms.text.segments import Encoding, count_parts, not_gsm7, segment

MOST_SAMPLES = 3  # own texts that are shown
_RANGE = 5  # digits of a number that tell the operator it was given to


class Share(NamedTuple):
    """The recipients whose text has so many parts, and their credits together."""

    parts: int
    recipients: int
    credits: int


@dataclass(slots=True)
class Preflight:
    """What an order comes to.

    `length` and `encoding` are those of the text, with fallbacks or the names of the placeholders
    in their place. `by_parts` and `by_encoding` count recipients by their text, `operators` by
    number range. `savings` tells what keeps the text itself out of GSM-7; with every replacement
    made there the order would cost `credits_saved` less, at the account's `rate` (credits a part).
    `in_values` are the characters that do so in what is known of the readers, by the number of
    readers; `samples` the first own texts.
    """

    sender: str
    length: int
    encoding: Encoding
    duplicates: int
    left_out: LeftOut
    balance: int
    savings: Savings
    rate: int = 1
    by_parts: Counter[int] = field(default_factory=Counter)
    by_encoding: Counter[Encoding] = field(default_factory=Counter)
    in_values: Counter[str] = field(default_factory=Counter)
    samples: list[OwnText] = field(default_factory=list)
    operators: Counter[str] = field(default_factory=Counter)
    credits_saved: int = 0

    @property
    def recipients(self) -> int:
        """How many would be sent to."""
        return self.by_parts.total()

    @property
    def shares(self) -> list[Share]:
        """The recipients by the parts of their text, with what they cost."""
        return [
            Share(parts, count, price(parts, self.rate) * count)
            for parts, count in sorted(self.by_parts.items())
        ]

    @property
    def credits(self) -> int:
        """What it would cost."""
        return sum(share.credits for share in self.shares)


def preflight(account_id: int, order: Order) -> Preflight:
    """Say what sending the order would do; raises whatever `accept` would but for credits."""
    wanted = content.read(account_id, order)
    accepting.check_schedule(order.scheduled_at)
    people = audience.resolve(account_id, order)
    asked, opted_out = audience.measure(people)
    typical = wanted.typical()
    found = Preflight(
        sender=accepting.sender_of(account_id, order),
        length=len(typical),
        encoding=segment(typical).encoding,
        duplicates=max(0, people.mentions() - asked),
        left_out=LeftOut(people.invalid, opted_out, people.deleted),
        balance=credits.balance_of(account_id),
        savings=savings.find(wanted.text),
        rate=wanted.rate,
    )
    (_count_own_texts if wanted.personalised else _count_alike)(found, people, wanted)
    if found.recipients == 0:
        raise accepting.nobody(found.left_out, wanted)
    return found


def _count_alike(found: Preflight, people: Audience, wanted: Content) -> None:
    reached = people.reached()
    digits = func.substr(reached.c.phone, 1, _RANGE)
    for start, count in db.session.execute(select(digits, func.count()).group_by(digits)):
        found.operators[operator(start)] += count
        found.by_parts[count_parts(wanted.text)] += count
        found.by_encoding[found.encoding] += count
    saved = wanted.price(found.savings.parts_now) - wanted.price(found.savings.parts_then)
    found.credits_saved = max(0, saved * found.recipients)


def _count_own_texts(found: Preflight, people: Audience, wanted: Content) -> None:
    own = {culprit.character for culprit in found.savings.culprits}
    for batch in personal.batches(people, wanted.template, found.left_out):
        found.samples.extend(batch[: MOST_SAMPLES - len(found.samples)])
        for one in batch:
            found.operators[operator(one.phone)] += 1
            found.by_parts[one.parts] += 1
            dear = {character for _, character in not_gsm7(one.text)}
            found.by_encoding[Encoding.UCS2 if dear else Encoding.GSM7] += 1
            found.in_values.update(dear - own)
    if found.savings.culprits:
        found.credits_saved = max(0, found.credits - _credits_without_culprits(found, people))


def _credits_without_culprits(found: Preflight, people: Audience) -> int:
    """Return what it would cost with every replacement made in the text, though not in names."""
    try:
        cheaper = merge.parse(found.savings.text)
    except merge.PlaceholderError:  # a replacement that reads like a brace
        return found.credits
    batches = personal.batches(people, cheaper, LeftOut())
    return sum(price(one.parts, found.rate) for batch in batches for one in batch)
