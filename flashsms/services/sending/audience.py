"""Whom an order reaches, as one table expression: merged, once each, without who opted out."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import Select, String, Subquery, exists, func, select, union

from flashsms.extensions import db
from flashsms.models import Contact, GroupMember, OptOut, Recipient
from flashsms.models.opt_out import IN_FORCE
from flashsms.models.recipient import IS_FAILED
from flashsms.models.rows import rows
from flashsms.services import contacts, history
from flashsms.services.contacts import blocks
from flashsms.services.errors import DomainError, NotFound
from flashsms.services.sending.order import Order
from flashsms.text.phones import normalise

MAX_LISTED = 1000  # numbers and contacts that one order may list


@dataclass(frozen=True, slots=True)
class Earlier:
    """The people of an earlier message: its row's id, all of them or `only_failed`, `count`."""

    message_id: int
    only_failed: bool
    count: int


@dataclass(frozen=True, slots=True)
class Audience:
    """The people of an order: listed `phones` (digits, once each), and those of the address book.

    `contacts` and `groups` are the ids of their rows. `listed` counts the valid
    numbers with repetitions, `deleted` the contacts named that are deleted. `earlier` are the
    people of another message. `even_opted_out` reaches those, too.
    """

    account_id: int
    phones: tuple[str, ...]
    listed: int
    invalid: tuple[str, ...]
    contacts: tuple[int, ...]
    deleted: int
    groups: tuple[int, ...]
    everybody: bool
    earlier: Earlier | None = None
    even_opted_out: bool = False

    @property
    def only_listed(self) -> bool:
        """Whether the phones listed are all that is meant."""
        return not (self.contacts or self.groups or self.everybody or self.earlier)

    def table(self) -> Subquery:
        """Return the numbers (column `phone`), each once, those that opted out included."""
        sources = self._sources()
        return (sources[0] if len(sources) == 1 else union(*sources)).subquery("audience")

    def reached(self) -> Subquery:
        """Return the numbers without those that opted out, unless they are meant, too."""
        everyone = self.table()
        if self.even_opted_out:
            return select(everyone.c.phone).subquery("reached")
        opted_out = exists().where(
            OptOut.account_id == self.account_id, OptOut.phone == everyone.c.phone, IN_FORCE
        )
        return select(everyone.c.phone).where(~opted_out).subquery("reached")

    def mentions(self) -> int:
        """Return how often a number was asked for, counting it again from every source."""
        sizes = blocks.totals(self.account_id) if self.groups or self.everybody else {}
        there = self.groups + ((blocks.EVERYBODY,) if self.everybody else ())
        again = self.earlier.count if self.earlier else 0
        known = sum(sizes.get(group, 0) for group in there)
        return self.listed + len(self.contacts) + known + again

    def _sources(self) -> Sequence[Select[str]]:
        listed = rows(((phone,) for phone in self.phones), "listed", phone=String())
        sources = [select(listed.c.phone)] if self.phones or self.only_listed else []
        if self.earlier:
            sources.append(_people_of(self.earlier))
        if self.everybody:  # which includes the rest of it
            return [*sources, self._contacts()]
        if self.contacts:
            sources.append(self._contacts().where(Contact.id.in_(self.contacts)))
        if self.groups:
            members = select(GroupMember.number).where(GroupMember.group_id.in_(self.groups))
            sources.append(self._contacts().where(Contact.number.in_(members)))
        return sources

    def _contacts(self) -> Select[str]:
        return select(Contact.phone).where(
            Contact.account_id == self.account_id, Contact.number.is_not(None)
        )


def resolve(account_id: int, order: Order) -> Audience:
    """Return whom an order names.

    Raises NotFound naming a group or contact that the account does not have, DomainError for too
    many listed numbers.
    """
    if len(order.recipients) + len(order.contacts) > MAX_LISTED:
        raise DomainError(
            "too_many_recipients",
            f"recipients and contactIds list {len(order.recipients) + len(order.contacts):,} "
            f"together; one request may list at most {MAX_LISTED:,}. Send several requests, or "
            "put the contacts into a group.",
        )
    phones, invalid = _read(order.recipients)
    chosen = _chosen(account_id, order.contacts)
    groups = contacts.groups.find_all(account_id, order.groups) if order.groups else []
    return Audience(
        account_id,
        phones=tuple(dict.fromkeys(phones)),
        listed=len(phones),
        invalid=tuple(dict.fromkeys(invalid)),
        contacts=tuple(id for id, number in chosen if number is not None),
        deleted=sum(number is None for _, number in chosen),
        groups=tuple(group.id for group in groups),
        everybody=order.everybody,
        earlier=_earlier(account_id, order),
        even_opted_out=order.is_answer,
    )


def measure(audience: Audience) -> tuple[int, int]:
    """Return how many numbers are asked for, and how many of them opted out."""
    everyone = audience.table()
    opted_out = everyone.outerjoin(
        OptOut,
        (OptOut.account_id == audience.account_id) & (OptOut.phone == everyone.c.phone) & IN_FORCE,
    )
    asked, out = db.session.execute(
        select(func.count(), func.count(OptOut.phone)).select_from(opted_out)
    ).one()
    return asked, out


def _people_of(earlier: Earlier) -> Select[str]:
    query = select(Recipient.phone).where(Recipient.message_id == earlier.message_id)
    return query.where(IS_FAILED) if earlier.only_failed else query


def _earlier(account_id: int, order: Order) -> Earlier | None:
    if order.people_of is None:
        return None
    message = history.message(account_id, order.people_of)
    count = message.failed if order.only_failed else message.recipient_count
    return Earlier(message.id, order.only_failed, count)


def _read(given: Sequence[str]) -> tuple[list[str], list[str]]:
    countries = current_app.config["COUNTRIES"]
    phones, invalid = [], []
    for number in given:
        digits = normalise(number, countries)
        if digits is None:
            invalid.append(number)
        else:
            phones.append(digits)
    return phones, invalid


def _chosen(account_id: int, public_ids: Sequence[str]) -> list[tuple[int, int | None]]:
    """Return the named contacts' ids, each once, with their numbers: None is one deleted."""
    if not public_ids:
        return []
    given = rows(((one,) for one in public_ids if one.isprintable()), public_id=String())
    rows_found = db.session.execute(
        select(Contact.public_id, Contact.id, Contact.number).where(
            Contact.account_id + 0 == account_id,  # not by the account's index: the whole book
            Contact.public_id.in_(select(given.c.public_id)),
        )
    )
    found = {public_id: (id, number) for public_id, id, number in rows_found}
    for public_id in public_ids:
        if public_id not in found:
            raise NotFound(
                "contact_unknown", f"There is no contact {public_id[:40]!r} in this account."
            )
    return list(found.values())
