"""Operators find an account among all of them."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from flashsms.extensions import db, transaction
from flashsms.models import ActivityHour, Role, now
from flashsms.services import accounts
from flashsms.services.accounts import listing
from flashsms.services.errors import NotFound
from tests.factories import Member, member


def names(found: listing.Listed) -> list[str]:
    return [row.account.name for row in found.items]


def found(search: str) -> list[str]:
    return names(listing.page(10, search=search))


def opened(name: str, phone: str) -> str:
    """Open an account with this phone as it was typed, and return its id."""
    account = accounts.create(accounts.NewAccount(name, phone, "shop@site.test", "correct horse"))
    return account.public_id


def test_the_newest_come_first_page_by_page(ama: Member, kofi: Member) -> None:
    for number in range(3):
        member(f"Shop {number}", f"shop{number}@example.com")
    first = listing.page(2)
    assert (names(first), first.older, first.newer) == (["Shop 2", "Shop 1"], True, False)
    second = listing.page(2, before=first.items[-1].account.public_id)
    assert (names(second), second.older, second.newer) == (["Shop 0", "Kofi"], True, True)
    last = listing.page(2, before=second.items[-1].account.public_id)
    assert (names(last), last.older, last.newer) == (["Ama"], False, True)
    back = listing.page(2, after=last.items[0].account.public_id)
    assert (names(back), back.older, back.newer) == (["Shop 0", "Kofi"], True, True)
    front = listing.page(2, after=back.items[0].account.public_id)
    assert (names(front), front.older, front.newer) == (["Shop 2", "Shop 1"], True, False)


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("account_id", ["acc_nothing", "\0", "%"])
def test_an_unknown_place_is_not_found(ama: Member, place: str, account_id: str) -> None:
    with pytest.raises(NotFound):
        listing.page(2, **{place: account_id})


def test_it_is_found_by_name_e_mail_and_id(ama: Member, kofi: Member) -> None:
    assert found("Am") == ["Kofi", "Ama"]  # the one by "example.com"
    assert found(" AMA ") == ["Ama"]
    assert found("KOFI@EXAMPLE") == ["Kofi"]
    assert found(ama.account.public_id) == ["Ama"]
    assert found("example.com") == ["Kofi", "Ama"]
    assert found("nobody") == []


def test_it_is_found_by_the_e_mail_of_any_member(ama: Member, kofi: Member) -> None:
    with transaction():
        accounts.add_user(ama.account.id, "till@shop.example", "hash", Role.MEMBER)
    assert found("till@") == ["Ama"]
    assert listing.page(10, search="till@").items[0].owner == "ama@example.com"


def test_names_in_other_letters_are_found_as_they_were_typed(app: object) -> None:
    opened("École Ɔdɔ", "0247654321")
    assert found("École") == ["École Ɔdɔ"]
    assert found("Ɔdɔ") == ["École Ɔdɔ"]


@pytest.mark.parametrize("stored", ["024 765 4321", "+233 (0)24-765.4321", "233247654321",
                                    "247654321", "00233247654321"])  # fmt: skip
@pytest.mark.parametrize("typed", ["0247654321", "+233 24 765 4321", "233247654321", "024 76",
                                   "+23324765", "247654", "4321"])  # fmt: skip
def test_a_phone_is_found_in_any_form(ama: Member, stored: str, typed: str) -> None:
    opened("Shop", stored)
    assert found(typed) == ["Shop"]
    assert found("024 99") == []


def test_a_phone_is_found_as_it_was_typed(ama: Member) -> None:
    opened("Shop", "024-765-4321")
    assert found("024-765-43") == ["Shop"]


@pytest.mark.parametrize("typed", ["%", "_", "\\", "a%a", "A_a"])
def test_a_search_has_no_wildcards(ama: Member, kofi: Member, typed: str) -> None:
    assert found(typed) == []
    opened(f"100 {typed} cotton", "0247654321")
    assert found(typed) == [f"100 {typed} cotton"]


def test_a_null_is_no_search(ama: Member) -> None:
    assert found("\0") == ["Ama"]
    assert found("A\0ma") == ["Ama"]


def test_only_the_suspended_ones(ama: Member, kofi: Member) -> None:
    accounts.suspend(ama.account.public_id, "Spam")
    assert names(listing.page(10, suspended=True)) == ["Ama"]
    assert names(listing.page(10, suspended=True, search="kofi")) == []


def test_each_has_what_it_sent_in_30_days(ama: Member, kofi: Member) -> None:
    count(ama, "MTN", 5)
    count(ama, "AT", 2)
    count(ama, "MTN", 10, days_ago=29)
    count(ama, "MTN", 1000, days_ago=30)
    sent = {row.account.name: row.sent for row in listing.page(10).items}
    assert sent == {"Ama": 17, "Kofi": 0}


def test_a_page_takes_as_many_statements_whatever_it_has(ama: Member) -> None:
    assert statements() == statements() == 3
    for number in range(10):
        member(f"Shop {number}", f"shop{number}@example.com")
    assert statements() == 3


def count(whose: Member, operator: str, sent: int, days_ago: int = 0) -> None:
    moment = now().replace(minute=0, second=0, microsecond=0) - timedelta(days=days_ago)
    with transaction():
        row = {"account_id": whose.account.id, "hour": moment, "operator": operator}
        db.session.add(ActivityHour(**row, sent=sent, delivered=0, failed=0))


def statements() -> int:
    db.session.commit()
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    listing.page(25)
    event.remove(db.engine, "before_cursor_execute", note)
    return len([one for one in seen if one.startswith("SELECT")])
