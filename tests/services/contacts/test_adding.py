"""People come into an address book once, however often and by however many they are added."""

from sqlalchemy import func, select

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


def test_everybody_new_is_added_in_order(ama: Member) -> None:
    added = contacts.add(ama.account.id, [Draft(phone) for phone in phones(2500)])
    assert added == contacts.Added(created=2500, skipped=0)
    numbers = db.session.execute(select(Contact.phone, Contact.number).order_by(Contact.number))
    assert list(numbers) == list(zip(phones(2500), range(1, 2501), strict=True))
    assert counted(ama.account.id) == {0: 999, 1: 1000, 2: 501}


def test_who_is_known_stays_and_joins_the_group(ama: Member) -> None:
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


def test_who_was_deleted_comes_back_as_given_now(ama: Member) -> None:
    contacts.add(ama.account.id, [Draft(phone, "Old") for phone in phones(3)])
    [_, middle, _] = contacts.page(ama.account.id, 1, 10).items
    contacts.delete(ama.account.id, middle.public_id)
    assert contacts.add(ama.account.id, [Draft(middle.phone, "New")]) == contacts.Added(1, 0)
    newest = contacts.page(ama.account.id, 1, 10)
    assert [one.first_name for one in newest.items] == ["New", "Old", "Old"]
    assert newest.items[0].public_id == middle.public_id
    assert newest.total == 3


def test_two_accounts_can_hold_the_same_phone(ama: Member, kofi: Member) -> None:
    for member in (ama, kofi):
        assert contacts.add(member.account.id, [Draft("233201234567")]).created == 1
    assert db.session.scalar(select(func.count()).select_from(Contact)) == 2


def test_search_finds_any_part(ama: Member) -> None:
    contacts.add(ama.account.id, [Draft("233201234567", "Ama", "Mensah"), Draft("233241234567", "50% _x")])
    def found(term):
        return [one.phone[3:5] for one in contacts.page(ama.account.id, 1, 10, search=term).items]
    assert found("ensa") == found("MENSAH") == found("020 123") == found("+233 20") == ["20"]
    assert found("%") == found("_") == found("0% _") == ["24"]
    assert found("1234567") == ["24", "20"]


def test_a_rare_name_in_a_large_book_is_found_by_the_index(ama: Member) -> None:
    contacts.add(ama.account.id, [Draft("233201234567", "Ɔkɛseɛ 50%", "d'A\"rc")])
    for at in range(0, 12000, 6000):
        contacts.add(ama.account.id, [Draft(p, "Kofi") for p in phones(12000)[at:at+6000]])
    for term in ("ɔkɛs", "50%", "'a\"r", "kɛseɛ 50% d'", "0201234567"):
        found = contacts.page(ama.account.id, 1, 10, search=term)
        assert ([one.phone for one in found.items], found.total, found.exact) == (["233201234567"], 1, True)
    common = contacts.page(ama.account.id, 2, 10, search="kofi")
    assert (len(common.items), common.exact, common.has_more) == (10, False, True)
    assert 9000 < common.total < 12000
    deep = contacts.page(ama.account.id, 1200, 10, search="kofi")
    assert (len(deep.items), deep.total, deep.exact) == (10, 12000, True)
