"""What every account sent, in an operator's browser."""

import csv
import re
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from flashsms.admin import history as view
from flashsms.extensions import db
from flashsms.models import AuditEntry, Carrier, Message, OptSource, Recipient
from flashsms.services import opt_outs, sending
from flashsms.services.operations import candidates, sieve
from flashsms.services.operations import history as messages
from flashsms.services.sending import Order
from tests.factories import Member, phones
from tests.services.operations.history_data import PHONES, REASONS, fill
from tests.web.browsing import token

SCRIPT = "<script>alert('x')</script>"
SHOWN = "&lt;script&gt;alert"
NEXT = re.compile(r'rel="next" href="([^"]+)"')
NONSENSE = ("nonsense", "c%00", "c" * 25, "c" * 25 + "-1", "-1", "%D9%A3", "9" * 400)


@pytest.fixture
def members(ama: Member, kofi: Member) -> list[Member]:
    everybody = [ama, kofi]
    fill(everybody)
    return everybody


def listed(page: str) -> list[str]:
    """The ids of the messages that a page lists."""
    return re.findall(r'<tr id="message-(c[0-9a-z]{24})"', page)


def numbers(page: str) -> list[str]:
    """The numbers of the recipients that a page lists."""
    return re.findall(r'<a class="tabular[^>]*>\+(\d+)</a>', page)


def pages(client: FlaskClient, path: str) -> list[str]:
    """A list from its first page to its last."""
    found: list[str] = []
    while path:
        answer = client.get(path)
        assert answer.status_code == 200, path
        found.append(answer.text)
        following = NEXT.search(answer.text)
        path = following[1].replace("&amp;", "&") if following else ""
    return found


def message(**wanted: Any) -> Message:
    found = db.session.scalars(select(Message).filter_by(**wanted)).first()
    assert found is not None
    return found


def send(member: Member, text: str = "Akwaaba", **more: Any) -> Message:
    order = Order(text=text, recipients=phones(3), **more)
    return sending.accept(member.account.id, order).message


def test_messages_of_all_accounts_are_listed_newest_first(
    operator: FlaskClient, ama: Member, kofi: Member
) -> None:
    first, second = send(ama, campaign_name="Easter"), send(kofi)
    page = operator.get("/admin/history").text
    assert listed(page) == [second.public_id, first.public_id]
    assert "Easter" in page
    assert "Ama" in page
    assert "Kofi" in page


