"""The carriers as an operator sees and changes them; no secret ever comes back."""

import logging
import re
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from flashsms import connect_redis, queue
from flashsms.carriers.contract import CarrierStats, Fate
from flashsms.extensions import db
from flashsms.models import AuditEntry, Message, Recipient
from flashsms.services import carriers, senders
from flashsms.services.carriers import WayOut, watching
from flashsms.services.carriers.faults import pause_for_fault
from flashsms.services.carriers.watching import Reporter
from flashsms.simulator import Simulator
from tests import factories, scripted
from tests.factories import Member
from tests.services.conftest import run_jobs, smsc  # noqa: F401  (fixtures)
from tests.web.browsing import fill

URL = "smpp://telco:hush%40hush@smsc.example.com:2775?tps=50"
SHOWN = "smpp://telco:***@smsc.example.com:2775?tps=50"
SECRET = "hush"
NEW = {"name": "MTN direct", "url": URL, "priority": "5", "weight": "1"}


@pytest.fixture(autouse=True)
def _nothing_leaks(caplog: pytest.LogCaptureFixture, app: Flask):
    """Whatever a test does: neither the log nor the audit log tells a password."""
    caplog.set_level(logging.DEBUG)
    yield
    assert SECRET not in caplog.text
    db.session.commit()
    for row in db.session.scalars(select(AuditEntry)):
        assert SECRET not in repr((row.subject, row.before, row.after))


@pytest.fixture
def way(app: Flask) -> WayOut:
    return carriers.read(carriers.add("MTN direct", URL, priority=5))


def log_of(since: int = 0) -> list[str]:
    """What was done to carriers, in order."""
    db.session.commit()
    rows = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    return [str(row.action) for row in rows if "carrier" in row.action][since:]


def order() -> list[str]:
    db.session.commit()
    return [one.name for one in carriers.in_order()]


def press(operator: FlaskClient, way: WayOut, action: str, **fields: str) -> TestResponse:
    """Press one of the buttons of a carrier's page."""
    page = f"/admin/carriers/{way.public_id}"
    return fill(operator, page, f"{page}/{action}", **fields)


def edited(operator: FlaskClient, way: WayOut, **fields: str) -> TestResponse:
    values = {"name": way.name, "url": SHOWN, "priority": "5", "weight": "1"} | fields
    return fill(operator, f"/admin/carriers/{way.public_id}", **values)


def shown_url(page: str) -> str:
    found = re.search(r'id="url"[^>]*value="([^"]*)"', page)
    assert found
    return found[1]


def test_without_a_carrier_the_page_says_what_to_do(operator: FlaskClient) -> None:
    page = operator.get("/admin/carriers").text
    assert "There is no carrier yet" in page
    assert "Nothing leaves: no carrier that may be used is connected." in page


def test_a_carrier_is_added_and_shown_without_its_secret(operator: FlaskClient) -> None:
    answer = fill(operator, "/admin/carriers/new", **NEW, operators="MTN")
    assert answer.status_code == 302
    assert log_of() == ["carrier added"]
    [way] = carriers.in_order()
    assert (way.url, way.priority, way.operators) == (URL, 5, {"MTN"})
    for path in ("/admin/carriers", answer.location):
        page = operator.get(path).text
        assert SECRET not in page
        assert SHOWN in page
        assert "MTN direct" in page


