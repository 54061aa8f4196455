"""The page that somebody finds who opens the installation's address."""

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, update

from flashsms.extensions import db
from flashsms.models import (
    ActivityHour,
    ApiKey,
    Carrier,
    Message,
    MessageStatus,
    Role,
    SenderStatus,
    User,
    now,
)
from flashsms.services import contacts, keys, receipts, senders, sending
from flashsms.services.contacts import Draft
from flashsms.services.sending import Order
from tests.factories import Member, member, phones
from tests.scripted import ScriptedSessions
from tests.services.conftest import carrier, run_jobs, wire  # noqa: F401  (fixtures)
from tests.services.test_activity import _delivered, _failed
from tests.web.browsing import sign_in

SCRIPT = "<script>alert('x')</script>"
HTMX = {"HX-Request": "true"}


def send(
    sender: Member, name: str | None = None, text: str = "Akwaaba", **order: object
) -> Message:
    wanted = Order(text=text, recipients=phones(2), campaign_name=name, **order)
    return sending.accept(sender.account.id, wanted).message


def happen(who: Member, days: int, operator: str = "MTN", **counts: int) -> None:
    hour = (now() - timedelta(days=days)).replace(minute=0, second=0, microsecond=0)
    every = {"sent": 0, "delivered": 0, "failed": 0} | counts
    db.session.add(ActivityHour(account_id=who.account.id, hour=hour, operator=operator, **every))
    db.session.commit()


def figures(page: str) -> dict[str, str]:
    """Return the numbers at the top of the page by their titles."""
    return dict(re.findall(r'subheader">([^<]+)</h2>\s*<p class="h1[^>]*>([^<]+)</p>', page))


def chart(page: str) -> dict[str, list[object]]:
    found = re.search(r'id="activity-data">(.*?)</script>', page)
    assert found
    return json.loads(found[1])


def test_a_visitor_sees_what_this_is(client: FlaskClient) -> None:
    page = client.get("/").text
    assert "Create your account" in page
    for fact in ("Nobody is texted twice", "Credits add up", "The price comes first", "make run"):
        assert fact in page
    assert "/api/v1/sms/send" in page
    assert "chart.umd" not in page


def test_a_part_asked_for_after_signing_out_leads_to_the_sign_in(client: FlaskClient) -> None:
    answer = client.get("/", headers=HTMX)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/login")


def test_the_balance_is_there_with_the_way_to_more(client: FlaskClient, ama: Member) -> None:
    sign_in(client, "ama@example.com")
    page = client.get("/").text
    assert figures(page)["Credits"] == "1,000"
    assert '<a href="/credits">Buy credits</a>' in page


def test_members_are_not_led_to_what_owners_do(client: FlaskClient, ama: Member) -> None:
    db.session.execute(update(User).values(role=Role.MEMBER))
    db.session.commit()
    sign_in(client, "ama@example.com")
    page = client.get("/").text
    assert figures(page)["Credits"] == "1,000"
    assert "Buy credits" not in page
    assert "Make an API key" not in page


def test_the_last_five_campaigns_are_shown_newest_first(
    client: FlaskClient, ama: Member, kofi: Member
) -> None:
    sign_in(client, "ama@example.com")
    mine = [send(ama, f"Campaign {number}") for number in range(6)]
    send(kofi, "Not hers")
    page = client.get("/").text
    shown = re.findall(r'href="/campaigns/(c\w{24})"', page)
    assert shown == [one.public_id for one in mine[:0:-1]]
    assert "Not hers" not in page


def test_scripts_in_campaigns_are_text(client: FlaskClient, ama: Member) -> None:
    sign_in(client, "ama@example.com")
    send(ama, SCRIPT)
    send(ama, None, text=SCRIPT)
    for headers in ({}, HTMX):
        page = client.get("/", headers=headers).text
        assert SCRIPT not in page
        assert page.count("&lt;script&gt;") == 4  # the text, and its title, of both


def test_it_asks_again_only_while_something_moves(client: FlaskClient, ama: Member) -> None:
    sign_in(client, "ama@example.com")
    message = send(ama)
    page = client.get("/").text
    assert re.search(r'id="last-campaigns" hx-get="/" hx-trigger="every \d+s"', page)
    part = client.get("/", headers=HTMX).text.strip()
    assert part.startswith('<div id="last-campaigns" hx-get')
    assert "sending" in part
    db.session.execute(
        update(Message)
        .where(Message.id == message.id)
        .values(status=MessageStatus.DELIVERED, waiting=0, delivered=1, failed=1)
    )
    db.session.commit()
    part = client.get("/", headers=HTMX).text.strip()
    assert part.startswith('<div id="last-campaigns">')
    assert "partly delivered" in part