def test_paging_forth_shows_each_message_once(
    operator: FlaskClient, members: list[Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "LIMIT", 7)
    shown = [one for page in pages(operator, "/admin/history") for one in listed(page)]
    assert len(shown) == 60
    assert set(shown) == set(db.session.scalars(select(Message.public_id)))


def test_paging_forth_shows_each_recipient_once(
    operator: FlaskClient, members: list[Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sieve, "WINDOW", 50)
    shown = [one for page in pages(operator, "/admin/history/recipients") for one in numbers(page)]
    assert sorted(shown) == sorted(db.session.scalars(select(Recipient.phone)))


def test_a_filter_stays_while_paging(
    operator: FlaskClient, members: list[Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "LIMIT", 4)
    account = members[0].account
    path = f"/admin/history?account={account.public_id}&sender=Shop&from=2026-09-06"
    shown = [one for page in pages(operator, path) for one in listed(page)]
    day = datetime(2026, 9, 6, tzinfo=UTC)
    wanted = select(Message.public_id).filter_by(account_id=account.id, sender="Shop")
    assert sorted(shown) == sorted(db.session.scalars(wanted.where(Message.created_at >= day)))
    assert len(shown) > 4


def test_an_account_is_named_by_its_id_or_by_an_email(
    operator: FlaskClient, ama: Member, kofi: Member
) -> None:
    hers = send(ama)
    send(kofi)
    for named in (ama.account.public_id, "AMA@example.com", f" {ama.account.public_id} "):
        page = operator.get("/admin/history", query_string={"account": named}).text
        assert listed(page) == [hers.public_id]


def test_recipients_are_found_by_all_fields_together(
    operator: FlaskClient, members: list[Member]
) -> None:
    failed = db.session.scalars(
        select(Recipient).where(Recipient.status == "FAILED", Recipient.carrier_id.is_not(None))
    ).first()
    assert failed is not None
    sent = db.session.get_one(Message, failed.message_id)
    account = next(one.account for one in members if one.account.id == sent.account_id)
    day = sent.created_at.date()
    query = {
        "phone": "0" + failed.phone[3:],
        "status": "FAILED",
        "reason": failed.reason,
        "carrier": db.session.get_one(Carrier, failed.carrier_id).public_id,
        "account": account.public_id,
        "sender": sent.sender,
        "from": day,
        "to": day,
    }
    page = operator.get("/admin/history/recipients", query_string=query).text
    assert numbers(page) == [failed.phone]
    for name, other in {"sender": "Nobody", "reason": "None", "from": "2049-01-01"}.items():
        beside = query | {name: other} | ({"to": other} if name == "from" else {})
        page = operator.get("/admin/history/recipients", query_string=beside).text
        assert numbers(page) == []
        assert "Nothing was found" in page


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/admin/history?account=acc_1", "No account has this ID or e-mail."),
        ("/admin/history?account=a@b", "No account has this ID or e-mail."),
        ("/admin/history?status=LOST", "Choose a status of the list."),
        ("/admin/history?message=1", "No message has this ID."),
        ("/admin/history?from=yesterday", "Enter a day such as"),
        ("/admin/history?from=2026-02-02&to=2026-02-01", "Swap them"),
        ("/admin/history?sender=" + "x" * 300, "That is too long."),
        ("/admin/history/recipients?phone=hello", "Enter a number such as"),
        ("/admin/history/recipients?carrier=1", "Choose a carrier of the list."),
        ("/admin/history/recipients?status=SENT&reason=x", "Only failed recipients have one."),
    ],
)
def test_a_filter_that_cannot_be_is_told_so(operator: FlaskClient, path: str, said: str) -> None:
    answer = operator.get(path)
    assert answer.status_code == 400
    assert said in answer.text


def test_tests_are_marked_and_can_be_told_apart(
    operator: FlaskClient, ama: Member, kofi: Member
) -> None:
    tried, sent = send(ama, is_test=True), send(ama)
    badge = ">Test</span>"
    assert listed(operator.get("/admin/history").text) == [sent.public_id, tried.public_id]
    only = operator.get("/admin/history?kind=test").text
    assert listed(only) == [tried.public_id]
    assert badge in only
    assert listed(operator.get("/admin/history?kind=live").text) == [sent.public_id]
    assert listed(operator.get("/admin/history?kind=test&account=kofi@example.com").text) == []
    assert "Choose one of the list." in operator.get("/admin/history?kind=x").text
    people = operator.get("/admin/history/recipients?kind=test").text
    assert (len(numbers(people)), people.count(badge)) == (3, 3)
    assert badge in operator.get(f"/admin/history/{tried.public_id}").text
    assert operator.get(f"/admin/history/phones/{phones(3)[0]}").text.count(badge) == 1


@pytest.mark.parametrize("given", ["%00", "a%00b", "%00@%00", "%27%3B--"])
def test_odd_characters_in_a_filter_break_nothing(
    operator: FlaskClient, members: list[Member], given: str
) -> None:
    for list, names in {
        "/admin/history": ("account", "sender", "status", "message", "from", "kind"),
        "/admin/history/recipients": ("phone", "status", "carrier", "reason", "sender", "kind"),
    }.items():
        for name in names:
            assert operator.get(f"{list}?{name}={given}").status_code in (200, 400)


@pytest.mark.parametrize("cursor", NONSENSE)
def test_a_place_that_is_none_is_a_page_that_is_not_there(
    operator: FlaskClient, ama: Member, cursor: str
) -> None:
    sent = send(ama)
    for list in ("", "/recipients", "/phones/233241234567", f"/{sent.public_id}"):
        answer = operator.get(f"/admin/history{list}?before={cursor}")
        assert answer.status_code == 404
        assert "This part of the history is not there." in answer.text


def test_a_place_of_the_other_list_is_not_there(operator: FlaskClient, ama: Member) -> None:
    sent = send(ama)
    assert operator.get(f"/admin/history?before={sent.public_id}-2").status_code == 404
    assert operator.get(f"/admin/history/recipients?before={sent.public_id}").status_code == 404


def test_a_long_search_says_how_far_it_got_and_goes_on(
    operator: FlaskClient, members: list[Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (candidates, messages):
        monkeypatch.setattr(module, "LOOKED", 5)
    monkeypatch.setattr(candidates, "MOST", 5)
    page = operator.get("/admin/history/recipients?status=QUEUED").text
    assert "Looked back to" in page
    assert "Look further back" in page
    shown = [
        one
        for page in pages(operator, "/admin/history/recipients?status=QUEUED")
        for one in numbers(page)
    ]
    waiting = db.session.scalars(select(Recipient.phone).where(Recipient.status == "QUEUED"))
    assert sorted(shown) == sorted(waiting)


def test_a_message_is_shown_with_its_recipients(operator: FlaskClient, ama: Member) -> None:
    sent = send(ama, campaign_name="Easter")
    page = operator.get(f"/admin/history/{sent.public_id}").text
    assert "<h1" in page
    assert "Easter" in page
    assert sorted(numbers(page)) == sorted(phones(3))
    assert numbers(operator.get(f"/admin/history/{sent.public_id}?status=FAILED").text) == []
    one = phones(3)[1]
    found = operator.get(f"/admin/history/{sent.public_id}", query_string={"phone": f"+{one}"})
    assert numbers(found.text) == [one]


@pytest.mark.parametrize("named", ["c" * 25, "c%00", "1", "nonsense"])
def test_an_unknown_message_is_not_there(operator: FlaskClient, named: str) -> None:
    answer = operator.get(f"/admin/history/{named}")
    assert answer.status_code == 404
    assert "There is no such message." in answer.text


def test_a_number_tells_its_whole_story(operator: FlaskClient, ama: Member, kofi: Member) -> None:
    send(ama, "From Ama")
    send(kofi, "From Kofi")
    one = phones(1)[0]
    opt_outs.opt_out(kofi.account.id, one, OptSource.REPLY)
    answer = operator.get("/admin/history/phones", query_string={"phone": f"0{one[3:]}"})
    assert answer.location == f"/admin/history/phones/{one}"
    page = operator.get(answer.location).text
    assert page.index("From Kofi") < page.index("From Ama")
    assert "by a reply" in page
    assert page.count(f"/admin/accounts/{kofi.account.public_id}") == 1


def test_a_number_that_nobody_sent_to_says_so(operator: FlaskClient) -> None:
    page = operator.get("/admin/history/phones/233241234567").text
    assert "Nothing was sent to this number" in page
    assert "Every account may send to it." in page


@pytest.mark.parametrize("given", ["hello", "1", "%00", "233241234567x", "%D9%A3%D9%A3%D9%A3"])
def test_what_is_no_number_has_no_story(operator: FlaskClient, given: str) -> None:
    assert operator.get(f"/admin/history/phones/{given}").status_code == 404
    assert operator.get(f"/admin/history/phones?phone={given}").status_code in (302, 400)


def test_texts_are_shown_as_text(operator: FlaskClient, ama: Member) -> None:
    sent = send(ama, SCRIPT, campaign_name=SCRIPT)
    db.session.execute(Recipient.__table__.update().values(reason=SCRIPT, status="FAILED"))
    db.session.execute(Message.__table__.update().values(failed=3, waiting=0))
    db.session.commit()
    phone = phones(1)[0]
    for path in ("", "/recipients", f"/{sent.public_id}", f"/phones/{phone}"):
        page = operator.get(f"/admin/history{path}").text
        assert SHOWN in page, path
        assert SCRIPT not in page, path


def export(client: FlaskClient, path: str, **fields: str) -> list[list[str]]:
    fields["csrf_token"] = token(client, "/admin/history")
    answer = client.post(path, data=fields, buffered=True)
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "text/csv"
    return list(csv.reader(StringIO(answer.text.removeprefix("\ufeff"))))[1:]


def exported() -> list[tuple[str, Any]]:
    entries = select(AuditEntry).where(AuditEntry.action == "history exported")
    return [(entry.subject, entry.after) for entry in db.session.scalars(entries)]


def test_messages_are_exported_as_they_are_filtered(
    operator: FlaskClient, members: list[Member]
) -> None:
    rows = export(operator, "/admin/history/export", sender="Shop")
    wanted = db.session.scalars(select(Message.public_id).where(Message.sender == "Shop"))
    assert sorted(row[0] for row in rows) == sorted(wanted)
    assert exported() == [("messages", {"sender": "Shop"})]


def test_recipients_are_exported_as_they_are_filtered(
    operator: FlaskClient, members: list[Member]
) -> None:
    rows = export(operator, "/admin/history/recipients/export", reason=REASONS[0])
    wanted = select(Recipient.phone).filter_by(status="FAILED", reason=REASONS[0])
    assert sorted(row[0] for row in rows) == sorted(db.session.scalars(wanted))
    assert exported() == [("recipients", {"reason": REASONS[0]})]


def test_an_export_of_what_cannot_be_writes_nothing_down(operator: FlaskClient) -> None:
    fields = {"csrf_token": token(operator, "/admin/history"), "status": "LOST"}
    answer = operator.post("/admin/history/export", data=fields)
    assert answer.status_code == 400
    assert "Choose a status of the list." in answer.text
    assert exported() == []


def test_an_export_needs_the_token_of_the_page(operator: FlaskClient) -> None:
    assert operator.post("/admin/history/export").status_code == 400
    assert operator.get("/admin/history/export").status_code == 404
    assert exported() == []


def test_no_page_runs_more_statements_with_more_rows(
    app: Flask, operator: FlaskClient, ama: Member, kofi: Member
) -> None:
    ran: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: ran.append(given[2]))

    def counts() -> list[int]:
        one = message(account_id=ama.account.id)
        found = []
        for path in (
            "",
            "?status=FAILED",
            "/recipients",
            f"/recipients?account={ama.account.public_id}",
            f"/{one.public_id}",
            f"/phones/{PHONES[0]}",
        ):
            assert operator.get(f"/admin/history{path}").status_code == 200
            ran.clear()
            operator.get(f"/admin/history{path}")
            found.append(len(ran))
        return found

    for number in range(30):
        send(ama if number % 2 else kofi, f"Hello {number}")
    few = counts()
    fill([ama, kofi], messages=100)
    many = counts()
    assert all(more <= less + 2 for more, less in zip(many, few, strict=True))
    assert max(many) <= 12
