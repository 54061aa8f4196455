"""What an order would do, before it does anything."""

import pytest
from sqlalchemy import func, select

from flashsms.extensions import db
from flashsms.models import Message, OptSource, Recipient, Transaction
from flashsms.services import contacts, opt_outs, sending
from flashsms.services.contacts import Draft
from flashsms.services.errors import DomainError
from flashsms.services.sending import Order, Preflight
from flashsms.services.sending.preflight import Share
from flashsms.text.segments import Encoding
from tests.factories import Member, phones


def look(member: Member, **order: object) -> Preflight:
    """Run the pre-flight of an order and check that it left no trace."""
    tables = (Message, Recipient, Transaction)
    before = [db.session.scalar(select(func.count()).select_from(table)) for table in tables]
    found = sending.preflight(member.account.id, Order(**order))  # type: ignore[arg-type]
    db.session.commit()
    after = [db.session.scalar(select(func.count()).select_from(table)) for table in tables]
    assert after == before
    assert member.balance == 1000
    return found


def test_it_counts_who_is_reached_and_who_is_not(ama: Member) -> None:
    one, two, three = phones(3)
    group = contacts.groups.create(ama.account.id, "VIP")
    contacts.add(ama.account.id, [Draft(one), Draft(two)], group.id)
    gone = contacts.create(ama.account.id, Draft(three)).public_id
    contacts.delete(ama.account.id, gone)
    opt_outs.opt_out(ama.account.id, two, OptSource.REPLY)
    found = look(
        ama,
        text="Hi",
        recipients=[one, one, "0509999999", "12", "0289999999"],
        groups=[group.public_id],
        contacts=[gone],
    )
    assert found.recipients == found.credits == 3
    assert found.duplicates == 2
    assert (found.left_out.invalid, found.left_out.opted_out, found.left_out.deleted) == (
        ("12",),
        1,
        1,
    )
    assert found.operators == {"MTN": 1, "Telecel": 1, "Other": 1}
    assert found.sender == "MyBrand"


def test_it_divides_the_price_by_parts(ama: Member) -> None:
    contacts.add(
        ama.account.id,
        [Draft("233201111111", "Al"), Draft("233242222222", "A" * 100), Draft("233263333333")],
    )
    found = look(ama, text="{{firstName}} " + "x" * 100, everybody=True)
    assert found.shares == [Share(1, 1, 1), Share(2, 1, 2)]
    assert found.credits == 3
    assert found.left_out.skipped_count == 1
    assert found.operators == {"Telecel": 1, "MTN": 1}


def test_it_agrees_with_what_sending_then_does(ama: Member) -> None:
    contacts.add(
        ama.account.id,
        [Draft(phone, "Ama" if at % 3 else None) for at, phone in enumerate(phones(50))],
    )
    opt_outs.opt_out(ama.account.id, phones(50)[1], OptSource.API)
    for text in ("Hi {{firstName}}, we are open.", "Hi", "Hi {{firstName|₵}}" + "x" * 70):
        order = Order(text=text, recipients=[*phones(5), "0509999999", "x"], everybody=True)
        found = sending.preflight(ama.account.id, order)
        accepted = sending.accept(ama.account.id, order)
        assert found.recipients == accepted.recipients
        assert found.credits == accepted.credits
        assert found.left_out == accepted.left_out


def test_it_names_the_character_that_makes_a_text_dear(ama: Member) -> None:
    found = look(ama, text="Only ₵5" + "x" * 90, recipients=phones(10))
    assert found.encoding is Encoding.UCS2
    [culprit] = found.savings.culprits
    assert (culprit.character, culprit.position, culprit.replacement) == ("₵", 5, "GHS")
    assert (found.credits, found.credits_saved) == (20, 10)
    assert found.savings.text.startswith("Only GHS 5")


def test_it_saves_only_where_the_own_text_gets_cheaper(ama: Member) -> None:
    contacts.add(ama.account.id, [Draft("233201111111", "Al"), Draft("233202222222", "Ɛsi")])
    found = look(ama, text="“{{firstName}}” " + "x" * 90, everybody=True)
    assert (found.credits, found.credits_saved) == (4, 1)


def test_too_few_credits_are_told_not_refused(ama: Member) -> None:
    contacts.add(ama.account.id, [Draft(phone) for phone in phones(1200)])
    found = look(ama, text="Hi", everybody=True)
    assert (found.credits, found.balance) == (1200, 1000)


def test_it_refuses_what_sending_would_refuse(ama: Member) -> None:
    for order in (
        Order(text="", recipients=["0201234567"]),
        Order(text="Hi", recipients=["x"]),
        Order(text="Hi", sender="Nobody", recipients=["0201234567"]),
        Order(text="Hi {{", recipients=["0201234567"]),
        Order(text="Hi {{code}}", recipients=["0201234567"]),
    ):
        with pytest.raises(DomainError) as real:
            sending.accept(ama.account.id, order)
        with pytest.raises(DomainError) as dry:
            sending.preflight(ama.account.id, order)
        assert (dry.value.code, dry.value.sentence) == (real.value.code, real.value.sentence)