def test_what_was_sent_is_in_the_figures_the_chart_and_the_table(
    client: FlaskClient,
    ama: Member,
    wire: ScriptedSessions,  # noqa: F811
    run_jobs: Callable[[], int],  # noqa: F811
    carrier: Carrier,  # noqa: F811
) -> None:
    sign_in(client, "ama@example.com")
    send(ama)
    run_jobs()
    receipts.apply(carrier.id, [_delivered("11"), _failed("12")])
    page = client.get("/").text
    assert figures(page) == {"Credits": "998", "Sent": "2", "Delivered": "1", "Failed": "1"}
    drawn = chart(page)
    assert [drawn[name][-1] for name in ("sent", "delivered", "failed")] == [2, 1, 1]
    assert {len(values) for values in drawn.values()} == {30}
    rows = re.findall(r'<tr><th scope="row" class="fw-normal">([^<]+)</th>', page)
    assert len(rows) == 30
    assert rows[0].startswith(f"{now().day} ")
    assert "chart.umd" in page


def test_ranges_have_their_share_of_thirty_days(
    client: FlaskClient, ama: Member, kofi: Member
) -> None:
    sign_in(client, "ama@example.com")
    happen(ama, 1, "MTN", sent=3000, delivered=2900, failed=10)
    happen(ama, 2, "AT", sent=1000)
    happen(ama, 40, "Telecel", sent=500)
    happen(kofi, 1, "Other", sent=77)
    page = client.get("/").text
    shares = re.findall(r'max="(\d+)" value="(\d+)" aria-label="Share of (\w+)"', page)
    assert shares == [("4000", "3000", "MTN"), ("4000", "1000", "AT")]
    assert figures(page)["Sent"] == "4,000"


def test_failures_alone_are_shown_too(client: FlaskClient, ama: Member) -> None:
    sign_in(client, "ama@example.com")
    happen(ama, 1, failed=4)
    page = client.get("/").text
    assert figures(page)["Failed"] == "4"
    assert 'max="1" value="0" aria-label="Share of MTN"' in page


def test_where_nothing_happened_there_is_no_chart(client: FlaskClient, ama: Member) -> None:
    sign_in(client, "ama@example.com")
    page = client.get("/").text
    assert "activity-data" not in page
    assert "charts" not in page
    assert "Nothing was sent yet" in page


def test_a_new_account_is_led_through_its_first_steps(client: FlaskClient) -> None:
    new = member("New", "new@example.com", sender=None)
    db.session.query(ApiKey).delete()
    db.session.commit()
    sign_in(client, "new@example.com")

    def left() -> list[str]:
        steps = client.get("/").text.partition('id="first-steps"')[2].partition("</ol>")[0]
        return re.findall(r'<a class="btn" href="([^"]+)"', steps)

    assert left() == ["/sender-ids", "/contacts", "/campaigns/new", "/api-keys"]
    asked = senders.request(new.account.id, "NewShop")
    assert "Sender ID requested" in client.get("/").text
    assert left()[0] == "/sender-ids"
    asked.status = SenderStatus.APPROVED
    db.session.commit()
    assert left() == ["/contacts", "/campaigns/new", "/api-keys"]
    contacts.create(new.account.id, Draft("233201234567"))
    keys.create(new.account.id, "mine")
    assert left() == ["/campaigns/new"]
    send(new)
    assert "First steps" not in client.get("/").text


def test_who_needs_no_key_is_done_without_one(client: FlaskClient, ama: Member) -> None:
    db.session.query(ApiKey).delete()
    db.session.commit()
    contacts.create(ama.account.id, Draft("233201234567"))
    sign_in(client, "ama@example.com")
    assert "First steps" in client.get("/").text
    send(ama)
    assert "First steps" not in client.get("/").text


def test_steps_of_another_account_are_not_hers(client: FlaskClient, kofi: Member) -> None:
    contacts.create(kofi.account.id, Draft("233201234567"))
    send(kofi)
    member("New", "new@example.com", sender=None)
    sign_in(client, "new@example.com")
    page = client.get("/").text
    assert page.count(">done</span>") == 1  # the key that the cast has


@pytest.mark.parametrize("path", ["/", "/credits"])
def test_it_runs_as_many_statements_however_much_there_is(
    client: FlaskClient, ama: Member, path: str
) -> None:
    sign_in(client, "ama@example.com")

    def statements() -> int:
        heard: list[str] = []

        def hear(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
            assert "recipients." not in statement
            heard.append(statement)

        event.listen(db.engine, "before_cursor_execute", hear)
        assert client.get(path).status_code == 200
        event.remove(db.engine, "before_cursor_execute", hear)
        return len(heard)

    few = statements()
    for number in range(8):
        send(ama, f"Campaign {number}")
        happen(ama, number, sent=number)
        contacts.create(ama.account.id, Draft(f"23320123456{number}"))
    assert statements() == few <= 12
