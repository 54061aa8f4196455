"""The address book page by page and searched: the same answers at any size."""

from collections.abc import Callable

import pytest

from flashsms.services import contacts
from flashsms.services.contacts import Draft, listing
from flashsms.services.errors import DomainError
from tests.factories import Member, phones

Search = Callable[[str], list[str]]
ODD = [
    "%age",
    "a_b",
    "O'Neill",
    'the "Boss"',
    "back\\slash",
    ";--DROP",
    "Ɔkɛseɛ",
    "Ŋmɛ",
    "👩🏾‍🌾",
    "שלום",
]


@pytest.fixture(params=["whole", "by the index"])
def search(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, ama: Member) -> Search:
    """A search for Ama, which compares all contacts or finds by the index what is further down."""
    if request.param == "by the index":
        monkeypatch.setattr(listing, "WINDOW", 1)

    def search(term: str) -> list[str]:
        found = contacts.page(ama.account.id, 1, 50, search=term)
        assert (found.total, found.exact) == (len(found.items), True)
        return [one.first_name or "" for one in found.items]

    return search


def test_the_newest_come_first_and_pages_follow_each_other(ama: Member):
    contacts.add(ama.account.id, [Draft(phone) for phone in phones(25)])
    pages = [contacts.page(ama.account.id, number, 10) for number in (1, 2, 3, 4)]
    assert [one.phone for page in pages for one in page.items] == phones(25)[::-1]
    assert [len(page.items) for page in pages] == [10, 10, 5, 0]
    assert {(page.total, page.total_pages, page.exact) for page in pages} == {(25, 3, True)}
    assert [page.has_more for page in pages] == [True, True, False, False]


def test_deep_pages_skip_what_was_deleted(ama: Member):
    group = contacts.groups.create(ama.account.id, "VIP")
    contacts.add(ama.account.id, [Draft(phone) for phone in phones(2500)], group.id)
    everybody = [one.public_id for one in contacts.page(ama.account.id, 1, 2500).items]
    contacts.delete_many(ama.account.id, everybody[::7])
    left = [public_id for at, public_id in enumerate(everybody) if at % 7]
    for group_id in (None, group.id):
        for number in (1, 15, 22, 23):
            page = contacts.page(ama.account.id, number, 100, group_id=group_id)
            wanted = left[(number - 1) * 100 : number * 100]
            assert [one.public_id for one in page.items] == wanted
            assert page.total == len(left)


def test_a_group_lists_its_own_in_the_order_of_the_book(ama: Member):
    contacts.add(ama.account.id, [Draft(phone) for phone in phones(6)])
    ids = [one.public_id for one in contacts.page(ama.account.id, 1, 10).items]
    group = contacts.groups.create(ama.account.id, "VIP")
    contacts.groups.put_in(ama.account.id, group.public_id, [ids[4], ids[1]])
    page = contacts.page(ama.account.id, 1, 10, group_id=group.id)
    assert [one.public_id for one in page.items] == [ids[1], ids[4]]
    assert page.total == 2


def test_a_search_finds_any_part_of_a_name_or_number(search: Search, ama: Member):
    contacts.add(
        ama.account.id,
        [Draft("233201234567", "Ama", "Mensah"), Draft("233241234567", "Kofi", "Boateng")],
    )
    for term in ("ama", "MENSAH", "ensa", "ma men", "020 123", "+233 20", "00233-20", "2012"):
        assert search(term) == ["Ama"], term
    assert search("1234567") == ["Kofi", "Ama"]
    for term in ("mensah kofi", "mensah 233", "nobody", "+1234567", "0201234567x"):
        assert search(term) == [], term


@pytest.mark.parametrize("name", ODD)
def test_a_search_is_literal(search: Search, ama: Member, name: str):
    drafts = [Draft(phone, one) for phone, one in zip(phones(len(ODD)), ODD, strict=True)]
    contacts.add(ama.account.id, drafts)
    assert search(name) == [name]
    assert search(name[0]) == [one for one in reversed(ODD) if name[0].casefold() in one.casefold()]


