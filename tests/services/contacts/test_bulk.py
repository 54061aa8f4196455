"""Many people from one request: whoever is wrong is left out and told of."""

import pytest

from flashsms.services import contacts
from flashsms.services.contacts import Added, Invalid, bulk
from flashsms.services.errors import DomainError, NotFound
from tests.factories import Member


def test_the_good_are_added_and_the_bad_are_told_of(ama: Member):
    group = contacts.groups.create(ama.account.id, "VIP")
    given = [
        {"phone": "0201234567", "firstName": "Ama"},
        {"phone": "12"},
        "0241234567",
        {"phone": 5},
        {"phone": "0241234567", "firstName": "A\nB"},
        {"phone": "+233201234567", "firstName": "Esi"},
    ]
    taken = contacts.take(ama.account.id, given, group.public_id)
    assert taken.added == Added(created=1, skipped=1)
    assert [(one.index, one.phone) for one in taken.invalid] == [
        (1, "12"),
        (2, None),
        (3, None),
        (4, "0241234567"),
    ]
    assert [one.reason.split()[0] for one in taken.invalid] == ["phone:", "A", "phone", "firstName"]
    [stored] = contacts.page(ama.account.id, 1, 10, group_id=group.id).items
    assert (stored.phone, stored.first_name) == ("233201234567", "Ama")


def test_nobody_good_adds_nobody(ama: Member):
    taken = contacts.take(ama.account.id, [{"phone": "1"}])
    assert taken.added == Added(0, 0)
    [only] = taken.invalid
    assert isinstance(only, Invalid)
    assert contacts.page(ama.account.id, 1, 10).total == 0


@pytest.mark.parametrize("stranger", [True, False])
def test_nothing_is_stored_for_a_group_that_is_not_there(ama: Member, kofi: Member, stranger: bool):
    his = contacts.groups.create(kofi.account.id, "VIP").public_id
    with pytest.raises(NotFound):
        contacts.take(ama.account.id, [{"phone": "0201234567"}], his if stranger else "grp_nobody")
    assert contacts.page(ama.account.id, 1, 10).total == 0


def test_more_than_10000_are_refused_unread(ama: Member):
    assert bulk.MOST == 10_000
    with pytest.raises(DomainError, match="10,001") as refused:
        contacts.take(ama.account.id, [{"phone": "0201234567"}] * 10_001)
    assert refused.value.code == "too_many_contacts"
    assert contacts.page(ama.account.id, 1, 10).total == 0
