"""The ledgers of all accounts, and whether they add up."""

import csv
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select, update

from flashsms.admin import transactions as view
from flashsms.extensions import db, transaction
from flashsms.jobs import ledger
from flashsms.models import (
    Account,
    AuditEntry,
    LedgerCheck,
    Transaction,
    TransactionType,
    now,
)
from flashsms.services import credits
from flashsms.services.audit import Action
from flashsms.services.operations import transactions
from tests.admin.test_overview import words
from tests.factories import Member, member
from tests.web.browsing import fill

MINUS = "\u2212"
SCRIPT = "<script>alert('x')</script>"


def grant(
    member: Member,
    amount: int,
    reason: str = "Bought",
    at: str | None = None,
    type: TransactionType = TransactionType.PURCHASE,
) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC) if at else datetime.now(UTC)
    with time_machine.travel(moment, tick=False):
        credits.grant(member.account.id, amount, type=type, reason=reason)


def rows(page: str) -> list[tuple[str, str, str, str]]:
    """Return account, type, description and signed amount of each row that is shown."""
    small = re.compile(r'<div class="d-md-none.*?</div>', re.S)  # the same again, for phones
    cells = [
        [
            re.sub(r"<[^>]+>", "", cell).strip()
            for cell in re.findall(r"<td.*?</td>", small.sub("", row), re.S)
        ]
        for row in re.findall(r'<tr id="txn_.*?</tr>', page, re.S)
    ]
    return [(account, type, text, amount) for _, account, type, text, amount, _ in cells]


def descriptions(page: str) -> list[str]:
    return [text for _, _, text, _ in rows(page)]


def sums(page: str) -> dict[str, str]:
    found = re.findall(r"<dt>(\w+)</dt><dd[^>]*>(.*?)</dd>", page)
    return {word: re.sub(r"<[^>]+>", "", amount) for word, amount in found}


def older(client: FlaskClient, page: str) -> str:
    found = re.search(r'rel="next" href="([^"]+)"', page)
    assert found, page
    return client.get(found[1].replace("&amp;", "&")).text


def run_check(operator: FlaskClient) -> None:
    """Ask for a check as the page does, and make it as a worker does."""
    assert fill(operator, "/admin/credits", "/admin/credits/check").status_code == 302
    db.session.commit()
    asked = select(LedgerCheck.id).where(LedgerCheck.finished_at.is_(None))
    ledger.check(db.session.scalars(asked).one())


def test_the_rows_of_all_accounts_are_shown_newest_first(
    operator: FlaskClient, ama: Member, kofi: Member
) -> None:
    grant(ama, 50, "Mobile money 4711")
    grant(kofi, -3, SCRIPT, type=TransactionType.ADJUSTMENT)
    page = operator.get("/admin/credits").text
    assert SCRIPT not in page
    assert [(account, type, amount) for account, type, _, amount in rows(page)] == [
        ("Kofi", "Adjustment", f"{MINUS}3"),
        ("Ama", "Purchase", "+50"),
        ("Kofi", "Bonus", "+1,000"),
        ("Ama", "Bonus", "+1,000"),
        ("Operations", "Bonus", "+1,000"),
    ]
    assert f'href="/admin/accounts/{kofi.account.public_id}"' in page
    assert sums(page) == {"Purchase": "+50", "Bonus": "+3,000", "Adjustment": f"{MINUS}3"}
    integers = re.findall(r'href="/admin/accounts/(\d+)"', page)
    assert integers == []


def test_an_account_is_picked_out(operator: FlaskClient, ama: Member, kofi: Member) -> None:
    grant(ama, 5, "Hers")
    grant(kofi, 6, "His")
    page = operator.get(f"/admin/credits?account={ama.account.public_id}").text
    assert descriptions(page) == ["Hers", "Opening credits"]
    assert sums(page) == {"Purchase": "+5", "Bonus": "+1,000"}
    assert "Only Ama ." in words(page)


