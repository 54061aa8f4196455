"""The ledger in a browser."""

import csv
import re
from datetime import UTC, datetime

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import update

from flashsms.extensions import db
from flashsms.models import Account, Role, Transaction, TransactionType, User
from flashsms.services import credits, ledger, sending
from flashsms.services.sending import Order
from flashsms.web import credits as view
from tests.factories import Member, phones
from tests.web.browsing import sign_in

MINUS = "\u2212"
SCRIPT = "<script>alert('x')</script>"


@pytest.fixture(autouse=True)
def _signed_in(client: FlaskClient, ama: Member) -> None:
    sign_in(client, "ama@example.com")


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


def rows(page: str) -> list[tuple[str, str, str]]:
    """Return type, description and signed amount of each row that is shown."""
    small = re.compile(r'<div class="d-md-none.*?</div>', re.S)  # the same again, for phones
    cells = [
        [
            re.sub(r"<[^>]+>", "", cell).strip()
            for cell in re.findall(r"<td.*?</td>", small.sub("", row), re.S)
        ]
        for row in re.findall(r'<tr id="txn_.*?</tr>', page, re.S)
    ]
    return [(type, description, amount) for _, type, description, amount, _ in cells]


def sums(page: str) -> dict[str, str]:
    found = re.findall(r"<dt>(\w+)</dt><dd[^>]*>(.*?)</dd>", page)
    return {word: re.sub(r"<[^>]+>", "", amount) for word, amount in found}


def test_the_ledger_is_shown_newest_first_with_what_it_was_for(
    client: FlaskClient, ama: Member, kofi: Member
) -> None:
    grant(ama, 50, "Mobile money 4711")
    order = Order(text="Akwaaba", recipients=phones(3), campaign_name="Easter")
    message = sending.accept(ama.account.id, order).message
    grant(kofi, 7, "Not hers")
    page = client.get("/credits").text
    assert [(type, amount) for type, _, amount in rows(page)] == [
        ("Used", f"{MINUS}3"),
        ("Purchase", "+50"),
        ("Bonus", "+1,000"),
    ]
    assert "1,047 credits" in page
    assert f'href="/campaigns/{message.public_id}"' in page
    assert "Not hers" not in page
    assert sums(page) == {"Purchase": "+50", "Used": f"{MINUS}3", "Bonus": "+1,000"}


def test_members_do_not_see_the_money(client: FlaskClient, ama: Member) -> None:
    db.session.execute(update(User).values(role=Role.MEMBER))
    db.session.commit()
    for path in ("/credits", "/credits.csv"):
        answer = client.get(path)
        assert answer.status_code == 403
        assert "Opening credits" not in answer.text


def test_scripts_in_descriptions_are_text(client: FlaskClient, ama: Member) -> None:
    grant(ama, 1, SCRIPT)
    page = client.get("/credits").text
    assert SCRIPT not in page
    assert "&lt;script&gt;" in page


def test_a_type_is_picked_out(client: FlaskClient, ama: Member) -> None:
    grant(ama, 5)
    grant(ama, -2, "Mistake", type=TransactionType.ADJUSTMENT)
    page = client.get("/credits?type=ADJUSTMENT").text
    assert rows(page) == [("Adjustment", "Mistake", f"{MINUS}2")]
    assert sums(page) == {"Adjustment": f"{MINUS}2"}
    assert '<option selected value="ADJUSTMENT">' in page
    assert "/credits.csv?type=ADJUSTMENT" in page


@pytest.mark.parametrize(
    ("timezone", "found"),
    [("Africa/Accra", ["c", "b"]), ("Asia/Tokyo", ["d", "c"]), ("America/New_York", ["c"])],
)
def test_days_are_those_of_the_account_and_the_last_is_included(
    client: FlaskClient, ama: Member, timezone: str, found: list[str]
) -> None:
    db.session.execute(update(Account).values(timezone=timezone))
    db.session.commit()
    moments = {
        "a": "2031-03-09T14:59",
        "b": "2031-03-10T00:00",
        "c": "2031-03-11T04:30",
        "d": "2031-03-12T04:30",
    }
    if timezone == "Asia/Tokyo":
        moments |= {"b": "2031-03-09T14:59", "c": "2031-03-11T14:59", "d": "2031-03-11T14:59"}
    for name, moment in moments.items():
        grant(ama, 1, name, moment)
    page = client.get("/credits?from=2031-03-10&to=2031-03-11").text
    assert [description for _, description, _ in rows(page)] == found
    assert sums(page) == {"Purchase": f"+{len(found)}"}


@pytest.mark.parametrize("blank", ["", "%20", "%09%20", "%E3%80%80"])
def test_a_blank_filter_is_none(client: FlaskClient, ama: Member, blank: str) -> None:
    query = f"type={blank}&from={blank}&to={blank}"
    assert rows(client.get(f"/credits?{query}").text) == rows(client.get("/credits").text) != []
    file = client.get(f"/credits.csv?{query}", buffered=True)
    assert file.status_code == 200
    assert "BONUS" in file.text


