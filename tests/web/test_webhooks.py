"""Webhooks in a browser: for owners, with everything that became of what was told."""

import html
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from flashsms.extensions import db, transaction
from flashsms.models import (
    DeliveryStatus,
    Role,
    User,
    WebhookAttempt,
    WebhookEndpoint,
    WebhookEvent,
    now,
)
from flashsms.services.webhooks import deliveries, endpoints, secrets
from flashsms.web import webhooks as view
from tests.factories import Member
from tests.services.webhooks.told import URL, deliver, endpoint
from tests.web.browsing import fill, sign_in

LIST, NEW = "/settings/webhooks", "/settings/webhooks/new"
VERBS = ("/pause", "/resume", "/test", "/secret", "/delete")
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _signed_in(client: FlaskClient, ama: Member) -> None:
    sign_in(client, "ama@example.com")


def own(member: Member) -> list[WebhookEndpoint]:
    db.session.commit()  # a look at the database as it is now
    db.session.expire_all()
    return endpoints.every(member.account.id)


def create(client: FlaskClient, **fields: str) -> TestResponse:
    return fill(client, NEW, **({"url": URL, "events": "sms.received"} | fields))


def secret_on(page: str) -> str:
    found = re.search(r'id="secret" value="([^"]+)"', page)
    assert found, page
    return html.unescape(found[1])


def path_of(endpoint: WebhookEndpoint, rest: str = "") -> str:
    return f"{LIST}/{endpoint.public_id}{rest}"


def values(one: WebhookEndpoint, **wanted: object) -> None:
    with transaction():
        for name, value in wanted.items():
            setattr(one, name, value)
        db.session.add(one)


def test_without_webhooks_the_page_says_what_they_are_for(client: FlaskClient) -> None:
    page = client.get(LIST).text
    assert "tells a program of yours at once" in page
    assert f'href="{NEW}"' in page


def test_a_webhook_is_added_and_its_secret_shown_once(client: FlaskClient, ama: Member) -> None:
    form = client.get(NEW).text
    assert form.count('name="events"') == 10
    assert "webhook.test" not in form
    answer = create(client, url=f" {URL} ", description="Till")
    [made] = own(ama)
    assert (made.url, made.description, made.event_names) == (URL, "Till", "sms.received")
    assert [secret_on(answer.text)] == secrets.of(made)
    assert "no-store" in answer.headers["Cache-Control"]
    for path in (LIST, path_of(made), path_of(made, "/edit")):
        page = client.get(path).text
        assert URL in page
        assert "whsec_" not in page


def test_a_form_that_comes_twice_adds_one(client: FlaskClient, ama: Member) -> None:
    assert create(client, attempt="x").status_code == 200
    assert create(client, attempt="x").location == LIST
    assert len(own(ama)) == 1


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"url": ""}, "url-hint", "Enter the address"),
        ({"url": "http://10.0.0.1/"}, "url-hint", "Address: &#39;10.0.0.1&#39; is a private"),
        ({"url": "shop"}, "url-hint", "Address: it must be a URL"),
        ({"url": f"{URL}\0"}, "url-hint", "Address: use plain characters"),
        ({"events": ""}, "events-fault", ""),
        ({"events": "webhook.test"}, "events-fault", ""),
        ({"events": "\0"}, "events-fault", ""),
        ({"description": "x" * 121}, "description-hint", "Description has 121 characters"),
        ({"description": "a\0b"}, "description-hint", "Description must be one line"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    client: FlaskClient, ama: Member, wrong: dict[str, str], field: str, words: str
) -> None:
    kept = endpoint(ama)
    for path in (NEW, path_of(kept, "/edit")):
        answer = fill(client, path, **({"url": URL, "events": "sms.received"} | wrong))
        assert answer.status_code == 400
        assert re.search(rf'id="{field}">{re.escape(words)}', answer.text)
    assert [one.event_names for one in own(ama)] == ["message.completed"]


def test_beyond_ten_the_form_says_so(client: FlaskClient, ama: Member) -> None:
    for at in range(10):
        endpoint(ama, f"{URL}/{at}")
    assert "as many as an account may have" in client.get(LIST).text
    assert f'href="{NEW}"' not in client.get(LIST).text
    assert "at most 10 webhooks" in create(client).text
    assert len(own(ama)) == 10