def test_a_type_is_picked_out(operator: FlaskClient, ama: Member, kofi: Member) -> None:
    grant(ama, 5, "Hers")
    grant(kofi, 6, "His")
    page = operator.get("/admin/credits?type=PURCHASE").text
    assert descriptions(page) == ["His", "Hers"]
    assert sums(page) == {"Purchase": "+11"}
    both = f"/admin/credits?type=PURCHASE&account={ama.account.public_id}"
    assert descriptions(operator.get(both).text) == ["Hers"]


@pytest.mark.parametrize(
    "filtered", ["", "type=PURCHASE", "account={}", "type=PURCHASE&account={}"]
)
def test_days_are_those_of_the_operator_and_the_last_is_included(
    operator: FlaskClient, boss: Member, ama: Member, filtered: str
) -> None:
    boss.account.timezone = "Asia/Tokyo"
    db.session.commit()
    for name, moment in {
        "a": "2031-03-09T14:59",
        "b": "2031-03-09T15:00",
        "c": "2031-03-11T14:59",
        "d": "2031-03-11T15:00",
    }.items():
        grant(ama, 1, name, moment)
    days = "from=2031-03-10&to=2031-03-11&" + filtered.format(ama.account.public_id)
    assert descriptions(operator.get(f"/admin/credits?{days}").text) == ["c", "b"]
    file = operator.get(f"/admin/credits.csv?{days}", buffered=True).text
    assert [one["description"] for one in csv.DictReader(file.splitlines())] == ["c", "b"]


@pytest.mark.parametrize(
    "filtered",
    ["", "type=PURCHASE", "account={}", "from=2031-01-01", "type=PURCHASE&from=2031-01-01"],
)
def test_pages_lead_to_older_rows_and_back_to_the_newest(
    operator: FlaskClient, ama: Member, monkeypatch: pytest.MonkeyPatch, filtered: str
) -> None:
    monkeypatch.setattr(view, "LIMIT", 2)
    for number in range(5):
        grant(ama, 1, f"no {number}", f"2031-01-0{1 + number // 2}T12:00")
    query = filtered.format(ama.account.public_id)
    page = operator.get(f"/admin/credits?{query}").text
    assert "Newest" not in page
    seen = descriptions(page)
    while 'rel="next"' in page:
        page = older(operator, page)
        seen += descriptions(page)
    assert seen[:5] == ["no 4", "no 3", "no 2", "no 1", "no 0"]
    assert f'href="/admin/credits?{query}">Newest'.replace('?"', '"') in page.replace("&amp;", "&")


def test_a_search_by_type_and_days_looks_so_far_and_offers_to_go_on(
    operator: FlaskClient, ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "LOOKED", 3)
    grant(ama, 1, "long ago", "2031-01-01T12:00")
    for number in range(7):
        grant(ama, 1, f"no {number}", "2031-06-01T12:00")
    page = operator.get("/admin/credits?type=PURCHASE&to=2031-01-31").text
    assert "Nothing was found so far" in page
    assert "Looked back to 1 Jun 2031" in words(page)
    page = older(operator, older(operator, page))
    assert descriptions(page) == ["long ago"]
    assert "Look further back" not in page
    page = operator.get("/admin/credits?type=PURCHASE&from=2031-05-31&to=2031-06-30").text
    assert descriptions(page) == ["no 6", "no 5", "no 4"]
    page = older(operator, older(operator, page))
    assert descriptions(page) == ["no 0"]
    assert "Look further back" not in page, "what is older is not of these days"


def test_totals_are_of_the_last_thirty_days_or_of_those_asked_for(
    operator: FlaskClient, ama: Member
) -> None:
    today = now().date()
    for days, amount in ((0, 1), (29, 20), (30, 300), (400, 4000)):
        grant(ama, amount, at=(now() - timedelta(days=days)).isoformat()[:19])
    assert sums(operator.get("/admin/credits").text)["Purchase"] == "+21"
    since = today - timedelta(days=30)
    assert sums(operator.get(f"/admin/credits?from={since}").text)["Purchase"] == "+321"
    page = operator.get(f"/admin/credits?from={today - timedelta(days=500)}").text
    assert sums(page)["Purchase"] == "+321"
    assert "A year at most is added up" in page
    page = operator.get(f"/admin/credits?to={today - timedelta(days=390)}").text
    assert sums(page) == {"Purchase": "+4,000"}
    assert "yet to come" in operator.get("/admin/credits?from=2050-01-01").text