def test_one_end_of_the_days_is_enough(client: FlaskClient, ama: Member) -> None:
    for year in (2031, 2033, 2035):
        grant(ama, 1, f"in {year}", f"{year}-06-01T12:00")
    from_then = rows(client.get("/credits?from=2033-06-01").text)
    assert [description for _, description, _ in from_then] == ["in 2035", "in 2033"]
    until_then = rows(client.get("/credits?to=2033-05-31&type=PURCHASE").text)
    assert [description for _, description, _ in until_then] == ["in 2031"]
    assert rows(client.get("/credits?from=2040-01-01").text) == []
    assert rows(client.get("/credits?to=2001-01-01").text) == []


def test_pages_lead_to_older_and_back_to_newer_ones(
    client: FlaskClient, ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "LIMIT", 2)
    for number in range(5):
        grant(ama, 1, f"no {number}")

    def follow(page: str, rel: str) -> str:
        found = re.search(rf'rel="{rel}" href="([^"]+)"', page)
        assert found, page
        assert "type=PURCHASE" in found[1]
        return client.get(found[1].replace("&amp;", "&")).text

    def shown(page: str) -> list[str]:
        return [description for _, description, _ in rows(page)]

    first = client.get("/credits?type=PURCHASE").text
    second = follow(first, "next")
    third = follow(second, "next")
    assert [shown(first), shown(second), shown(third)] == [
        ["no 4", "no 3"],
        ["no 2", "no 1"],
        ["no 0"],
    ]
    assert 'rel="prev"' not in first
    assert 'rel="next"' not in third
    assert shown(follow(third, "prev")) == ["no 2", "no 1"]
    assert shown(follow(follow(third, "prev"), "prev")) == ["no 4", "no 3"]


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("id", ["txn_none", "%00", "x" * 9000, "%F0%9F%98%80", "1", "__"])
def test_a_place_that_is_not_there_is_not_found(client: FlaskClient, place: str, id: str) -> None:
    answer = client.get(f"/credits?{place}={id}")
    assert answer.status_code == 404
    assert "Start anew." in answer.text


def test_a_place_in_another_ledger_is_not_found(
    client: FlaskClient, ama: Member, kofi: Member
) -> None:
    theirs = db.session.query(Transaction).filter_by(account_id=kofi.account.id).one()
    assert client.get(f"/credits?before={theirs.public_id}").status_code == 404


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=yesterday", "Enter a day such as"),
        ("to=2026-13-01", "Enter a day such as"),
        ("to=%00", "Enter a day such as"),
        ("from=0001-01-01", "Enter a day from 2000 to 2050"),
        ("to=9999-12-31", "Enter a day from 2000 to 2050"),
        ("from=" + "9" * 9000, "Enter a day such as"),
        ("type=%F0%9F%98%80", "Choose a type of the list"),
        ("type=usage", "Choose a type of the list"),
        ("from=2026-05-02&to=2026-05-01", "is before"),
    ],
)
def test_a_filter_that_cannot_be_read_says_what_to_do(
    client: FlaskClient, query: str, said: str
) -> None:
    page = client.get(f"/credits?{query}")
    assert page.status_code == 400
    assert re.search(rf'class="invalid-feedback"[^>]*>[^<]*{said}', page.text), page.text
    assert rows(page.text) == []
    file = client.get(f"/credits.csv?{query}")
    assert file.status_code == 400
    assert said in file.text


def test_what_was_typed_is_shown_again(client: FlaskClient) -> None:
    assert 'value="2026-13-01"' in client.get("/credits?from=2026-13-01").text


def test_an_empty_ledger_and_an_empty_search_say_different_things(
    client: FlaskClient, ama: Member
) -> None:
    assert "Nothing was found" in client.get("/credits?type=REFUND").text
    db.session.query(Transaction).delete()
    db.session.commit()
    assert "Nothing has happened yet" in client.get("/credits").text


def test_too_many_rows_are_listed_but_not_added_up(
    client: FlaskClient, ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant(ama, 5)
    monkeypatch.setattr(ledger, "MOST_SUMMED", 1)
    page = client.get("/credits").text
    assert sums(page) == {}
    assert "too many rows to add up" in page
    assert len(rows(page)) == 2
    assert sums(client.get("/credits?type=PURCHASE").text) == {"Purchase": "+5"}


def test_the_file_has_every_row_of_the_filter_and_no_formula(
    client: FlaskClient, ama: Member, kofi: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "PIECE", 2)
    db.session.execute(update(Account).values(timezone="Asia/Tokyo"))
    db.session.commit()
    for number in range(5):
        grant(ama, number + 1, f"=1+{number}", "2031-03-10T20:00")
    grant(ama, -4, "@cmd, “quoted”", "2031-03-11T01:00", TransactionType.ADJUSTMENT)
    grant(kofi, 9, "Not hers")
    answer = client.get("/credits.csv?from=2031-03-11", buffered=True)
    assert answer.mimetype == "text/csv"
    assert "credits.csv" in answer.headers["Content-Disposition"]
    assert answer.text.startswith('\ufeff"id","date","type"')
    first, *others = csv.DictReader(answer.text.removeprefix("\ufeff").splitlines())
    assert (first["type"], first["amount"]) == ("ADJUSTMENT", "-4")
    assert first["description"] == "'@cmd, “quoted”"
    assert first["date"] == "2031-03-11 10:00:00"
    assert [one["description"] for one in others] == [f"'=1+{number}" for number in (4, 3, 2, 1, 0)]
    assert [one["balance"] for one in others] == ["1015", "1010", "1006", "1003", "1001"]
