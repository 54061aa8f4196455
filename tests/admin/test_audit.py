"""The audit log as operators read it."""

import csv
import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from flashsms.admin import audit as view
from flashsms.extensions import db, transaction
from flashsms.models import AuditEntry
from flashsms.services import audit, audit_log
from flashsms.services.audit import Act, Action, Actor
from flashsms.services.audit_log import Filter
from flashsms.services.errors import NotFound
from tests.factories import Member

SCRIPT = '<script>alert("x")</script>'
LOG = "/admin/audit"


def note(
    subject: str,
    *,
    action: Action = Action.KEY_CREATED,
    who: str = "ama@example.com",
    member: Member | None = None,
    **values: Any,
) -> None:
    """Write down an act."""
    with audit.acting(Actor(who, "197.251.1.2")), transaction():
        audit.record(action, subject, member.account.id if member else None, **values)


def subjects(page: str) -> list[str]:
    return re.findall(r'<div class="text-secondary text-break">([^<]*)</div>', page)


def seen(operator: FlaskClient, query: str) -> list[str]:
    answer = operator.get(f"{LOG}?{query}")
    assert answer.status_code == 200, answer.text
    return subjects(answer.text)


def onwards(page: str) -> str:
    found = re.search(r'rel="next" href="([^"]+)"', page)
    return found[1].replace("&amp;", "&") if found else ""


def file(operator: FlaskClient, query: str = "") -> list[dict[str, str]]:
    """Return the rows of the log as a file."""
    answer = operator.get(f"{LOG}.csv?{query}", buffered=True)
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(StringIO(answer.text.removeprefix("\ufeff"))))


def test_everything_is_listed_newest_first(operator: FlaskClient, ama: Member) -> None:
    note("First", member=ama)
    note("Second", action=Action.CARRIER_PAUSED, who="command line")
    page = operator.get(LOG).text
    assert subjects(page)[:2] == ["Second", "First"]
    assert "Carrier paused" in page
    assert "command line" in page
    assert "197.251.1.2" in page
    assert f"/admin/accounts/{ama.account.public_id}" in page


def test_before_and_after_show_what_changed_alone(operator: FlaskClient) -> None:
    before = {"price": 1, "rate_limit": 1200, "name": "Same", "open": True, "hosts": ["a", "b"]}
    after = {"price": 2, "rate_limit": None, "name": "Same", "open": False, "window": 64}
    note("Terms", before=before, after=after)
    page = re.sub(r"\s+", " ", operator.get(LOG).text)
    row = re.sub(r"<[^>]+>", "", page.split("Terms")[1].split("</tr>")[0])
    assert "price: was 1 → 2" in row
    assert "rate limit: was 1,200 " in row
    assert "open: was yes → no" in row
    assert "hosts: was a, b" in row
    assert "window: 64" in row
    assert "Same" not in row


@pytest.mark.parametrize("values", [{}, {"before": {}}, {"after": {"a": {}, "b": [], "c": None}}])
def test_any_values_can_be_shown(operator: FlaskClient, values: dict[str, Any]) -> None:
    note("Odd", **values)
    assert subjects(operator.get(LOG).text)[0] == "Odd"


def test_pages_go_back_without_losing_any(
    operator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "LIMIT", 3)
    for number in range(7):
        note(f"No {number}")
    path, shown = f"{LOG}?action=key_created&who=ama", []
    while path:
        page = operator.get(path).text
        shown.append(subjects(page))
        path = onwards(page)
    assert shown == [["No 6", "No 5", "No 4"], ["No 3", "No 2", "No 1"], ["No 0"]]


def test_filters_leave_what_they_say(operator: FlaskClient, ama: Member, kofi: Member) -> None:
    note("Hers", member=ama)
    note("His", member=kofi, who="kofi@example.com")
    note("Revoked", action=Action.KEY_REVOKED, member=ama, who="Ama.Mensah@example.com")
    assert seen(operator, "action=key_revoked") == ["Revoked"]
    assert seen(operator, "who=AMA@example.com")[0] == "Hers"
    assert seen(operator, "who=ama.") == ["Revoked"]
    assert seen(operator, "who=ama")[:2] == ["Revoked", "Hers"]
    assert seen(operator, "who=mensah") == []
    assert seen(operator, f"account={ama.account.public_id}")[:2] == ["Revoked", "Hers"]
    both = f"account={ama.account.public_id}&action=key_created"
    assert seen(operator, both)[0] == "Hers"
    assert "Revoked" not in seen(operator, both)
    assert seen(operator, f"account={kofi.account.public_id}&who=ama") == []