def test_totals_tell_each_day_in_utc(operator: FlaskClient, boss: Member, ama: Member) -> None:
    boss.account.timezone = "Asia/Tokyo"
    db.session.commit()
    with time_machine.travel(datetime(2026, 3, 9, 23, 30, tzinfo=UTC), tick=False):
        credits.grant(ama.account.id, 70, type=TransactionType.PURCHASE, reason="Paid")
        with transaction():
            credits.charge(ama.account.id, 30, description="Sale", reference="c1")
    said = words(operator.get("/admin/credits?from=2026-03-08&to=2026-03-10").text)
    assert f"9 Mar 2026 +70 {MINUS}30" in said
    assert "8 Mar 2026 to 10 Mar 2026, days in UTC" in said


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("account=acc_nobody", "No account has this ID"),
        ("account=1", "No account has this ID"),
        ("account=%00", "No account has this ID"),
        ("account=" + "x" * 5000, "No account has this ID"),
        ("from=yesterday", "Enter a day such as"),
        ("type=usage", "Choose a type of the list"),
        ("from=2026-05-02&to=2026-05-01", "is before"),
    ],
)
def test_a_filter_that_cannot_be_read_says_what_to_do(
    operator: FlaskClient, query: str, said: str
) -> None:
    page = operator.get(f"/admin/credits?{query}")
    assert page.status_code == 400
    assert re.search(rf'class="invalid-feedback"[^>]*>[^<]*{said}', page.text), page.text
    assert rows(page.text) == []
    file = operator.get(f"/admin/credits.csv?{query}")
    assert file.status_code == 400
    assert said in file.text


@pytest.mark.parametrize("place", ["before", "at"])
@pytest.mark.parametrize("id", ["txn_none", "%00", "x" * 9000, "%F0%9F%98%80", "1", "__"])
def test_a_place_that_is_not_there_is_not_found(operator: FlaskClient, place: str, id: str) -> None:
    answer = operator.get(f"/admin/credits?{place}={id}")
    assert answer.status_code == 404
    assert "Start anew." in answer.text


@pytest.mark.parametrize("blank", ["", "%20", "%09%20"])
def test_a_blank_filter_is_none(operator: FlaskClient, ama: Member, blank: str) -> None:
    query = f"account={blank}&type={blank}&from={blank}&to={blank}&before=&at="
    assert rows(operator.get(f"/admin/credits?{query}").text) != []


@pytest.mark.parametrize(
    "query", ["", "type=PURCHASE", "from=2031-01-01", "type=PURCHASE&from=2031-01-01"]
)
def test_the_file_has_every_row_of_the_filter_and_no_formula(
    operator: FlaskClient,
    ama: Member,
    kofi: Member,
    monkeypatch: pytest.MonkeyPatch,
    query: str,
) -> None:
    monkeypatch.setattr(transactions, "PIECE", 2)
    db.session.execute(update(Account).where(Account.id == kofi.account.id).values(name="=1+1"))
    db.session.commit()
    for number in range(5):
        grant(kofi if number % 2 else ama, number + 1, f"@{number}", "2031-03-10T20:00")
    answer = operator.get(f"/admin/credits.csv?{query}", buffered=True)
    assert answer.mimetype == "text/csv"
    assert "ledgers.csv" in answer.headers["Content-Disposition"]
    found = list(csv.DictReader(answer.text.removeprefix("\ufeff").splitlines()))
    assert [one["description"] for one in found[:5]] == [
        f"'@{number}" for number in (4, 3, 2, 1, 0)
    ]
    assert (found[1]["account"], found[1]["account name"]) == (kofi.account.public_id, "'=1+1")
    assert found[0]["date"] == "2031-03-10 20:00:00"
    assert len(found) == (5 if query else 8)


