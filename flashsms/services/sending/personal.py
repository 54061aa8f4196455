"""Each recipient's own text: made from what the address book knows, in batches of constant size."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import orjson
from sqlalchemy import Row, Select, Text, cast, select

from flashsms.extensions import db
from flashsms.models import Contact
from flashsms.services.sending.audience import Audience
from flashsms.services.sending.order import LeftOut
from flashsms.text.merge import BUILT_IN, Template, has_braces
from flashsms.text.segments import MAX_LENGTH, count_parts

BATCH = 5000  # recipients in memory at a time

Person = Row[str, str | None, str | None, str | None, str | None]


class OwnText(NamedTuple):
    """What one number is sent."""

    phone: str
    text: str
    parts: int


def batches(audience: Audience, template: Template, left_out: LeftOut) -> Iterator[list[OwnText]]:
    """Yield the texts of an audience, up to BATCH at a time; note who cannot get one."""
    streamed = db.session.execute(
        _people(audience), execution_options={"yield_per": BATCH, "stream_results": True}
    )
    for people in streamed.partitions():
        yield list(_texts(people, template, left_out))


def _people(audience: Audience) -> Select[str, str | None, str | None, str | None, str | None]:
    """Return a query of the reached numbers with what is known of them, the fields as JSON."""
    reached = audience.reached()
    known = (
        (Contact.account_id == audience.account_id)
        & (Contact.phone == reached.c.phone)
        & Contact.number.is_not(None)
    )
    return select(
        reached.c.phone,
        Contact.first_name,
        Contact.last_name,
        Contact.email,
        cast(Contact.fields, Text),
    ).select_from(reached.outerjoin(Contact, known))


def _texts(people: Iterable[Person], template: Template, left_out: LeftOut) -> Iterator[OwnText]:
    needs_fields = not set(template.variables) <= set(BUILT_IN)
    for person in people:
        values = _values(person, needs_fields)
        missing = template.missing(values)
        if missing:
            left_out.miss(person[0], missing)
            continue
        text = template.render(values)
        if problem := _problem(text):
            left_out.skip(person[0], problem)
        else:
            yield OwnText(person[0], text, count_parts(text))


def _values(person: Person, needs_fields: bool) -> Mapping[str, str]:
    phone, first, last, email, fields = person
    own = orjson.loads(fields) if needs_fields and fields else {}
    return {**own, **_built_in(phone, first, last, email)}


def values_of(contact: Contact) -> Mapping[str, str]:
    """Return what placeholders of a text to this contact stand for."""
    built_in = _built_in(contact.phone, contact.first_name, contact.last_name, contact.email)
    return {**(contact.fields or {}), **built_in}


def _built_in(phone: str, first: str | None, last: str | None, email: str | None) -> dict[str, str]:
    return {
        "phone": phone,
        "firstName": first or "",
        "lastName": last or "",
        "name": " ".join(filter(None, (first, last))),
        "email": email or "",
    }


def _problem(text: str) -> str | None:
    if has_braces(text):
        return "The text would contain {{ or }}, as if a placeholder had been forgotten."
    if not text.strip():
        return "The text would be empty."
    if len(text) > MAX_LENGTH:
        return f"The text would have {len(text):,} characters; at most {MAX_LENGTH} can be sent."
    return None