def test_the_filter_stays_in_the_address(
    operator: FlaskClient, ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "LIMIT", 1)
    for number in range(3):
        note(f"No {number}", member=ama)
    query = f"action=key_created&who=ama%25&account={ama.account.public_id}&from=2020-01-01"
    assert seen(operator, query) == []
    page = operator.get(f"{LOG}?{query.replace('%25', '')}").text
    again = onwards(page)
    for part in ("action=key_created", "who=ama", "from=2020-01-01", ama.account.public_id):
        assert part in again
    assert 'href="/admin/audit.csv?action=key_created' in page


def test_days_are_found_at_once(operator: FlaskClient) -> None:
    for day in range(1, 11):
        with time_machine.travel(datetime(2030, 3, day, 12, tzinfo=UTC), tick=False):
            note(f"March {day}", who="calendar")
    assert seen(operator, "from=2030-03-04&to=2030-03-06") == ["March 6", "March 5", "March 4"]
    assert seen(operator, "from=2030-03-10&to=2030-03-10&who=cal") == ["March 10"]
    assert seen(operator, "to=2030-03-01")[0] == "March 1"
    assert seen(operator, "from=2030-02-01&to=2030-02-28") == []
    assert seen(operator, "from=2040-01-01") == []


def test_the_edges_of_days_are_exact(app: Flask) -> None:
    midnight = datetime(2030, 3, 5, tzinfo=UTC)
    for seconds in (-61, -1, 0, 1, 86399, 86400):
        with time_machine.travel(midnight + timedelta(seconds=seconds), tick=False):
            note(f"{seconds}", who="clock")
    day = Filter(since=midnight, until=midnight + timedelta(days=1))
    found = audit_log.page(day, 10).items
    assert [one.entry.subject for one in found] == ["86399", "1", "0"]


def test_a_long_log_is_looked_through_a_stretch_at_a_time(
    operator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "LOOKED_THROUGH", 4)
    note("Needle", who="needle")
    for number in range(9):
        note(f"Hay {number}")
    path, found, looks = f"{LOG}?who=needle", [], 0
    while path and not found:
        page = operator.get(path).text
        found, path, looks = subjects(page), onwards(page), looks + 1
        if not found:
            assert "Nothing so far" in page
            assert "Look further back" in page
            assert "Looked back as far as" in page
    assert (found, looks) == (["Needle"], 3)


def test_a_page_that_is_full_goes_on_where_it_ended(app: Flask) -> None:
    for number in range(12):
        note(f"No {number}", who="needle" if number % 2 else "hay")
    wanted, before, found = Filter(actor="needle"), None, []
    while True:
        page = audit_log.page(wanted, 2, before)
        found += [one.entry.subject for one in page.items]
        if not page.older:
            break
        before = page.items[-1].entry.public_id
    assert found == [f"No {number}" for number in (11, 9, 7, 5, 3, 1)]


def test_no_page_reads_more_than_a_stretch(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_log, "LOOKED_THROUGH", 50)
    with transaction():
        audit.record_many(Act(Action.SIGNED_IN, f"No {at}", None) for at in range(400))
    last = db.session.scalar(select(func.max(AuditEntry.id)))
    assert last
    page = audit_log.page(Filter(actor="nobody"), 25)
    assert page.items == []
    assert page.further is not None
    assert page.further.id == last - 49


def test_the_number_of_statements_is_bounded(app: Flask, ama: Member) -> None:
    ran: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        ran.append(statement)

    day = datetime(2026, 1, 1, tzinfo=UTC)
    wanted = Filter(Action.SIGNED_IN, "ama", ama.account.public_id, day, day + timedelta(days=4000))
    counts = []
    for _ in range(2):
        with transaction():
            acts = [Act(Action.SIGNED_IN, f"No {at}", ama.account.id) for at in range(200)]
            with audit.acting(Actor("ama@example.com")):
                audit.record_many(acts)
        event.listen(db.engine, "before_cursor_execute", count)
        assert len(audit_log.page(wanted, 25).items) == 25
        event.remove(db.engine, "before_cursor_execute", count)
        counts.append(len(ran))
        ran.clear()
    assert counts[0] == counts[1] <= 7
    assert not [one for one in ran if "OFFSET" in one]


@pytest.mark.parametrize(
    "who", ["%25", "_", "%00", "%5C", "%27", "%00ama%00", "x" * 3000, "%ED%A0%80", "ama%25"]
)
def test_what_is_typed_is_taken_literally(operator: FlaskClient, who: str) -> None:
    note("Here", who="ama@example.com")
    note("Odd", who="100%_of\\it")
    expected = {"%00": ["Odd", "Here"], "%00ama%00": ["Here"]}.get(who, [])
    assert seen(operator, f"who={who}")[: len(expected) or None] == expected


