"""People come into an address book once, however often and by however many they are added."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from sqlalchemy import event, func, select

from flashsms.extensions import db
from flashsms.models import Contact, ContactBlock
from flashsms.services import contacts
from flashsms.services.contacts import Draft, blocks
from tests.factories import Member, phones


def counted(account_id: int) -> dict[int, int]:
    """Count by hand what the blocks should say."""
    db.session.commit()
    found = db.session.execute(
        select(ContactBlock.block, ContactBlock.contacts).where(
            ContactBlock.account_id == account_id, ContactBlock.group_id == 0
        )
    )
    return {block: count for block, count in found if count}


def statements(act: Callable[[], object]) -> list[str]:
    """Return what `act` says to the database."""
    said: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(db.engine, "before_cursor_execute", listen)
    act()
    event.remove(db.engine, "before_cursor_execute", listen)
    return said


def test_everybody_new_is_added_in_order(ama: Member):
    added = contacts.add(ama.account.id, [Draft(phone) for phone in phones(2500)])
    assert added == contacts.Added(created=2500, skipped=0)
    numbers = db.session.execute(select(Contact.phone, Contact.number).order_by(Contact.number))
    assert list(numbers) == list(zip(phones(2500), range(1, 2501), strict=True))
    assert counted(ama.account.id) == {0: 999, 1: 1000, 2: 501}


def test_who_is_known_stays_and_joins_the_group(ama: Member):
    contacts.add(ama.account.id, [Draft("233201234567", "Ama")])
    group = contacts.groups.create(ama.account.id, "VIP")
    drafts = [Draft("233201234567", "Kofi"), Draft("233241234567"), Draft("233241234567", "Esi")]
    assert contacts.add(ama.account.id, drafts, group.id) == contacts.Added(1, 2)
    page = contacts.page(ama.account.id, 1, 10, group_id=group.id)
    assert [(one.phone, one.first_name) for one in page.items] == [
        ("233241234567", None),
        ("233201234567", "Ama"),
    ]
    assert page.total == blocks.total(ama.account.id) == 2


def test_who_was_deleted_comes_back_as_given_now(ama: Member):
    contacts.add(ama.account.id, [Draft(phone, "Old") for phone in phones(3)])
    [_, middle, _] = contacts.page(ama.account.id, 1, 10).items
    contacts.delete(ama.account.id, middle.public_id)
    assert contacts.add(ama.account.id, [Draft(middle.phone, "New")]) == contacts.Added(1, 0)
    newest = contacts.page(ama.account.id, 1, 10)
    assert [one.first_name for one in newest.items] == ["New", "Old", "Old"]
    assert newest.items[0].public_id == middle.public_id
    assert newest.total == 3


def test_two_accounts_can_hold_the_same_phone(ama: Member, kofi: Member):
    for member in (ama, kofi):
        assert contacts.add(member.account.id, [Draft("233201234567")]).created == 1
    assert db.session.scalar(select(func.count()).select_from(Contact)) == 2


def test_adding_nobody_changes_nothing(ama: Member):
    group = contacts.groups.create(ama.account.id, "VIP")
    assert contacts.add(ama.account.id, [], group.id) == contacts.Added(0, 0)
    assert (counted(ama.account.id), contacts.page(ama.account.id, 1, 10).total) == ({}, 0)


def test_everything_that_is_known_of_a_person_is_kept(ama: Member):
    draft = Draft("233201234567", "Ɛsi", "O'Neill", "esi@example.com", {"note": '%_"\\;-- 👩🏾‍🌾'})
    contacts.add(ama.account.id, [draft])
    [stored] = contacts.page(ama.account.id, 1, 10).items
    found = (stored.phone, stored.first_name, stored.last_name, stored.email, stored.fields)
    assert found == (draft.phone, draft.first_name, draft.last_name, draft.email, draft.fields)
    contacts.delete(ama.account.id, stored.public_id)
    contacts.add(ama.account.id, [draft])
    assert contacts.find(ama.account.id, stored.public_id).fields == draft.fields


def test_the_number_of_statements_is_the_same_for_any_number_of_people(ama: Member, kofi: Member):
    contacts.add(kofi.account.id, [Draft("233201234567")])  # what runs once, has run
    few = statements(lambda: contacts.add(ama.account.id, [Draft(phones(1)[0])]))
    many = statements(lambda: contacts.add(ama.account.id, [Draft(one) for one in phones(3000)]))
    assert len(many) == len(few) < 12


def test_books_filled_at_the_same_moment_hold_everybody_once(app: Flask, ama: Member):
    group_id = contacts.groups.create(ama.account.id, "VIP").id
    everybody = phones(900)

    def fill(at: int) -> contacts.Added:
        with app.app_context():
            mine = everybody[at * 100 : at * 100 + 300]
            return contacts.add(ama.account.id, [Draft(phone) for phone in mine], group_id)

    with ThreadPoolExecutor(4) as pool:
        added = list(pool.map(fill, range(7)))
    assert sum(one.created for one in added) == 900
    assert sum(one.created + one.skipped for one in added) == 7 * 300
    assert sum(counted(ama.account.id).values()) == blocks.total(ama.account.id, group_id) == 900
    numbers = db.session.scalars(select(Contact.number).order_by(Contact.number))
    assert list(numbers) == list(range(1, 901))