def test_a_webhook_is_changed_paused_and_resumed(client: FlaskClient, ama: Member) -> None:
    made = endpoint(ama, description="Till")
    there, edit = path_of(made), path_of(made, "/edit")
    assert 'value="Till"' in client.get(edit).text
    changed = fill(client, edit, url=f"{URL}/2", events="balance.low", description="")
    assert changed.location == there
    [found] = own(ama)
    assert (found.url, found.description, found.event_names) == (f"{URL}/2", None, "balance.low")
    assert fill(client, there, to=f"{there}/pause").location == there
    assert ">paused</span>" in client.get(there).text
    assert fill(client, there, to=f"{there}/resume").location == there
    assert ">on</span>" in client.get(there).text
    assert own(ama)[0].paused_at is None


def test_replacing_the_secret_asks_first_and_happens_once(client: FlaskClient, ama: Member) -> None:
    made = endpoint(ama)
    [old] = secrets.of(made)
    there, to = path_of(made), path_of(made, "/secret")
    asked = fill(client, there, to=to, sure="ask", attempt="once").text
    assert "Replace the secret?" in asked
    assert 'name="attempt" value="once"' in asked
    assert secrets.of(own(ama)[0]) == [old]
    shown = secret_on(fill(client, there, to=to, sure="yes", attempt="once").text)
    assert fill(client, there, to=to, sure="yes", attempt="once").location == LIST
    assert secrets.of(own(ama)[0]) == [shown, old]
    for attempt in ("", "\0", "x" * 5000):
        assert fill(client, there, to=to, sure="yes", attempt=attempt).status_code == 200


def test_deleting_asks_first(client: FlaskClient, ama: Member) -> None:
    made = endpoint(ama)
    there, to = path_of(made), path_of(made, "/delete")
    asked = fill(client, there, to=to, sure="ask").text
    assert "Delete this webhook?" in asked
    assert len(own(ama)) == 1
    assert fill(client, there, to=to, sure="yes").location == LIST
    assert own(ama) == []
    assert fill(client, NEW, to=to, sure="yes").status_code == 404
    assert client.get(there).status_code == 404


def test_a_test_is_sent_and_the_page_looks_what_becomes_of_it(
    client: FlaskClient, ama: Member
) -> None:
    made = endpoint(ama)
    there = path_of(made)
    assert "It was told nothing yet" in client.get(there).text
    assert "hx-get" not in client.get(there, headers=HTMX).text
    assert fill(client, there, to=f"{there}/test").location == there
    page = client.get(there).text
    assert "A test is on its way." in page
    assert "1 event waits to be told" in page
    assert f'hx-trigger="every {view.SOON}s"' in page
    part = client.get(there, headers=HTMX).text
    assert part.strip().startswith('<section class="border-top" id="live"')
    values(own(ama)[0], retry_at=now() + timedelta(hours=1), failing_since=now(), failures=3)
    waits = client.get(there).text
    assert f'hx-trigger="every {view.LATER}s"' in waits
    assert "3 attempts in vain since" in waits
    fill(client, there, to=f"{there}/pause")
    assert "Send a test</button>" not in client.get(there).text  # which would be refused
    assert "hx-trigger" not in client.get(there, headers=HTMX).text
    fill(client, there, to=f"{there}/test")
    assert "is paused, so nothing is sent to it. Resume it first" in client.get(there).text
    assert db.session.query(WebhookEvent).count() == 1


def test_deliveries_are_paged(client: FlaskClient, ama: Member) -> None:
    made = endpoint(ama)
    for _ in range(view.LIMIT + 2):
        deliver(made)
    first = client.get(path_of(made)).text
    assert first.count('<tr id="delivery-') == view.LIMIT
    [older] = re.findall(r'rel="next" href="([^"]+)"', first)
    second = client.get(html.unescape(older)).text
    assert second.count('<tr id="delivery-') == 2
    assert ">Newest</a>" in second
    assert client.get(path_of(made, "?before=dlv_none")).status_code == 404
    assert client.get(path_of(made, "?before=%00")).status_code == 404