def test_a_balance_that_was_changed_is_named_on_the_page(
    operator: FlaskClient, ama: Member, kofi: Member
) -> None:
    db.session.execute(
        update(Account).where(Account.id == ama.account.id).values(balance=Account.balance + 7)
    )
    db.session.commit()
    run_check(operator)
    said = words(operator.get("/admin/credits").text)
    assert "1 account of 3 does not add up." in said
    assert f"Ama {ama.account.public_id} 1,007 1,000 +7" in said
    assert "the balance itself was changed" in said
    assert "1 account does not add up" in words(operator.get("/admin").text)


def test_a_row_whose_amount_was_changed_is_named_on_the_page(
    operator: FlaskClient, ama: Member, kofi: Member
) -> None:
    for amount in (10, 20, 30):
        grant(kofi, amount)
    [row] = db.session.scalars(select(Transaction).where(Transaction.amount == 20))
    db.session.execute(update(Transaction).where(Transaction.id == row.id).values(amount=25))
    db.session.commit()
    run_check(operator)
    page = operator.get("/admin/credits").text
    assert f"Kofi {kofi.account.public_id} 1,060 1,065 {MINUS}5 {row.public_id}" in words(page)
    found = re.search(r'href="([^"]+at=txn_[^"]+)"', page)
    assert found
    there = rows(operator.get(found[1].replace("&amp;", "&")).text)
    assert [amount for *_, amount in there] == ["+25", "+10", "+1,000"]


def test_balances_that_add_up_are_said_to(operator: FlaskClient, ama: Member) -> None:
    assert "They were not checked yet." in words(operator.get("/admin/credits").text)
    run_check(operator)
    said = words(operator.get("/admin/credits").text)
    assert "yes The balances of all 2 accounts equal the sums of their rows." in said


def test_asking_for_a_check_is_written_down_once_and_its_progress_shown(
    operator: FlaskClient, ama: Member
) -> None:
    fill(operator, "/admin/credits", "/admin/credits/check")
    page = operator.get("/admin/credits").text
    assert "A check is running since" in page
    assert "Check now" not in page
    part = operator.get("/admin/credits/check", headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<section class="card" id="check"')
    assert 'hx-trigger="every 3s"' in part
    again = fill(operator, "/admin/credits", "/admin/credits/check")
    assert again.status_code == 409
    assert "Balances are being checked already." in again.text
    db.session.commit()
    written = select(AuditEntry).where(AuditEntry.action == Action.LEDGER_CHECKED)
    [entry] = db.session.scalars(written)
    assert entry.actor == "boss@example.com"


def test_the_last_ten_checks_are_listed(operator: FlaskClient) -> None:
    for number in range(12):
        night = date(2031, 1, 1) + timedelta(days=number)
        db.session.add(LedgerCheck(night=night, finished_at=now(), accounts=number, found=[]))
    db.session.commit()
    page = operator.get("/admin/credits").text
    assert "The last 10 checks" in page
    assert page.count("<td>nightly</td>") == 10


def test_it_takes_as_many_statements_however_much_there_is(
    app: Flask, operator: FlaskClient, ama: Member, count_statements: Callable[[str], int]
) -> None:
    few = count_statements("/admin/credits")
    for number in range(12):
        grant(member(f"Shop {number}", f"shop{number}@example.com"), 5)
        db.session.add(LedgerCheck(finished_at=now(), accounts=1, found=[]))
        db.session.commit()
    assert count_statements("/admin/credits") == few < 10


@pytest.fixture
def count_statements(operator: FlaskClient) -> Callable[[str], int]:
    """How many statements a page runs."""
    ran: list[str] = []

    @event.listens_for(db.engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        ran.append(statement)

    def count(path: str) -> int:
        operator.get(path)
        ran.clear()
        assert operator.get(path).status_code == 200
        return len(ran)

    return count
