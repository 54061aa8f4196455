"""Numbers that an account must not send to."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from flashsms.extensions import db
from flashsms.models import OptOut, OptSource, now
from flashsms.services import opt_outs
from flashsms.services.errors import DomainError
from tests.factories import Member, phones

ESI = "233201234567"
YAW = "233241234567"


def history_of(phone: str) -> list[tuple[OptSource, OptSource | None]]:
    """Return where each opt-out of the number and its way back came from, the oldest first."""
    db.session.commit()
    found = db.session.execute(
        select(OptOut.source, OptOut.opted_in_source)
        .where(OptOut.phone == phone)
        .order_by(OptOut.id)
    )
    return [(source, back) for source, back in found]


def test_a_number_is_opted_out_once(ama: Member) -> None:
    before = now()
    assert opt_outs.opt_out(ama.account.id, ESI, OptSource.REPLY) is True
    assert opt_outs.opt_out(ama.account.id, ESI, OptSource.API) is False
    found = opt_outs.find(ama.account.id, ESI)
    assert found is not None
    assert found.source is OptSource.REPLY
    assert before <= found.opted_out_at <= now()
    assert history_of(ESI) == [(OptSource.REPLY, None)]


def test_a_number_that_came_back_can_leave_again_and_all_of_it_is_kept(ama: Member) -> None:
    opt_outs.opt_out(ama.account.id, ESI, OptSource.REPLY)
    assert opt_outs.opt_in(ama.account.id, ESI, OptSource.DASHBOARD) is True
    assert opt_outs.find(ama.account.id, ESI) is None
    assert opt_outs.among(ama.account.id, [ESI]) == set()
    assert opt_outs.opt_out(ama.account.id, ESI, OptSource.LINK) is True
    assert opt_outs.among(ama.account.id, [ESI]) == {ESI}
    assert history_of(ESI) == [(OptSource.REPLY, OptSource.DASHBOARD), (OptSource.LINK, None)]


def test_opting_in_changes_only_what_is_in_force(ama: Member) -> None:
    assert opt_outs.opt_in(ama.account.id, ESI, OptSource.API) is False
    opt_outs.opt_out(ama.account.id, ESI, OptSource.REPLY)
    opt_outs.opt_in(ama.account.id, ESI, OptSource.DASHBOARD)
    assert opt_outs.opt_in(ama.account.id, ESI, OptSource.API) is False
    assert history_of(ESI) == [(OptSource.REPLY, OptSource.DASHBOARD)]


def test_an_opt_out_holds_for_one_account(ama: Member, kofi: Member) -> None:
    opt_outs.opt_out(ama.account.id, ESI, OptSource.REPLY)
    assert opt_outs.find(kofi.account.id, ESI) is None
    assert opt_outs.among(kofi.account.id, [ESI]) == set()
    assert opt_outs.page(kofi.account.id, 1, 10).total == 0
    assert opt_outs.since(kofi.account.id, now() - timedelta(hours=1)) is False
    assert opt_outs.opt_in(kofi.account.id, ESI, OptSource.API) is False
    assert opt_outs.opt_out(kofi.account.id, ESI, OptSource.API) is True
    assert opt_outs.opt_in(kofi.account.id, ESI, OptSource.API) is True
    assert opt_outs.among(ama.account.id, [ESI]) == {ESI}


def test_many_are_opted_out_at_once_each_counted_once(ama: Member) -> None:
    many = phones(5000)
    opt_outs.opt_out(ama.account.id, many[0], OptSource.REPLY)
    opt_outs.opt_out(ama.account.id, many[1], OptSource.REPLY)
    opt_outs.opt_in(ama.account.id, many[1], OptSource.REPLY)
    assert opt_outs.opt_out_many(ama.account.id, [*many, *many], OptSource.IMPORT) == 4999
    assert opt_outs.opt_out_many(ama.account.id, iter(many), OptSource.IMPORT) == 0
    assert opt_outs.opt_out_many(ama.account.id, [], OptSource.IMPORT) == 0
    assert opt_outs.page(ama.account.id, 1, 10).total == 5000


def test_it_is_told_which_of_thousands_are_opted_out(ama: Member) -> None:
    many = phones(8000)
    opt_outs.opt_out_many(ama.account.id, many[::2], OptSource.IMPORT)
    opt_outs.opt_in(ama.account.id, many[0], OptSource.DASHBOARD)
    assert opt_outs.among(ama.account.id, many) == set(many[2::2])
    assert opt_outs.among(ama.account.id, iter(many[1::2])) == set()
    assert opt_outs.among(ama.account.id, []) == set()


def test_an_opt_out_after_a_moment_is_noticed(ama: Member) -> None:
    started = now()
    assert opt_outs.since(ama.account.id, started) is False
    opt_outs.opt_out(ama.account.id, ESI, OptSource.REPLY)
    assert opt_outs.since(ama.account.id, started) is True
    assert opt_outs.since(ama.account.id, now() + timedelta(hours=1)) is False


def test_an_opt_out_from_just_before_is_noticed_as_its_commit_may_have_come_later(
    ama: Member,
) -> None:
    opt_outs.opt_out(ama.account.id, ESI, OptSource.REPLY)
    assert opt_outs.since(ama.account.id, now() + timedelta(minutes=1)) is True


def test_those_opted_out_are_listed_page_by_page_the_newest_first(ama: Member) -> None:
    many = phones(5)
    for phone in many:
        opt_outs.opt_out(ama.account.id, phone, OptSource.DASHBOARD)
    opt_outs.opt_in(ama.account.id, many[3], OptSource.DASHBOARD)
    first = opt_outs.page(ama.account.id, 1, 3)
    assert [found.phone for found in first.items] == [many[4], many[2], many[1]]
    assert (first.total, first.has_more) == (4, True)
    last = opt_outs.page(ama.account.id, 2, 3)
    assert [found.phone for found in last.items] == [many[0]]
    assert last.has_more is False


@pytest.mark.parametrize(
    "phone", ["", "+233201234567", "0201 234 567", "123456", "1" * 16, "٠٢٠١٢٣٤٥٦٧", "2332012\0345"]
)
def test_what_is_not_digits_is_refused_by_every_verb(ama: Member, phone: str) -> None:
    account = ama.account.id
    for verb in (
        lambda: opt_outs.opt_out(account, phone, OptSource.API),
        lambda: opt_outs.opt_out_many(account, [ESI, phone], OptSource.API),
        lambda: opt_outs.opt_in(account, phone, OptSource.API),
        lambda: opt_outs.among(account, [ESI, phone]),
        lambda: opt_outs.find(account, phone),
    ):
        with pytest.raises(DomainError, match="phone") as refused:
            verb()
        assert refused.value.code == "bad_phone"
    assert opt_outs.page(account, 1, 10).total == 0


def test_the_same_numbers_opted_out_at_once_make_one_row_each(app: Flask, ama: Member) -> None:
    account_id = ama.account.id
    wanted = phones(400)
    orders = [wanted, wanted[::-1], wanted[200:] + wanted[:200], wanted]
    start = threading.Barrier(len(orders))
    added: list[int] = []
    failed: list[BaseException] = []

    def leave(order: list[str]) -> None:
        with app.app_context():
            try:
                start.wait()
                added.append(opt_outs.opt_out_many(account_id, order, OptSource.IMPORT))
            except BaseException as error:
                failed.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=leave, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert sum(added) == 400
    db.session.commit()
    rows = db.session.scalar(select(func.count()).select_from(OptOut))
    assert rows == 400