def test_a_delivery_shows_each_request_and_its_answer_and_is_sent_again(
    client: FlaskClient, ama: Member
) -> None:
    made = endpoint(ama)
    told = deliver(
        made,
        status=DeliveryStatus.FAILED,
        body='{"id":"dlv_1","events":[{"text":"Ɛyɛ"}]}',
        status_code=500,
        answer="Oh <b>no</b>",
        milliseconds=1234,
    )
    with transaction():
        told.attempts = 2
        lost = {"milliseconds": 10_000, "error": "No answer within 10 s.", "signature": "v1,second"}
        db.session.add_all([told, WebhookAttempt(delivery_id=told.id, **lost)])
    there = path_of(made, f"/deliveries/{told.public_id}")
    page = html.unescape(client.get(there).text)
    assert '"text": "Ɛyɛ"' in page
    assert page.index("No answer within 10 s.") < page.index("Answer 500")
    assert "Oh &lt;b&gt;no&lt;/b&gt;" in client.get(there).text
    assert "1,234 ms" in page
    for header in (f"webhook-id: {told.public_id}", "webhook-signature: v1,second", "v1,abc"):
        assert header in page
    assert "hx-get" not in page
    assert fill(client, there, to=f"{there}/replay").location == there
    part = client.get(there, headers=HTMX).text
    assert "on its way" in part
    assert f'hx-trigger="every {view.SOON}s"' in part
    assert deliveries.newest(own(ama)[0], 1)[0].status is DeliveryStatus.PENDING
    values(own(ama)[0], paused_at=now())
    assert ">waits</span>" in client.get(there).text
    assert "Nothing else waits to be told." in client.get(path_of(made)).text
    assert fill(client, there, to=f"{there}/replay").location == there
    assert "Resume it first" in client.get(there).text


def test_a_body_that_is_long_or_no_json_is_shown_as_it_is(client: FlaskClient, ama: Member) -> None:
    made = endpoint(ama)
    for body, words in (("no {json", "no {json"), ('["' + "x" * 50_000 + '"]', "more characters")):
        told = deliver(made, body=body)
        page = client.get(path_of(made, f"/deliveries/{told.public_id}")).text
        assert words in page
        assert len(page) < 50_000


def test_every_page_of_an_owner_says_what_is_in_trouble(
    client: FlaskClient, ama: Member, kofi: Member
) -> None:
    gone, failing = endpoint(ama, f"{URL}/gone"), endpoint(ama, f"{URL}/failing")
    pages = ("/", "/contacts", "/campaigns", LIST, path_of(gone))
    assert not any("A webhook" in client.get(path).text for path in pages[:3])
    values(gone, paused_at=now(), paused_for="It answered 410: gone.")
    values(failing, failing_since=now() - timedelta(hours=2), failures=9)
    for path in pages:
        page = client.get(path).text
        assert "A webhook is paused because it failed." in page
        assert ">1 more</a>" in page
    assert "It answered 410: gone." in client.get(path_of(gone)).text
    values(gone, paused_at=None, paused_for=None)
    assert "A webhook has been failing since" in client.get("/").text
    values(failing, paused_at=now())
    assert "A webhook" not in client.get("/").text
    fill(client, "/", to="/logout")
    sign_in(client, "kofi@example.com")
    assert "A webhook" not in client.get("/").text


def test_a_member_sees_nothing_of_webhooks(client: FlaskClient, ama: Member) -> None:
    made = endpoint(ama)
    told = deliver(made)
    values(made, paused_at=now(), paused_for="It answered 410.")
    db.session.execute(update(User).values(role=Role.MEMBER))
    db.session.commit()
    assert "A webhook" not in client.get("/").text
    assert "Webhooks" not in client.get("/settings").text
    there = f"/deliveries/{told.public_id}"
    for path in (LIST, NEW, path_of(made), path_of(made, "/edit"), path_of(made, there)):
        assert client.get(path).status_code == 403
    for rest in (*VERBS, f"{there}/replay"):
        assert fill(client, "/settings", to=path_of(made, rest), sure="yes").status_code == 403
    assert own(ama)[0].old_secret is None


def test_another_accounts_webhooks_are_unknown(
    client: FlaskClient, ama: Member, kofi: Member
) -> None:
    hers, his = endpoint(ama), endpoint(kofi, f"{URL}/his")
    told = deliver(his, status=DeliveryStatus.FAILED)
    assert "/his" not in client.get(LIST).text
    there = f"/deliveries/{told.public_id}"
    for public_id in (his.public_id, "whk_none", "%00", "x" * 3000):
        path = f"{LIST}/{public_id}"
        for rest in ("", "/edit", there):
            assert client.get(path + rest).status_code == 404
        for rest in (
            "/edit",
            "/pause",
            "/resume",
            "/test",
            "/secret",
            "/delete",
            f"{there}/replay",
        ):
            wanted = {"url": URL, "events": "sms.received", "sure": "yes"}
            assert fill(client, NEW, to=path + rest, **wanted).status_code == 404, rest
    assert client.get(path_of(hers, there)).status_code == 404
    assert fill(client, NEW, to=path_of(hers, f"{there}/replay")).status_code == 404
    assert [one.url for one in own(kofi)] == [f"{URL}/his"]
    assert deliveries.newest(his, 1)[0].status is DeliveryStatus.FAILED