@pytest.mark.parametrize(
    ("field", "wrong", "said"),
    [
        ("name", " ", "Enter a name"),
        ("name", "a\0b", "one line"),
        ("name", "x" * 61, "at most 60"),
        ("url", "smpp://telco:hush@host?tps=fast", "tps"),
        ("url", "smpp://telco:hush?hush@host", "%3F"),
        ("url", "smpp://telco:2/hush@host", "%2F"),
        ("url", "smpp://telco:2?hush=3@host", "%3F"),
        ("url", "smpp://telco:2#hush@host", "%23"),
        ("url", "smpp:\n//telco:hush@host", "one line"),
        ("url", "smpp://telco:hush hush@host", "%20"),
        ("url", "telco:hush", "kind"),
        ("url", "smpp://telco:***@host", "Type the password again".lower()),
        ("priority", "0", "from 1 to 1,000"),
        ("priority", "many", "valid integer"),
        ("operators", "Glo", "not"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_no_password_comes_back(
    operator: FlaskClient, field: str, wrong: str, said: str
) -> None:
    answer = fill(operator, "/admin/carriers/new", **NEW | {field: wrong})
    assert answer.status_code == 400
    assert said in answer.text
    assert SECRET not in answer.text
    assert carriers.every() == []
    assert log_of() == []


def test_a_refused_form_wants_the_password_again(operator: FlaskClient) -> None:
    refused = fill(operator, "/admin/carriers/new", **NEW | {"priority": "0"})
    kept = shown_url(refused.text)
    assert kept == SHOWN.replace("***", "(type-it-again)")
    assert "a form that was refused does not keep it" in refused.text
    again = fill(operator, "/admin/carriers/new", **NEW | {"url": kept})
    assert again.status_code == 400
    assert "type the password again" in again.text
    assert carriers.every() == []


def test_a_name_is_taken_once(operator: FlaskClient, way: WayOut) -> None:
    answer = fill(operator, "/admin/carriers/new", **NEW)
    assert answer.status_code == 400
    assert "there is a carrier" in answer.text
    assert SECRET not in answer.text


def test_what_is_edited_keeps_the_password(operator: FlaskClient, way: WayOut) -> None:
    changed = SHOWN.replace("tps=50", "tps=80")
    assert edited(operator, way, name="MTN", url=changed, operators="AT").status_code == 302
    [found] = carriers.in_order()
    assert found.url == URL.replace("tps=50", "tps=80")
    assert (found.name, found.operators) == ("MTN", {"AT"})
    assert log_of(1) == ["carrier changed"]


def test_another_password_is_stored_and_the_log_says_only_that(
    operator: FlaskClient, way: WayOut
) -> None:
    assert edited(operator, way, url="smpp://telco:new@smsc.example.com:2775?tps=50").status_code
    assert carriers.in_order()[0].options.password == "new"  # type: ignore[union-attr]
    row = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert row
    assert row.after["password"] == "changed"
    assert "new" not in repr(row.after)


@pytest.mark.parametrize(
    "url",
    [
        "smpp://telco:***@evil.example.com:2775",
        "smpp://other:***@smsc.example.com:2775",
        "smpp://telco:***@smsc.example.com:2776",
        "simulator://telco:***@smsc.example.com:2775",
        "smpp://telco:***@smsc.example.com:2775/x@evil.example.com",
        "smpp://telco:***@smsc.example.com:2775?x=@evil.example.com",
    ],
)
def test_the_stored_password_goes_nowhere_else(
    operator: FlaskClient, way: WayOut, url: str
) -> None:
    answer = edited(operator, way, url=url)
    assert answer.status_code == 400
    assert SECRET not in answer.text
    assert carriers.in_order()[0].url == URL
    assert log_of(1) == []


def test_a_refused_edit_never_falls_back_to_the_stored_password(
    operator: FlaskClient, way: WayOut
) -> None:
    typed = "smpp://telco:hushnew@smsc.example.com:2775"
    refused = edited(operator, way, url=typed, priority="0")
    assert "hushnew" not in refused.text
    again = edited(operator, way, url=shown_url(refused.text))
    assert again.status_code == 400
    assert carriers.in_order()[0].url == URL


def test_a_secret_that_cannot_be_read_is_asked_for_again(
    app: Flask, operator: FlaskClient, way: WayOut
) -> None:
    page = operator.get(f"/admin/carriers/{way.public_id}")
    csrf = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert csrf
    row = carriers.ways.Carrier
    db.session.execute(row.__table__.update().values(url="not sealed with this key"))
    db.session.commit()
    for path in ("/admin/carriers", f"/admin/carriers/{way.public_id}"):
        assert "enter the URL again" in operator.get(path).text
    assert carriers.in_order() == []
    kept = edited(operator, way)
    assert kept.status_code == 400
    assert "none stored" in kept.text
    assert edited(operator, way, url=URL).status_code == 302
    assert order() == ["MTN direct"]
    assert carriers.in_order()[0].url == URL


def test_pausing_needs_a_reason_and_is_done_once(operator: FlaskClient, way: WayOut) -> None:
    assert "Enter why" in press(operator, way, "pause", reason=" ").text
    assert "one line" in press(operator, way, "pause", reason="a\0b").text
    assert press(operator, way, "pause", reason="Maintenance").status_code == 302
    assert order() == []
    assert "Maintenance" in operator.get("/admin/carriers").text
    twice = press(operator, way, "pause", reason="Again")
    assert "is not in use" in operator.get(twice.location).text
    assert log_of(1) == ["carrier paused"]
    assert press(operator, way, "resume").status_code == 302
    press(operator, way, "resume")
    assert log_of(2) == ["carrier resumed"]
    assert order() == ["MTN direct"]


def test_switching_off_asks_first_and_warns_of_the_last_one(
    operator: FlaskClient, way: WayOut
) -> None:
    asked = press(operator, way, "off", sure="ask")
    assert "Switch MTN direct off?" in asked.text
    assert "last carrier" in asked.text
    assert order() == ["MTN direct"]
    carriers.add("Telecel", URL)
    assert "last carrier" not in press(operator, way, "off").text
    assert press(operator, way, "off", sure="yes").status_code == 302
    assert order() == ["Telecel"]
    press(operator, way, "off", sure="yes")
    assert press(operator, way, "on").status_code == 302
    press(operator, way, "on")
    assert order() == ["MTN direct", "Telecel"]
    assert log_of(2) == ["carrier switched off", "carrier switched on"]


def test_switching_off_the_last_real_one_names_the_simulator(
    operator: FlaskClient, way: WayOut
) -> None:
    carriers.use_environment("simulator://127.0.0.1:1")
    assert "reach nobody" in press(operator, way, "off").text


def test_carriers_change_places(operator: FlaskClient, way: WayOut) -> None:
    second = carriers.read(carriers.add("Second", URL, priority=5))
    third = carriers.read(carriers.add("Third", URL, priority=9))
    press(operator, second, "move", direction="earlier")
    assert order() == ["Second", "MTN direct", "Third"]
    press(operator, second, "move", direction="earlier")
    press(operator, third, "move", direction="later")
    press(operator, second, "move", direction="later")
    press(operator, second, "move", direction="later")
    assert order() == ["MTN direct", "Third", "Second"]
    assert log_of(3) == ["carrier changed"] * 3
    assert sorted(one.priority for one in carriers.every()) == [5, 6, 9]


def test_a_carrier_that_is_not_there_is_a_404(operator: FlaskClient, way: WayOut) -> None:
    for path in ("car_nothing", "a%00b", "%ff"):
        assert operator.get(f"/admin/carriers/{path}").status_code == 404
    for action in ("pause", "resume", "off", "on", "move", "test", ""):
        answer = fill(
            operator,
            f"/admin/carriers/{way.public_id}",
            f"/admin/carriers/car_nothing/{action}".rstrip("/"),
            **NEW,
            reason="x",
            phone="0241234567",
            sure="yes",
        )
        assert answer.status_code == 404, action


def test_how_a_carrier_does_is_shown(operator: FlaskClient, way: WayOut) -> None:
    reporter = Reporter("w1")
    stats = CarrierStats(True, 7, 64, 1000, 12, 3)
    reporter.tell({way.id: stats}, {})
    Reporter("w2").tell({way.id: CarrierStats(False, 0, 64, 0, 0, 2)}, {way.id: "Refused."})
    watching.count_outcomes(way.id, [Fate.ACCEPTED] * 1200 + [Fate.BUSY, Fate.UNKNOWN])
    watching.count_receipts(way.id, 9)
    for path in ("/admin/carriers", f"/admin/carriers/{way.public_id}"):
        page = operator.get(path).text
        text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
        assert "Connected on 1 worker." in text
        assert "7 of 128" in text
        assert "at most 50" in text
        assert "1,200 accepted" in text
        assert "1 refused for now" in text
        assert "1 no answer" in text
        assert "9 receipts" in text


def test_a_carrier_that_is_down_says_why(operator: FlaskClient, way: WayOut) -> None:
    assert "No worker has told of it" in operator.get("/admin/carriers").text
    trouble = {way.id: "The system id or password is wrong."}
    Reporter("w1").tell({way.id: CarrierStats(False, 0, 64, 0, 0, 0)}, trouble)
    page = operator.get("/admin/carriers", headers={"HX-Request": "true"}).text
    assert "The system id or password is wrong." in page
    assert "<html" not in page


def test_the_rate_is_never_below_nothing(operator: FlaskClient, way: WayOut) -> None:
    reporter = Reporter("w1")
    reporter.tell({way.id: CarrierStats(True, 0, 64, 1000, 0, 0)}, {})
    reporter.tell({way.id: CarrierStats(True, 0, 64, 0, 0, 0)}, {})
    conditions = watching.conditions([way.id])
    assert conditions
    assert conditions[way.id].rate == 0


def test_redis_away_is_said(
    app: Flask, operator: FlaskClient, way: WayOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "redis", connect_redis("redis://127.0.0.1:1"))
    assert "Redis cannot be reached" in operator.get("/admin/carriers").text
    assert "Redis cannot be reached" in operator.get(f"/admin/carriers/{way.public_id}").text


def test_operators_that_nobody_takes_are_named(operator: FlaskClient, way: WayOut) -> None:
    edited(operator, way, operators="MTN")
    assert "takes numbers of Telecel, AT, Other" in operator.get("/admin/carriers").text
    press(operator, way, "pause", reason="Off")
    assert "Nothing leaves: no carrier that may be used" in operator.get("/admin/carriers").text
    press(operator, way, "off", sure="yes")
    assert "Nothing leaves: no carrier that may be used" in operator.get("/admin/carriers").text


def test_operators_that_only_a_carrier_without_a_connection_takes_are_named(
    operator: FlaskClient, way: WayOut
) -> None:
    mtn = carriers.add("MTN", URL, operators=["MTN"])
    stats = {way.id: CarrierStats(False, 0, 64, 0, 0, 0), mtn.id: CarrierStats(True, 0, 9, 0, 0, 0)}
    Reporter("w1").tell(stats, {})
    said = "Telecel, AT, Other: no connected carrier takes them, so their messages wait."
    for path in ("/admin", "/admin/carriers"):
        assert said in operator.get(path).text, path
    carriers.pause(way.public_id, "Prices")
    never = "No carrier in use takes numbers of Telecel, AT, Other."
    for path in ("/admin", "/admin/carriers"):
        page = operator.get(path).text
        assert never in page
        assert said not in page
    carriers.resume(way.public_id)
    Reporter("w2").tell({way.id: CarrierStats(True, 0, 64, 0, 0, 0)}, {})
    assert "their messages wait" not in operator.get("/admin").text
    watching.count_outcomes(way.id, [Fate.BUSY] * 40)
    assert "no carrier that is connected and not held back takes them" in (
        operator.get("/admin").text
    )


def test_a_carrier_for_some_accounts_takes_nobody_elses(
    operator: FlaskClient, way: WayOut, boss: Member
) -> None:
    own = carriers.add("Own", URL, accounts=["boss@example.com"])
    Reporter("w1").tell({own.id: CarrierStats(True, 0, 64, 0, 0, 0)}, {})
    assert "no connected carrier takes them but for some accounts" in operator.get("/admin").text


def test_counts_of_less_than_a_day_say_since_when(operator: FlaskClient, way: WayOut) -> None:
    key, page = "flashsms:carriers:since", f"/admin/carriers/{way.public_id}"
    watching.count_outcomes(way.id, [Fate.ACCEPTED])
    text = operator.get(page).text
    assert re.search(r"Since <time[^>]*>[^<]*</time>, when the counts began:", text)
    assert re.search(r"none since <time", text)
    assert "In the last 24 hours" not in text
    began = float(queue.redis().get(key))
    watching.count_receipts(way.id, 1)
    assert float(queue.redis().get(key)) == began
    assert "none since" not in operator.get(page).text
    queue.redis().set(key, began - 25 * 3600)
    assert "In the last 24 hours" in operator.get(page).text


def test_whether_a_paused_carrier_is_heard_is_told_from_its_connection(
    operator: FlaskClient, way: WayOut
) -> None:
    page = f"/admin/carriers/{way.public_id}"
    press(operator, way, "pause", reason="Prices")
    assert "its receipts are not heard until it is connected again" in operator.get(page).text
    Reporter("w1").tell({way.id: CarrierStats(True, 0, 64, 0, 0, 0)}, {})
    assert "its receipts are still heard" in operator.get(page).text
    press(operator, way, "off", sure="yes")
    assert "Nothing is sent by it; its receipts are not heard." in operator.get(page).text


@pytest.mark.parametrize(
    ("url", "kind", "heard"),
    [
        ("kannel://u:hush@smsc.example.com", "Kannel", "its receipts are still heard"),
        ("arkesel://hush@default", "Arkesel", "its receipts are still heard"),
        ("mnotify://hush@default", "mNotify", "its receipts are not heard"),  # it is asked
    ],
)
def test_the_callbacks_of_a_provider_that_is_off_are_heard_and_all_pages_say_so(
    operator: FlaskClient, url: str, kind: str, heard: str
) -> None:
    way = carriers.read(carriers.add("Provider", url))
    assert f"{kind}, all operators" in operator.get("/admin/carriers").text
    carriers.add("Second", URL)
    asked = press(operator, way, "off", sure="ask").text
    assert f"Nothing more is sent by Provider; {heard}." in asked
    press(operator, way, "off", sure="yes")
    for path in ("/admin/carriers", f"/admin/carriers/{way.public_id}"):
        assert f"Nothing is sent by it; {heard}." in operator.get(path).text


def test_what_is_mended_may_be_resumed_and_the_page_says_so(
    operator: FlaskClient, way: WayOut
) -> None:
    page = f"/admin/carriers/{way.public_id}"
    pause_for_fault(way.id, "The password is wrong (0x0000000E).")
    said = "The password is wrong (0x0000000E). "
    faulty = CarrierStats(True, 0, 64, 0, 0, 0, fault="The password is wrong (0x0000000E).")
    Reporter("w1").tell({way.id: faulty}, {})
    assert f"{said}Mend its settings, then resume it." in operator.get(page).text
    Reporter("w1").tell({way.id: CarrierStats(True, 0, 64, 0, 0, 0)}, {})
    assert f"{said}It signs in now: resume it." in operator.get(page).text
    carriers.resume(way.public_id)
    carriers.pause(way.public_id, "Prices")
    assert "It signs in now" not in operator.get(page).text


def test_a_provider_that_was_mended_is_to_be_tested_first(operator: FlaskClient) -> None:
    way = carriers.read(carriers.add("Provider", "arkesel://hush@default"))
    pause_for_fault(way.id, "The key is wrong.")
    Reporter("w1").tell({way.id: CarrierStats(True, 0, 64, 0, 0, 0)}, {})
    text = operator.get(f"/admin/carriers/{way.public_id}").text
    assert "a test shows whether the settings are right now" in text
    assert "signs in" not in text


def test_the_form_says_what_is_shared_and_how_to_try_a_url(operator: FlaskClient) -> None:
    text = operator.get("/admin/carriers/new").text
    assert "about three of four batches" in text
    assert "carrier check URL" in text


def test_the_simulator_stands_by(operator: FlaskClient, way: WayOut) -> None:
    carriers.use_environment("simulator://127.0.0.1:1")
    assert "not used while another carrier" in operator.get("/admin/carriers").text


def test_two_sessions_of_one_account_at_an_smsc_are_warned_of(
    operator: FlaskClient, way: WayOut
) -> None:
    other = carriers.add("Telecel", URL.replace("//telco", "//other"))
    assert "the same account" not in operator.get("/admin/carriers").text
    carriers.edit(other.public_id, "Telecel", URL, priority=5, operators=())
    carriers.pause(way.public_id, "It is on strike.")  # its session stays, and takes receipts
    assert "MTN direct and Telecel have the same account" in operator.get("/admin/carriers").text
    carriers.remove(way.public_id)
    assert "the same account" not in operator.get("/admin/carriers").text


def test_receipts_for_nothing_known_show_although_a_carrier_stands_by(
    app: Flask, operator: FlaskClient, way: WayOut
) -> None:
    simulator = carriers.add("Pretence", "simulator://127.0.0.1:1")
    watching.count_unmatched(simulator.id, 2)
    assert "2 receipts came by it for nothing that is known" in operator.get("/admin/carriers").text


def test_the_list_asks_the_database_and_redis_once(app: Flask, operator: FlaskClient) -> None:
    ran: list[str] = []
    trips: list[int] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        ran.append(statement)

    def counts() -> tuple[int, int]:
        operator.get("/admin/carriers")
        ran.clear()
        before = app.extensions["redis"].info("commandstats")
        operator.get("/admin/carriers")
        after = app.extensions["redis"].info("commandstats")
        trips.append(after["cmdstat_hgetall"]["calls"] - before["cmdstat_hgetall"]["calls"])
        return len([one for one in ran if "carriers" in one]), len(ran)

    event.listen(db.engine, "before_cursor_execute", note)
    carriers.add("First", URL)
    few = counts()
    for number in range(8):
        carriers.add(f"Carrier {number}", URL)
    assert counts() == few
    assert few[0] == 1
    event.remove(db.engine, "before_cursor_execute", note)


def attempt(operator: FlaskClient, way: WayOut) -> str:
    page = operator.get(f"/admin/carriers/{way.public_id}").text
    found = re.search(r'name="attempt"[^>]*value="([^"]+)"', page)
    assert found
    return found[1]


def test_one_test_message_leaves_by_that_carrier_alone(
    app: Flask,
    operator: FlaskClient,
    boss: Member,
    smsc: Simulator,  # noqa: F811
    run_jobs: Callable[[], int],  # noqa: F811
) -> None:
    with Simulator() as other:
        url = other.url.replace("simulator://", "smpp://a:b@")
        way = carriers.read(carriers.add("Other", url, priority=99))
        carriers.pause(way.public_id, "It costs too much.")
        form = {"attempt": attempt(operator, way), "phone": "0241234567"}
        sent = press(operator, way, "test", **form)
        assert sent.status_code == 302
        again = press(operator, way, "test", **form)
        assert again.location == sent.location
        assert "waiting" in operator.get(sent.location).text
        run_jobs()
        deadline = time.monotonic() + 10
        while "it arrived" not in operator.get(sent.location).text:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        app.extensions["carriers"].close()
        assert [phone for phone, _ in other.record.messages] == ["233241234567"]
        assert not smsc.record.messages
    db.session.commit()
    [message] = db.session.scalars(select(Message)).all()
    assert (message.account_id, message.campaign_name) == (boss.account.id, "Test of Other")
    assert message.expires_at - message.created_at == timedelta(minutes=10)
    assert boss.balance == 999
    assert log_of().count("carrier tested") == 1


def test_how_a_test_goes_is_refreshed_and_belongs_to_its_carrier(
    app: Flask,
    operator: FlaskClient,
    boss: Member,
    way: WayOut,
    run_jobs: Callable[[], int],  # noqa: F811
) -> None:
    scripted.install(app, scripted.answers(Fate.REFUSED, "No such sender"))
    sent = press(operator, way, "test", attempt="a", phone="0241234567", sender="MyBrand")
    run_jobs()
    message = db.session.scalars(select(Message)).one()
    path = f"/admin/carriers/{way.public_id}/tests/{message.public_id}"
    part = operator.get(path, headers={"HX-Request": "true"})
    assert "No such sender" in part.text
    assert "hx-get" not in part.text
    assert operator.get(path).status_code == 302
    other = carriers.read(carriers.add("Other", URL))
    assert operator.get(path.replace(way.public_id, other.public_id)).status_code == 302
    assert (
        operator.get(f"/admin/carriers/{other.public_id}?test={message.public_id}").status_code
        == 404
    )
    assert operator.get(f"/admin/carriers/{way.public_id}?test=a%00").status_code == 404
    assert sent.location.endswith("#test")
    assert boss.balance == 1000


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"phone": ""}, "Enter a phone number"),
        ({"phone": "12"}, "cannot be sent to"),
        ({"phone": "0241234567", "sender": "sid_nothing"}, "sid_nothing"),
    ],
)
def test_a_test_that_cannot_be_sent_says_why_and_costs_nothing(
    operator: FlaskClient, boss: Member, way: WayOut, fields: dict[str, str], said: str
) -> None:
    answer = press(operator, way, "test", attempt="a", **fields)
    assert answer.status_code == 400
    assert said in answer.text
    assert boss.balance == 1000
    assert db.session.scalars(select(Recipient)).all() == []
    assert log_of(1) == []


