"""What a campaign comes to while it is being written: quick, and exact only at the review."""

from dataclasses import dataclass

from flask import current_app

from flashsms.models import Contact
from flashsms.services import contacts
from flashsms.services.accounts import standing
from flashsms.services.campaigns import again
from flashsms.services.campaigns.wish import Wish, asked
from flashsms.services.contacts import blocks
from flashsms.services.errors import NotFound
from flashsms.services.meter import Meter, measure
from flashsms.services.sending import personal
from flashsms.services.sending.content import price
from flashsms.text import merge
from flashsms.text.phones import normalise


@dataclass(frozen=True, slots=True)
class Glance:
    """The text measured, and the text as one `reader` gets it.

    `people` counts everybody who is chosen, at most: some may be chosen twice, or have opted out.
    `asked` are the placeholders that no contact fills in by itself, `missing` those without a value
    for this reader.
    `credits` is what they would cost, and `saved` how much less it would be with the replacements.
    """

    meter: Meter
    people: int
    credits: int
    saved: int
    example: str
    reader: Contact | None
    asked: list[str]
    missing: tuple[str, ...]


def look(account_id: int, wish: Wish) -> Glance:
    """Take a look at a wish, which may be half typed; never raises."""
    meter = measure(wish.text)
    people = _people(account_id, wish)
    reader = _reader(account_id, wish)
    example, missing = _example(wish, reader)
    rate = standing.rate_of(account_id, even_suspended=True)
    cost, cost_then = price(meter.parts, rate), price(meter.parts_then, rate)
    return Glance(
        meter=meter,
        people=people,
        credits=cost * people if wish.text else 0,
        saved=max(0, cost - cost_then) * people,
        example=example,
        missing=missing,
        reader=reader,
        asked=asked(meter.variables),
    )


def _people(account_id: int, wish: Wish) -> int:
    known = len(wish.contacts)
    if wish.everybody:
        known = blocks.total(account_id)
    elif wish.groups:
        chosen = set(wish.groups)
        sizes = contacts.groups.counted(account_id)
        known += sum(size for group, size in sizes if group.public_id in chosen)
    return known + len(wish.listed) + _people_again(account_id, wish)


def _people_again(account_id: int, wish: Wish) -> int:
    earlier = again.earlier(account_id, wish)
    if earlier is None:
        return 0
    return earlier.failed if wish.only_failed else earlier.recipient_count


def _reader(account_id: int, wish: Wish) -> Contact | None:
    """Return a contact who would get it: the newest of the first group chosen, or whoever."""
    try:
        if wish.contacts:
            return contacts.find(account_id, wish.contacts[0])
        if wish.groups and not wish.everybody:
            group_id = contacts.groups.id_of(account_id, wish.groups[0])
            found = contacts.page(account_id, 1, 1, group_id=group_id).items
            return found[0] if found else None
    except NotFound:
        return None
    if wish.reaches_somebody and not wish.everybody:
        return _by_phone(account_id, wish)
    return contacts.newest(account_id)


def _by_phone(account_id: int, wish: Wish) -> Contact | None:
    """Return the contact, if there is one, of the first number or of an earlier recipient."""
    earlier = again.earlier(account_id, wish)
    phone = again.first_phone(earlier, wish) if earlier else None
    if wish.listed:
        phone = normalise(wish.listed[0], current_app.config["COUNTRIES"])
    return contacts.find_by_phone(account_id, phone) if phone else None


def _example(wish: Wish, reader: Contact | None) -> tuple[str, tuple[str, ...]]:
    """Return the text as the reader gets it, and what is missing: shown as "[date]"."""
    try:
        template = merge.parse(wish.text).bind(wish.values)
    except merge.PlaceholderError:
        return wish.text, ()
    values = dict(personal.values_of(reader)) if reader else {}
    missing = template.missing(values)
    return template.render(values | {name: f"[{name}]" for name in missing}), missing