def test_a_search_stays_within_the_group_and_the_account(search: Search, ama: Member, kofi: Member):
    group = contacts.groups.create(ama.account.id, "VIP")
    for member in (ama, kofi):
        contacts.add(member.account.id, [Draft(phone, "Kofi") for phone in phones(3)])
    contacts.add(ama.account.id, [Draft("233501234567", "Kofi B")], group.id)
    assert len(search("kofi")) == 4
    found = contacts.page(ama.account.id, 1, 10, search="kofi", group_id=group.id)
    assert ([one.first_name for one in found.items], found.total) == (["Kofi B"], 1)


def test_pages_of_a_search_follow_each_other(search: Search, ama: Member):
    contacts.add(
        ama.account.id, [Draft(phone, f"Kofi {at}") for at, phone in enumerate(phones(25))]
    )
    assert search("kofi") == [f"Kofi {at}" for at in reversed(range(25))]
    pages = [contacts.page(ama.account.id, number, 10, search="kofi") for number in (1, 2, 3, 4)]
    names = [one.first_name for page in pages for one in page.items]
    assert names == [f"Kofi {at}" for at in reversed(range(25))]
    assert (pages[2].total, pages[3].total) == (25, 25)


def test_what_was_changed_or_deleted_is_found_as_it_is_now(search: Search, ama: Member):
    made = contacts.create(ama.account.id, Draft("233201234567", "Ama"))
    contacts.edit(ama.account.id, made.public_id, {"firstName": "Efua", "phone": "0241234567"})
    assert (search("efua"), search("0241")) == (["Efua"], ["Efua"])
    assert (search("ama"), search("0201")) == ([], [])
    contacts.delete(ama.account.id, made.public_id)
    assert search("efua") == []
    contacts.create(ama.account.id, Draft("233241234567", "Yaa"))
    assert (search("yaa"), search("efua")) == (["Yaa"], [])


def test_composed_and_combining_letters_find_each_other(search: Search, ama: Member):
    contacts.add(ama.account.id, [Draft("233201234567", "Andre\u0301")])
    assert search("andr\u00e9") == search("ANDRE\u0301") == ["Andre\u0301"]


def test_a_blank_search_is_none(ama: Member):
    contacts.add(ama.account.id, [Draft(phone) for phone in phones(3)])
    assert contacts.page(ama.account.id, 1, 10, search=" \t").total == 3


@pytest.mark.parametrize(("term", "says"), [("x" * 101, "100 characters"), ("a\x00", "NUL")])
def test_a_bad_search_is_refused(ama: Member, term: str, says: str):
    with pytest.raises(DomainError, match=says) as refused:
        contacts.page(ama.account.id, 1, 10, search=term)
    assert refused.value.code == "bad_search"


def test_a_common_name_in_a_large_book_is_counted_at_least(ama: Member):
    contacts.add(ama.account.id, [Draft("233201234567", "Ɔkɛseɛ 50%", "d'A\"rc")])
    for at in (0, 6000):
        drafts = [Draft(phone, "Kofi") for phone in phones(12_000)[at : at + 6000]]
        contacts.add(ama.account.id, drafts)
    for term in ("ɔkɛs", "50%", "'a\"r", "kɛseɛ 50% d'", "0201234567"):
        found = contacts.page(ama.account.id, 1, 10, search=term)
        assert [one.phone for one in found.items] == ["233201234567"]
        assert (found.total, found.exact) == (1, True)
    common = contacts.page(ama.account.id, 2, 10, search="kofi")
    assert (len(common.items), common.exact, common.has_more) == (10, False, True)
    assert 4000 < common.total < 12_000
    deep = contacts.page(ama.account.id, 1200, 10, search="kofi")
    assert (len(deep.items), deep.total, deep.exact) == (10, 12_000, True)