def test_a_carrier_that_is_off_is_not_tested(
    operator: FlaskClient, boss: Member, way: WayOut
) -> None:
    carriers.remove(way.public_id)
    assert press(operator, way, "test", attempt="a", phone="0241234567").status_code == 400
    assert "Switch the carrier on" in operator.get(f"/admin/carriers/{way.public_id}").text


def test_without_a_sender_the_page_says_how_to_get_one(
    operator: FlaskClient, boss: Member, way: WayOut
) -> None:
    db.session.execute(senders.Sender.__table__.delete())
    db.session.commit()
    assert "Request one" in operator.get(f"/admin/carriers/{way.public_id}").text


def test_saving_a_carrier_unchanged_is_not_noted(operator: FlaskClient) -> None:
    way = carriers.read(carriers.add("first", "smpp://a:b@127.0.0.1:1", priority=5))
    data = {"name": "first", "url": "smpp://a:***@127.0.0.1:1"} | dict(priority="5", weight="1")
    assert fill(operator, f"/admin/carriers/{way.public_id}", **data).status_code == 302
    db.session.commit()
    found = db.session.scalars(select(AuditEntry.action))
    assert "carrier changed" not in found.all()


def test_weight_and_accounts_are_taken_from_the_form(operator: FlaskClient, way: WayOut) -> None:
    shop = factories.member("Shop", "shop@example.com")
    named = f"shop@example.com, {shop.account.public_id}\n BOSS@example.com "
    assert edited(operator, way, weight="3", accounts=named).status_code == 302
    page = operator.get(f"/admin/carriers/{way.public_id}").text
    assert re.search(r'name="weight"[^>]*value="3"', page)
    assert "boss@example.com\nshop@example.com</textarea>" in page
    assert "weight 3, for 2 accounts only" in operator.get("/admin/carriers").text
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()[-1]
    assert (entry.after or {})["accounts"] == ["boss@example.com", "shop@example.com"]
    assert edited(operator, way, accounts="nobody@example.com").status_code == 400
    said = edited(operator, way, accounts="nobody@example.com").text
    assert "Accounts: there is no account &#39;nobody@example.com&#39;" in said
    assert "Weight must be from 1 to 1,000" in edited(operator, way, weight="0").text
    edited(operator, way)
    db.session.commit()
    assert [(one.weight, one.accounts) for one in carriers.every()] == [(1, 0)]


