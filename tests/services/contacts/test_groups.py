"""Groups of contacts: their names, their members, their counts."""

import pytest
from sqlalchemy import func, select

from flashsms.extensions import db
from flashsms.models import GroupMember
from flashsms.services import contacts
from flashsms.services.contacts import Draft, blocks, groups
from flashsms.services.errors import DomainError, NotFound
from tests.factories import Member, phones


def filled(member: Member, name: str, count: int) -> tuple[str, list[str]]:
    """Make a group of new contacts and return its id and theirs, the newest first."""
    group = groups.create(member.account.id, name)
    contacts.add(member.account.id, [Draft(phone) for phone in phones(count)], group.id)
    found = contacts.page(member.account.id, 1, count, group_id=group.id)
    return group.public_id, [one.public_id for one in found.items]


def counts(member: Member) -> dict[str, int]:
    return {group.name: count for group, count in groups.counted(member.account.id)}


def members() -> int:
    return db.session.scalar(select(func.count()).select_from(GroupMember)) or 0


def test_groups_are_listed_by_name_whatever_their_case(ama: Member):
    for name in ("vip", "Accra", "Zongo", "Ɔdɔ"):
        groups.create(ama.account.id, name)
    assert list(counts(ama)) == ["Accra", "vip", "Zongo", "Ɔdɔ"]


@pytest.mark.parametrize("again", ["VIP", "vip", " Vip "])
def test_a_name_that_is_there_is_refused(ama: Member, again: str):
    groups.create(ama.account.id, "VIP")
    with pytest.raises(DomainError, match="already") as refused:
        groups.create(ama.account.id, again)
    assert refused.value.code == "group_exists"
    assert counts(ama) == {"VIP": 0}


def test_two_accounts_can_use_the_same_name(ama: Member, kofi: Member):
    assert groups.create(ama.account.id, "VIP") != groups.create(kofi.account.id, "VIP")
    assert counts(ama) == counts(kofi) == {"VIP": 0}


@pytest.mark.parametrize("name", ["", " ", "\x00", "a\nb", "x" * 101, "x" * 10_000, "a\ud800"])
def test_a_bad_name_is_refused(ama: Member, name: str):
    with pytest.raises(DomainError, match=r"^name ") as refused:
        groups.create(ama.account.id, name)
    assert refused.value.code == "bad_group"
    assert counts(ama) == {}


@pytest.mark.parametrize(
    "name", ["x" * 100, "ﬃ" * 100, "Ŋmɛnyɛ 👩🏾‍🌾", "עברית", "100%_'\"\\;--", "e\u0301"]
)
def test_any_other_name_is_kept_as_given(ama: Member, name: str):
    made = groups.create(ama.account.id, name)
    db.session.expire_all()
    assert groups.find(ama.account.id, made.public_id).name == name


def test_an_account_has_at_most_1000_groups(ama: Member, monkeypatch: pytest.MonkeyPatch):
    assert groups.MOST == 1000
    monkeypatch.setattr(groups, "MOST", 2)
    groups.create(ama.account.id, "One")
    groups.create(ama.account.id, "Two")
    with pytest.raises(DomainError, match="at most 2 groups") as refused:
        groups.create(ama.account.id, "Three")
    assert refused.value.code == "too_many_groups"


def test_a_group_gets_another_name_but_not_that_of_another(ama: Member):
    group = groups.create(ama.account.id, "VIP")
    groups.create(ama.account.id, "Accra")
    with pytest.raises(DomainError, match="already"):
        groups.rename(ama.account.id, group.public_id, "accra")
    assert counts(ama) == {"Accra": 0, "VIP": 0}
    groups.rename(ama.account.id, group.public_id, "vip 2")
    assert counts(ama) == {"Accra": 0, "vip 2": 0}


def test_contacts_join_and_leave_and_are_counted_once(ama: Member):
    vip, ids = filled(ama, "VIP", 3)
    other = groups.create(ama.account.id, "Other").public_id
    assert groups.put_in(ama.account.id, other, [*ids[:2], ids[0], "cnt_nobody"]) == 2
    assert groups.put_in(ama.account.id, other, ids) == 1
    assert groups.take_out(ama.account.id, vip, [ids[0], "cnt_nobody"]) == 1
    assert groups.take_out(ama.account.id, vip, ids[:1]) == 0
    assert counts(ama) == {"Other": 3, "VIP": 2}
    assert members() == 5


def test_the_groups_of_contacts_are_told(ama: Member):
    vip, ids = filled(ama, "VIP", 2)
    other = groups.create(ama.account.id, "Other")  # made later, and first by name
    groups.put_in(ama.account.id, other.public_id, ids[:1])
    both, one = (contacts.find(ama.account.id, public_id) for public_id in ids)
    of = groups.of([both, one])
    assert [group.name for group in of[both.id]] == ["Other", "VIP"]
    assert [group.public_id for group in of[one.id]] == [vip]
    assert groups.of([]) == {}


def test_a_deleted_group_leaves_its_contacts(ama: Member):
    vip, ids = filled(ama, "VIP", 3)
    groups.delete(ama.account.id, vip)
    assert (counts(ama), members(), blocks.total(ama.account.id)) == ({}, 0, 3)
    left = contacts.find(ama.account.id, ids[0])
    assert groups.of([left]) == {left.id: []}
    assert groups.create(ama.account.id, "VIP").public_id != vip
    assert counts(ama) == {"VIP": 0}


@pytest.mark.parametrize("public_id", ["", "grp_nobody", "\x00", "'", "\ud800", "x" * 10_000])
def test_an_id_that_is_none_is_not_found(ama: Member, public_id: str):
    for act in (groups.find, groups.delete, groups.id_of):
        with pytest.raises(NotFound, match="no group") as refused:
            act(ama.account.id, public_id)
        assert len(refused.value.sentence) < 300


def test_no_group_named_is_no_group(ama: Member):
    assert groups.id_of(ama.account.id, None) is None


def test_what_a_stranger_has_is_not_found(ama: Member, kofi: Member):
    his, ids = filled(kofi, "VIP", 2)
    for act in (groups.find, groups.delete, groups.id_of):
        with pytest.raises(NotFound):
            act(ama.account.id, his)
    with pytest.raises(NotFound):
        groups.rename(ama.account.id, his, "Mine")
    for act in (groups.put_in, groups.take_out):
        with pytest.raises(NotFound):
            act(ama.account.id, his, ids)
    assert counts(kofi) == {"VIP": 2}


def test_a_strangers_contacts_join_nothing(ama: Member, kofi: Member):
    _, ids = filled(kofi, "VIP", 2)
    mine = groups.create(ama.account.id, "Mine").public_id
    assert groups.put_in(ama.account.id, mine, ids) == 0
    assert counts(ama) == {"Mine": 0}
