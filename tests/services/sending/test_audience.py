"""Whom an order reaches: merged from every source, each number once."""

import pytest
from sqlalchemy import func, select

from flashsms.extensions import db
from flashsms.models import Message, OptSource, Recipient
from flashsms.services import contacts, opt_outs, sending
from flashsms.services.contacts import Draft
from flashsms.services.errors import DomainError, InsufficientCredits, NotFound
from flashsms.services.sending import Order, audience
from tests.factories import Member, ledger_sum, phones


def reached(order: Order, member: Member) -> list[str]:
    """Accept the order and return the numbers that it reaches."""
    message = sending.accept(member.account.id, order).message
    found = select(Recipient.phone).where(Recipient.message_id == message.id)
    return sorted(db.session.scalars(found))


def group(member: Member, name: str, numbers: list[str]) -> str:
    """Make a group with these people in it and return its id."""
    made = contacts.groups.create(member.account.id, name)
    contacts.add(member.account.id, [Draft(phone) for phone in numbers], made.id)
    return made.public_id


def contact(member: Member, phone: str) -> str:
    """Add one person and return the id."""
    return contacts.create(member.account.id, Draft(phone)).public_id


def test_every_source_is_merged_and_each_number_reached_once(ama: Member) -> None:
    one, two, three, four = phones(4)
    families = group(ama, "Families", [one, two])
    vip = group(ama, "VIP", [two, three])
    single = contact(ama, four)
    order = Order(text="Hi", recipients=[one, "0209999999"], groups=[families, vip])
    assert reached(order, ama) == sorted([one, two, three, "233209999999"])
    order = Order(text="Hi", contacts=[single, single], groups=[vip, vip])
    assert reached(order, ama) == sorted([two, three, four])
    order = Order(text="Hi", recipients=["0209999999", one], groups=[vip], everybody=True)
    assert reached(order, ama) == sorted([one, two, three, four, "233209999999"])


def test_everybody_is_the_account_itself_and_nobody_else(ama: Member, kofi: Member) -> None:
    group(ama, "Mine", phones(3))
    group(kofi, "Theirs", phones(5))
    assert reached(Order(text="Hi", everybody=True), ama) == sorted(phones(3))


def test_groups_and_contacts_of_another_account_are_unknown(ama: Member, kofi: Member) -> None:
    theirs, contact_id = group(kofi, "Theirs", phones(2)), contact(kofi, "233209999999")
    for order in (
        Order(text="Hi", groups=[theirs]),
        Order(text="Hi", recipients=["0201234567"], contacts=[contact_id]),
        Order(text="Hi", groups=["grp_\0"]),
        Order(text="Hi", contacts=["cnt_\0", "'"]),
    ):
        with pytest.raises(NotFound):
            sending.accept(ama.account.id, order)
    assert db.session.scalar(select(func.count()).select_from(Message)) == 0
    assert ama.balance == ledger_sum(ama.account) == 1000


def test_who_opted_out_is_left_out_whatever_the_source(ama: Member, kofi: Member) -> None:
    one, two, three = phones(3)
    families = group(ama, "Families", [one, two])
    single = contact(ama, three)
    for phone in (one, three, "233209999999"):
        opt_outs.opt_out(ama.account.id, phone, OptSource.DASHBOARD)
    order = Order(
        text="Hi", recipients=["0209999999", one, two], groups=[families], contacts=[single]
    )
    accepted = sending.accept(ama.account.id, order)
    assert (accepted.recipients, accepted.left_out.opted_out) == (1, 3)
    accepted = sending.accept(ama.account.id, Order(text="Hi", recipients=[one, two]))
    assert (accepted.recipients, accepted.left_out.opted_out) == (1, 1)
    assert reached(Order(text="Hi", recipients=[one]), kofi) == [one]
    opt_outs.opt_in(ama.account.id, one, OptSource.DASHBOARD)
    assert reached(Order(text="Hi", recipients=[one]), ama) == [one]


def test_an_order_that_only_reaches_who_opted_out_is_refused(ama: Member) -> None:
    opt_outs.opt_out(ama.account.id, "233201234567", OptSource.REPLY)
    with pytest.raises(DomainError, match="1 opted out"):
        sending.accept(ama.account.id, Order(text="Hi", recipients=["0201234567"]))
    assert db.session.scalar(select(func.count()).select_from(Message)) == 0


def test_deleted_contacts_are_left_out_and_counted(ama: Member) -> None:
    one, two = phones(2)
    vip, gone, stays = group(ama, "VIP", [one]), contact(ama, "233209999999"), contact(ama, two)
    contacts.delete(ama.account.id, gone)
    accepted = sending.accept(
        ama.account.id, Order(text="Hi", contacts=[gone, stays], groups=[vip])
    )
    assert (accepted.recipients, accepted.left_out.deleted) == (2, 1)
    with pytest.raises(DomainError, match="1 of the contacts are deleted"):
        sending.accept(ama.account.id, Order(text="Hi", contacts=[gone]))


def test_what_a_group_costs_is_checked_before_it_is_written(ama: Member) -> None:
    everyone = group(ama, "Everyone", phones(1001))
    with pytest.raises(InsufficientCredits, match="1,001"):
        sending.accept(ama.account.id, Order(text="Hi", groups=[everyone]))
    assert ama.balance == 1000


def test_numbers_and_contacts_listed_together_have_a_limit(ama: Member) -> None:
    with pytest.raises(DomainError, match="1,001"):
        sending.accept(
            ama.account.id, Order(text="Hi", recipients=phones(501), contacts=["cnt_1"] * 500)
        )


def test_a_place_that_is_given_again_reaches_no_stranger(ama: Member) -> None:
    """Between looking a contact up and writing the recipients, somebody else takes its place."""
    wanted = contact(ama, phones(2)[0])
    people = audience.resolve(ama.account.id, Order(text="Hi", contacts=[wanted]))
    contacts.delete(ama.account.id, wanted)
    contact(ama, phones(2)[1])
    assert db.session.scalars(select(people.reached().c.phone)).all() == []


def test_a_deleted_groups_id_never_means_another_group(ama: Member, kofi: Member) -> None:
    mine = group(ama, "Mine", phones(2))
    people = audience.resolve(ama.account.id, Order(text="Hi", groups=[mine]))
    contacts.groups.delete(ama.account.id, mine)
    group(kofi, "Theirs", phones(2))
    group(ama, "Other", phones(2))
    assert db.session.scalars(select(people.reached().c.phone)).all() == []


def test_a_thousand_groups_are_sent_to_at_once(ama: Member) -> None:
    ids = [contacts.groups.create(ama.account.id, f"Group {at}").public_id for at in range(600)]
    contact_id = contact(ama, phones(1)[0])
    for one in ids[::100]:
        contacts.groups.put_in(ama.account.id, one, [contact_id])
    assert reached(Order(text="Hi", groups=ids), ama) == phones(1)