def test_an_open_breaker_is_shown_and_closed(operator: FlaskClient, way: WayOut) -> None:
    def tell() -> None:
        Reporter("w1").tell({way.id: CarrierStats(True, 0, 64, 0, 0, 0)}, {})

    tell()
    watching.count_outcomes(way.id, [Fate.BUSY] * 34 + [Fate.ACCEPTED] * 16)
    for path in ("/admin/carriers", f"/admin/carriers/{way.public_id}", "/admin"):
        page = operator.get(path).text
        assert "34 of 50 answers were errors" in page, path
        assert "held back" in page
    page = operator.get(f"/admin/carriers/{way.public_id}").text
    assert "the only carrier in use, so messages wait" in page
    assert "circuit breaker opened once" in page
    assert "that may be used is connected and not held back" in operator.get("/admin").text
    partial = operator.get(f"/admin/carriers/{way.public_id}", headers={"HX-Request": "true"})
    assert "Try it now" in partial.text
    closed = fill(
        operator,
        f"/admin/carriers/{way.public_id}",
        f"/admin/carriers/{way.public_id}/close-breaker",
    )
    assert closed.status_code == 302
    tell()
    assert "Try it now" not in operator.get(f"/admin/carriers/{way.public_id}").text
    assert log_of()[1:] == ["carrier tried again before its time"]


def test_the_part_of_the_traffic_of_each_carrier_is_shown(
    operator: FlaskClient, way: WayOut
) -> None:
    other = carriers.read(carriers.add("Other", URL))
    watching.count_outcomes(way.id, [Fate.ACCEPTED] * 3)
    watching.count_outcomes(other.id, [Fate.ACCEPTED])
    assert "75% of all that carriers took" in operator.get("/admin/carriers").text
    assert "25% of all" in operator.get(f"/admin/carriers/{other.public_id}").text


def test_carriers_that_share_a_priority_go_on_sharing_it_when_another_moves(
    operator: FlaskClient, way: WayOut
) -> None:
    for name in ("Second", "Third"):
        carriers.add(name, URL, priority=5)
    last = carriers.read(carriers.add("Last", URL, priority=5))
    press(operator, last, "move", direction="earlier")
    assert [(one.name, one.priority) for one in carriers.every()] == [
        ("MTN direct", 5),
        ("Second", 5),
        ("Last", 6),
        ("Third", 7),
    ]
