"""One contact at a time: made, changed, deleted, and brought back."""

import pytest
from sqlalchemy import func, select

from flashsms.extensions import db
from flashsms.models import Contact
from flashsms.services import contacts
from flashsms.services.contacts import Draft, blocks
from flashsms.services.errors import DomainError, NotFound
from tests.factories import Member, phones

AMA = Draft("233201234567", "Ama", "Mensah", "ama@example.com", {"town": "Kumasi", "size": "M"})


def rows() -> int:
    return db.session.scalar(select(func.count()).select_from(Contact)) or 0


def test_a_new_contact_has_what_was_given(ama: Member):
    made = contacts.create(ama.account.id, AMA)
    found = contacts.find(ama.account.id, made.public_id)
    assert (found.phone, found.first_name, found.last_name) == (AMA.phone, "Ama", "Mensah")
    assert (found.email, found.fields) == ("ama@example.com", {"town": "Kumasi", "size": "M"})
    assert found.public_id.startswith("cnt_")
    assert found.deleted_at is None


def test_a_number_that_is_there_is_refused_naming_its_contact(ama: Member):
    made = contacts.create(ama.account.id, AMA)
    with pytest.raises(DomainError, match=made.public_id) as refused:
        contacts.create(ama.account.id, Draft(AMA.phone, "Esi"))
    assert refused.value.code == "contact_exists"
    assert contacts.find(ama.account.id, made.public_id).first_name == "Ama"


def test_a_new_contact_joins_the_group_that_is_named(ama: Member):
    group = contacts.groups.create(ama.account.id, "VIP")
    made = contacts.create(ama.account.id, AMA, group.public_id)
    assert contacts.groups.of([made]) == {made.id: [group]}
    assert contacts.groups.counted(ama.account.id) == [(group, 1)]


@pytest.mark.parametrize("group_id", ["", "grp_nobody", "\x00"])
def test_nothing_is_made_for_a_group_that_is_not_there(ama: Member, group_id: str):
    with pytest.raises(NotFound, match="no group"):
        contacts.create(ama.account.id, AMA, group_id)
    assert (rows(), blocks.total(ama.account.id)) == (0, 0)


def test_only_what_is_named_changes(ama: Member):
    made = contacts.create(ama.account.id, AMA)
    changed = contacts.edit(ama.account.id, made.public_id, {"lastName": " Owusu "})
    assert (changed.first_name, changed.last_name, changed.email) == ("Ama", "Owusu", AMA.email)
    assert changed.updated_at > changed.created_at
    assert contacts.page(ama.account.id, 1, 10, search="owusu").total == 1
    assert contacts.page(ama.account.id, 1, 10, search="mensah").total == 0


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_an_empty_value_clears(ama: Member, nothing: str | None):
    made = contacts.create(ama.account.id, AMA)
    given = {"firstName": nothing, "lastName": nothing, "email": nothing}
    changed = contacts.edit(ama.account.id, made.public_id, given)
    assert (changed.first_name, changed.last_name, changed.email) == (None, None, None)


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_the_number_cannot_be_cleared(ama: Member, nothing: str | None):
    made = contacts.create(ama.account.id, AMA)
    with pytest.raises(DomainError, match="phone"):
        contacts.edit(ama.account.id, made.public_id, {"phone": nothing})
    assert contacts.find(ama.account.id, made.public_id).phone == AMA.phone


def test_custom_fields_change_one_by_one(ama: Member):
    made = contacts.create(ama.account.id, AMA)
    given = {"customFields": {"town": None, "shoe": "42"}}
    changed = contacts.edit(ama.account.id, made.public_id, given)
    assert changed.fields == {"size": "M", "shoe": "42"}
    assert contacts.edit(ama.account.id, made.public_id, {"customFields": {}}).fields == {
        "size": "M",
        "shoe": "42",
    }


def test_no_custom_fields_at_all_clears_them(ama: Member):
    made = contacts.create(ama.account.id, AMA)
    assert contacts.edit(ama.account.id, made.public_id, {"customFields": None}).fields is None


def test_a_contact_takes_a_number_that_is_free(ama: Member):
    made = contacts.create(ama.account.id, AMA)
    contacts.edit(ama.account.id, made.public_id, {"phone": "0241234567"})
    assert contacts.find(ama.account.id, made.public_id).phone == "233241234567"
    assert contacts.create(ama.account.id, AMA).public_id != made.public_id


def test_a_contact_does_not_take_the_number_of_another(ama: Member):
    made = contacts.create(ama.account.id, AMA)
    other = contacts.create(ama.account.id, Draft("233241234567", "Esi"))
    with pytest.raises(DomainError, match=other.public_id):
        contacts.edit(ama.account.id, made.public_id, {"phone": other.phone, "firstName": "X"})
    db.session.expire_all()
    found = contacts.find(ama.account.id, made.public_id)
    assert (found.phone, found.first_name) == (AMA.phone, "Ama")