def test_a_percent_and_a_backslash_are_found(operator: FlaskClient) -> None:
    note("Odd", who="100%_of\\it")
    assert seen(operator, "who=100%25_of%5C") == ["Odd"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("action=nothing", "Choose an action of the list."),
        ("action=%00", "Choose an action of the list."),
        ("account=acc_nothing", "No account has this ID."),
        ("account=a%00b", "No account has this ID."),
        ("from=tomorrow", "Enter a day such as 2026-11-23, or none."),
        ("from=2026-02-02&to=2026-02-01", "“To” is before “From”. Swap them."),
        ("to=9999-12-31", "Enter a day from 2000 to 2050, or none."),
    ],
)
def test_a_filter_that_cannot_be_is_said_at_its_field(
    operator: FlaskClient, query: str, said: str
) -> None:
    answer = operator.get(f"{LOG}?{query}")
    assert answer.status_code == 400
    assert said in answer.text
    assert operator.get(f"{LOG}.csv?{query}").status_code in (400, 404)


@pytest.mark.parametrize("place", ["aud_nothing", "%00", "1", "x" * 3000])
def test_a_page_that_is_not_there_is_a_404(operator: FlaskClient, place: str) -> None:
    assert operator.get(f"{LOG}?before={place}").status_code == 404


def test_script_in_an_entry_is_text(operator: FlaskClient, ama: Member) -> None:
    values = {"before": {SCRIPT: SCRIPT}, "after": {SCRIPT: [SCRIPT], "x": {SCRIPT: SCRIPT}}}
    note(SCRIPT, who=SCRIPT, member=ama, **values)
    page = operator.get(LOG).text
    assert SCRIPT not in page
    assert page.count("&lt;script&gt;") >= 6


def test_no_number_of_a_row_leaves(operator: FlaskClient, ama: Member) -> None:
    note("First", member=ama)
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry
    for page in (operator.get(LOG).text, operator.get(f"{LOG}.csv", buffered=True).text):
        assert entry.public_id in page
        assert not re.search(r"(before|after)=\d", page)


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_log, "PIECE", 3)


@pytest.mark.usefixtures("small_pieces")
def test_the_file_has_every_entry_once(operator: FlaskClient, ama: Member) -> None:
    for number in range(8):
        note(f"No {number}", member=ama, before={"a": number}, after={"a": "=1+1"})
    found = [row for row in file(operator, "action=key_created") if "ama" in row["actor"]]
    assert [row["subject"] for row in found] == [f"No {number}" for number in range(7, -1, -1)]
    assert found[0]["account"] == ama.account.public_id
    assert (found[0]["before"], found[0]["after"]) == ('{"a":7}', '{"a":"=1+1"}')
    everything = file(operator)
    ids = [row["id"] for row in everything]
    assert len(ids) == len(set(ids)) == db.session.query(AuditEntry).count()


@pytest.mark.usefixtures("small_pieces")
def test_the_file_has_what_the_filter_leaves(operator: FlaskClient) -> None:
    note("Needle", who="needle")
    for number in range(10):
        note(f"Hay {number}")
    assert [row["subject"] for row in file(operator, "who=needle")] == ["Needle"]
    assert file(operator, "who=nobody") == []


def test_no_cell_of_the_file_is_a_formula(operator: FlaskClient) -> None:
    note("=cmd|' /C calc'!A0", who="@evil")
    [row] = file(operator, "action=key_created&who=%40evil")
    assert row["subject"].startswith("'=")
    assert row["actor"] == "'@evil"


def test_taking_the_file_is_noted_once(operator: FlaskClient, ama: Member) -> None:
    file(operator, "who=ama")
    operator.get(f"{LOG}.csv?account=acc_nothing")
    db.session.commit()
    query = select(AuditEntry).where(AuditEntry.action == Action.LOG_EXPORTED)
    [entry] = db.session.scalars(query)
    assert entry.actor == "boss@example.com"
    assert entry.after == {"actor": "ama"}


def test_an_unknown_account_is_not_found(app: Flask) -> None:
    for wanted in (Filter(account="acc_x"), Filter(account="\0")):
        with pytest.raises(NotFound):
            audit_log.page(wanted, 25)
        with pytest.raises(NotFound):
            audit_log.export_csv(wanted, "UTC")
