"""The client and an installation of the product, over a socket, with workers and a carrier."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from itertools import islice, starmap
from pathlib import Path

import pytest
from config import Config
from conftest import RATE_LIMIT
from flashsms import create_app
from flashsms.extensions import db
from flashsms.models import Scope
from flashsms.services import accounts, keys
from scripted import Server, ok
from tests.browser.site import Site

import flashsms_client
from flashsms_client import Event, FlashSMS, NewContact, webhooks

pytestmark = pytest.mark.xdist_group("client")  # they share an installation

HOME = Path(__file__).parents[1]


def eventually(fact: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not fact():
        assert time.monotonic() < deadline, fact
        time.sleep(0.2)


@pytest.fixture(scope="module")
def account_id(site: Site) -> Iterator[int]:
    """The account of the installation, within its application: to make keys for it."""
    app = create_app(Config(site.env))
    with app.app_context():
        yield accounts.find_by_email("owner@example.com").id
        db.session.remove()
        db.engine.dispose()
    app.extensions["redis"].close()


@pytest.fixture(scope="module")
def narrow(site: Site, account_id: int) -> Iterator[FlashSMS]:
    """A client whose key may only see the balance."""
    _, key = keys.create(account_id, "narrow", [Scope.BALANCE_READ])
    with FlashSMS(key, site.url, max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def trial_key(account_id: int) -> str:
    _, key = keys.create(account_id, "trial", is_test=True)
    return key


def test_the_readme_works_as_pasted(site: Site, trial_key: str):
    script = "".join(re.findall(r"```python\n(.*?)```", (HOME / "README.md").read_text(), re.S))
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        env={
            **os.environ,
            "PYTHONPATH": str(HOME / "src"),
            "FLASHSMS_KEY": trial_key,
            "FLASHSMS_URL": site.url,
        },
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    assert re.match(r"Sent to 1, \d+ credits are left\n233201234567 [A-Z]+\n", ran.stdout)
    assert "\n2 credits\n" in ran.stdout
    assert "\nno_recipients " in ran.stdout


def test_a_message_is_sent_once_and_delivered(live: FlashSMS):
    before = live.balance().balance
    order = {"recipients": ["0241110001", "0241110002", "12"], "idempotency_key": "order-1"}
    sent = live.sms.send("Hello", **order)
    assert live.sms.send("Hello", **order) == sent
    assert (sent.recipients_sent, sent.invalid_recipients) == (2, ("12",))
    eventually(lambda: live.sms.status(sent.message_id).status == "DELIVERED")
    outcomes = {one.phone: one for one in live.sms.recipients(sent.message_id)}
    assert outcomes["233241110001"].status == "DELIVERED"
    assert outcomes["233241110001"].sent_at > datetime.now(timezone.utc) - timedelta(minutes=1)
    assert outcomes["233241110002"].reason
    report = live.sms.report(sent.message_id, limit=1)
    assert (report.stats.delivery_rate, report.pagination.has_more) == (50.0, True)
    assert live.balance().balance == before - 2
    [usage] = [one for one in live.transactions(type="USAGE") if one.reference == sent.message_id]
    assert usage.amount == -2
    assert sent.message_id in {one.id for one in live.sms.history(status="DELIVERED")}


def test_a_test_key_goes_the_whole_way_for_nothing(live: FlashSMS, site: Site, trial_key: str):
    with FlashSMS(trial_key, site.url) as trying:
        sent = trying.sms.send("Hello", recipients=["0241110001", "0241110002"])
        assert (sent.test, sent.credits_used) == (True, 0)
        assert trying.sms.dry_run("Hello", recipients=["0241110001"]).test
        eventually(lambda: trying.sms.status(sent.message_id).status == "DELIVERED")
        assert trying.sms.report(sent.message_id).test
    assert sent.message_id in {one.id for one in live.sms.history(test=True)}
    assert sent.message_id not in {one.id for one in live.sms.history(test=False)}


def test_a_schedule(live: FlashSMS):
    then = (datetime.now(timezone.utc) + timedelta(days=2)).replace(microsecond=0)
    sent = live.sms.send("Later", recipients=["0241110001"], schedule_date=then)
    assert sent.scheduled
    assert sent.schedule_date == then
    assert live.sms.status(sent.message_id).scheduled_at == then


def test_the_price_before(live: FlashSMS):
    assert live.sms.estimate("Hello", 500).credits_required == 500
    dry = live.sms.dry_run("Pay ₵5", recipients=["0241110001"])
    assert dry.message.culprits[0].replacement == "GHS"
    assert dry.parts[0].credits == 1


def test_the_address_book(live: FlashSMS):
    vip = live.groups.create("VIP")
    ama = live.contacts.create("0241117777", first_name="Ama", custom_fields={"town": "Ho"})
    assert live.contacts.get(ama.id) == ama
    changed = live.contacts.update(ama.id, first_name="", last_name="Mensah")
    assert (changed.first_name, changed.last_name) == (None, "Mensah")
    assert live.contacts.update(ama.id, custom_fields={"town": None}).custom_fields == {}
    people = [NewContact(f"024222{number:04d}") for number in range(410)]
    done = live.contacts.import_([*people, NewContact("12")], group_id=vip.id)
    assert (done.created, done.invalid, done.invalid_contacts[0].index) == (410, 1, 410)
    assert len({one.phone for one in live.contacts.list(group_id=vip.id)}) == 410
    assert [one.id for one in live.contacts.list(search="mensah")] == [ama.id]
    assert vip.id in {one.id for one in live.groups.list()}
    live.contacts.delete(ama.id)
    live.groups.delete(vip.id)
    assert vip.id not in {one.id for one in live.groups.list()}


def test_templates_and_senders(live: FlashSMS):
    ready = live.templates.create("Ready", "Hi {{name|there}}, your {{item}} is ready.")
    assert ready.variables == ("name", "item")
    changed = live.templates.update(ready.id, name="Done")
    assert changed in live.templates.list()
    sent = live.sms.send(
        recipients=["0241110001"], template_id=ready.id, variables={"item": "cake"}
    )
    [reader] = live.sms.recipients(sent.message_id)
    assert reader.message in (None, "Hi there, your cake is ready.")
    live.templates.delete(ready.id)
    assert [one.status for one in live.senders.list()] == ["APPROVED", "APPROVED"]


def test_refusals(live: FlashSMS, narrow: FlashSMS, site: Site):
    with pytest.raises(flashsms_client.NotFound) as missing:
        live.sms.status("c0000000000000000000000000")
    assert missing.value.code == "message_unknown"
    assert missing.value.request_id.startswith("req_")
    with pytest.raises(flashsms_client.InvalidRequest) as wrong:
        live.sms.send(recipients=[1], campaign_name="x" * 200)
    assert len(wrong.value.details) == 2
    with pytest.raises(flashsms_client.InsufficientCredits, match="credits"):
        live.sms.send("x" * 900, recipients=[f"024333{number:04d}" for number in range(400)])
    live.sms.send("Hello", recipients=["0241110001"], idempotency_key="order-2")
    with pytest.raises(flashsms_client.Conflict):
        live.sms.send("Bye", recipients=["0241110001"], idempotency_key="order-2")
    with pytest.raises(flashsms_client.Forbidden):
        narrow.groups.list()
    stranger = FlashSMS("bms_live_nobody", site.url)
    with stranger, pytest.raises(flashsms_client.Unauthorized):
        stranger.balance()


def test_who_asks_too_often_hears_how_long_to_wait(narrow: FlashSMS):
    with pytest.raises(flashsms_client.RateLimited) as raised:
        list(starmap(narrow.balance, [()] * (RATE_LIMIT + 1)))
    assert 1 <= raised.value.retry_after <= 60


def test_history_is_walked_lazily(live: FlashSMS):
    assert len(list(islice(live.sms.history(), 2))) == 2


def test_webhooks_are_kept(live: FlashSMS):
    url = "http://127.0.0.1:9/events"
    made = live.webhooks.create(url, ["sms.received"], description="Shop")
    assert made.secret not in repr(made)
    assert live.webhooks.get(made.id) in live.webhooks.list()
    changed = live.webhooks.update(made.id, events=["message.completed"], paused=True)
    assert (changed.events, changed.paused) == (("message.completed",), True)
    rotated = live.webhooks.rotate_secret(made.id)
    assert rotated.secret != made.secret
    assert rotated.old_secret_valid_until > datetime.now(timezone.utc)
    assert list(live.webhooks.deliveries(made.id)) == []
    live.webhooks.delete(made.id)
    with pytest.raises(flashsms_client.NotFound):
        live.webhooks.get(made.id)


def test_events_arrive_and_are_genuine(
    live: FlashSMS, site: Site, trial_key: str, server: Server
) -> None:
    server.will(*[ok({})] * 50)
    kinds = ["recipient.delivered", "recipient.failed", "message.completed"]
    hook = live.webhooks.create(f"{server.url}/events", kinds)
    secrets = [hook.secret]

    def told() -> dict[str, Event]:
        """The events until now, each once; every request is signed with every secret."""
        requests = [(one.body, one.headers, secret) for one in server.seen for secret in secrets]
        return {event.id: event for one in requests for event in webhooks.verify(*one)}

    def is_told_of(type: str) -> bool:
        return type in {event.type for event in told().values()}

    with FlashSMS(trial_key, site.url) as trying:
        sent = trying.sms.send("Hello", recipients=["0241110001", "0241110002"])
    eventually(lambda: is_told_of("message.completed"))
    outcomes = [event.data for event in told().values()]
    reached = [one for one in outcomes if isinstance(one, webhooks.RecipientOutcome)]
    assert {one.phone: one.status for one in reached} == {
        "233241110001": "DELIVERED",
        "233241110002": "FAILED",
    }
    [done] = [one for one in outcomes if isinstance(one, webhooks.MessageProgress)]
    assert (done.message_id, done.test) == (sent.message_id, True)
    assert (done.delivered, done.failed) == (1, 1)

    server.seen.clear()
    secrets.append(live.webhooks.rotate_secret(hook.id).secret)
    live.webhooks.test(hook.id)
    eventually(lambda: is_told_of("webhook.test"))
    before = len(server.seen)
    eventually(lambda: {one.status for one in live.webhooks.deliveries(hook.id)} == {"DELIVERED"})
    live.webhooks.replay(hook.id, next(live.webhooks.deliveries(hook.id)).id)
    eventually(lambda: len(server.seen) > before)
    assert len(told()) == 1
    live.webhooks.delete(hook.id)