def test_a_contact_takes_over_the_number_of_a_deleted_one(ama: Member):
    made = contacts.create(ama.account.id, AMA)
    other = contacts.create(ama.account.id, Draft("233241234567"))
    contacts.delete(ama.account.id, other.public_id)
    changed = contacts.edit(ama.account.id, made.public_id, {"phone": "0241234567"})
    assert (changed.phone, rows()) == ("233241234567", 2)
    with pytest.raises(NotFound):  # its id stays that of a deleted contact
        contacts.find(ama.account.id, other.public_id)
    assert contacts.add(ama.account.id, [AMA]) == contacts.Added(1, 0)


def test_a_deleted_contact_is_gone_from_the_book_and_its_groups(ama: Member):
    group = contacts.groups.create(ama.account.id, "VIP")
    made = contacts.create(ama.account.id, AMA, group.public_id)
    contacts.delete(ama.account.id, made.public_id)
    for act in (contacts.find, contacts.delete):
        with pytest.raises(NotFound):
            act(ama.account.id, made.public_id)
    assert contacts.page(ama.account.id, 1, 10).items == []
    assert contacts.page(ama.account.id, 1, 10, search="Ama").total == 0
    assert contacts.groups.counted(ama.account.id) == [(group, 0)]


def test_making_a_deleted_contact_again_revives_it_as_given_now(ama: Member):
    group = contacts.groups.create(ama.account.id, "VIP")
    made = contacts.create(ama.account.id, AMA, group.public_id)
    contacts.delete(ama.account.id, made.public_id)
    again = contacts.create(ama.account.id, Draft(AMA.phone, "Esi"))
    assert again.public_id == made.public_id
    assert (again.first_name, again.last_name, again.fields) == ("Esi", None, None)
    assert contacts.groups.of([again]) == {again.id: []}
    assert (rows(), blocks.total(ama.account.id)) == (1, 1)


def test_many_are_deleted_at_once_and_unknown_ids_delete_nobody(ama: Member, kofi: Member):
    group = contacts.groups.create(ama.account.id, "VIP")
    drafts = [Draft(phone) for phone in phones(3)]
    contacts.add(ama.account.id, drafts, group.id)
    hers = contacts.page(ama.account.id, 1, 10).items
    his = contacts.create(kofi.account.id, AMA)
    ids = [hers[0].public_id, hers[1].public_id, his.public_id, "cnt_nobody"]
    assert contacts.delete_many(ama.account.id, ids) == 2
    assert [one.id for one in contacts.page(ama.account.id, 1, 10).items] == [hers[2].id]
    assert contacts.groups.counted(ama.account.id) == [(group, 1)]
    assert contacts.find(kofi.account.id, his.public_id)


@pytest.mark.parametrize("public_id", ["", "cnt_nobody", "\x00", "'", "\ud800", "x" * 10_000])
def test_an_id_that_is_none_is_not_found(ama: Member, public_id: str):
    for act in (contacts.find, contacts.delete):
        with pytest.raises(NotFound) as refused:
            act(ama.account.id, public_id)
        assert len(refused.value.sentence) < 300


def test_what_a_stranger_has_is_not_found(ama: Member, kofi: Member):
    his = contacts.create(kofi.account.id, AMA)
    for act in (contacts.find, contacts.delete):
        with pytest.raises(NotFound):
            act(ama.account.id, his.public_id)
    with pytest.raises(NotFound):
        contacts.edit(ama.account.id, his.public_id, {"firstName": "X"})
    assert contacts.find(kofi.account.id, his.public_id).first_name == "Ama"


def test_many_are_found_at_once_and_strangers_are_not(ama: Member, kofi: Member):
    mine = contacts.create(ama.account.id, AMA)
    deleted = contacts.create(ama.account.id, Draft("233241234567"))
    contacts.delete(ama.account.id, deleted.public_id)
    theirs = contacts.create(kofi.account.id, AMA)
    ids = [mine.public_id, mine.public_id, deleted.public_id, theirs.public_id, "nobody", "\0"]
    assert [one.public_id for one in contacts.find_many(ama.account.id, ids)] == [mine.public_id]
    assert contacts.find_many(ama.account.id, []) == []


def test_names_are_those_of_contacts_that_are_there(ama: Member) -> None:
    one, two, three = phones(3)
    contacts.add(ama.account.id, [Draft(one, "Esi", "Mensah"), Draft(two), Draft(three, "Gone")])
    gone = contacts.page(ama.account.id, 1, 1, search="gone").items[0]
    contacts.delete(ama.account.id, gone.public_id)
    assert contacts.names_of(ama.account.id, [one, two, three, "1"]) == {one: "Esi Mensah"}
    assert contacts.names_of(ama.account.id, []) == {}
