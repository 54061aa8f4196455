"""An account in which everything has happened, for whoever looks at every page."""

import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Page

from tests.browser.site import ROOT, Site

EMAIL, PASSWORD = "busy@example.com", "a fine long password"
OPERATOR = "boss@example.com"
LONG = "Wonderfullylongnamewithoutanyspaceinit" * 2
_PEOPLE = [
    ("0242001000", "Esi", "Mensah"),
    ("0202001001", "Kɔfi", "Owusu"),
    ("0262001002", "Yaa", "Boateng-Asante"),
    ("0552001003", LONG[:60], LONG[:60]),
    *((f"02420{number:05d}", f"Ama {number}", "Darko") for number in range(2000, 2040)),
]
_TROUBLE = ["0242000001", "0242000002", "0242000003", "0242000004", "0242002009", "0202002010"]
_PATIENCE = 30.0  # seconds until every message is over


_TEXTS = """
from flashsms import create_app
from flashsms.carriers.contract import Inbound
from flashsms.services import accounts, carriers, inbound
from flashsms.services.alerts import thresholds

with create_app().app_context():
    number = inbound.numbers.add("0301234567", account="busy@example.com", carrier=None).number
    said = {
        "233242001000": "Good morning, are you open on Saturday? My sister wants six yards of it.",
        "233202001001": "STOP",
        "233552001003": "x" * 300,
        "MTN": "Your bundle has expired.",
    }
    texts = [Inbound(phone, number, text, phone) for phone, text in said.items()]
    inbound.take(carriers.listening()[0].id, [*texts, Inbound("233209999999", "1901", "Hello?")])
    wanted = thresholds.Thresholds(low_balance=2_000_000, low_balance_sms=True, low_rate=90)
    thresholds.save(accounts.find_by_email("busy@example.com").id, wanted)
"""

_TOLD = """
import json
from datetime import timedelta
from flashsms import create_app
from flashsms.extensions import db, transaction
from flashsms.models import DeliveryStatus, EventType, now
from flashsms.services import accounts
from flashsms.services.webhooks import endpoints
from tests.services.webhooks.told import URL, deliver

with create_app().app_context():
    account_id = accounts.find_by_email("busy@example.com").id
    def add(url, *words):
        return endpoints.create(account_id, endpoints.look_at(url), ["sender.rejected"], *words)[0]
    told, _, failing = add(f"{URL}?{'x' * 200}", "The till in Kumasi"), add(URL), add(f"{URL}/old")
    data = {"messageId": "c", "status": "DELIVERED", "campaignName": "y" * 300, "test": False}
    event = {"id": "evt_1", "type": "message.completed", "data": data}
    body = json.dumps({"id": "dlv_1", "events": [event] * 9})
    for at in range(27):
        delivery = deliver(told, body=body, answer="<h1>Thank you</h1>", milliseconds=at * 41)
    failed = {"status_code": None, "error": "The address could not be reached: no route to host."}
    delivery = deliver(told, status=DeliveryStatus.FAILED, body=body, **failed)
    with transaction():
        told.paused_at, told.paused_for = now(), "It could not be reached for three days."
        failing.failing_since, failing.failures = now() - timedelta(hours=5), 17
        db.session.add_all([told, failing])
    print(told.public_id, delivery.public_id)
"""


def busy_account(site: Site) -> dict[str, str]:
    """Make the account, and return the ids that addresses need."""
    name, credits = ("--name", "Ama's Very Fine Shop and Sons"), ("--credits", "1234567")
    person = ("--phone", "0241234567", "--email", EMAIL, "--password", PASSWORD)
    site.cli("account", "create", *name, *person, *credits, "--sender", "AmaShop")
    key = site.cli("key", "create", "--account", EMAIL, "--name", "Website")["key"]
    site.cli("sender", "request", "--account", EMAIL, "--name", "AmaSale")
    site.cli("sender", "request", "--account", EMAIL, "--name", "MTN Prize")
    ask = _Api(site, key)
    group = ask("contacts/groups", name="Regular customers")["id"]
    ask("contacts/groups", name=LONG)
    people = [
        {"phone": phone, "firstName": first, "lastName": last, "email": f"person{at}@example.com"}
        for at, (phone, first, last) in enumerate(_PEOPLE)
    ]
    ask("contacts/import", contacts=people, groupId=group)
    template = ask("templates", name="Weekend sale", content="Hi {{firstName|there}}, sale!")
    ask("templates", name=LONG, content=f"{LONG} it\u2019s dear")
    site.cli("opt-out", "add", "--account", EMAIL, "0242002005")
    sale = {"message": "Hello {{firstName|there}}, our sale begins.", "groupId": group}
    campaign = ask("sms/send", **sale, recipients=_TROUBLE, campaignName="Weekend sale")
    ask("sms/send", message="One text for all", recipients=["0242001000"], campaignName=LONG)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    later = {"isScheduled": True, "scheduleDate": tomorrow, "campaignName": "Tomorrow"}
    scheduled = ask("sms/send", message="Come tomorrow", groupId=group, **later)
    ids = {
        "campaign": campaign["messageId"],
        "scheduled": scheduled["messageId"],
        "group": group,
        "template": template["id"],
    }
    _wait(ask, ids["campaign"])
    people_write(site)
    ids["webhook"], ids["delivery"] = _run(site, _TOLD).split()
    return ids


def people_write(site: Site) -> None:
    """Let people answer the busy account, as a carrier would bring it."""
    _run(site, _TEXTS)


def _run(site: Site, program: str) -> str:
    """Run a program of ours beside the site, and return what it printed."""
    command = (sys.executable, "-c", program)
    ran = subprocess.run(command, cwd=ROOT, env=site.env, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def operator(site: Site, email: str = OPERATOR) -> str:
    """Make the account of an operator, and return the e-mail to sign in with."""
    person = ("--phone", "0241234567", "--email", email, "--password", PASSWORD)
    site.cli("account", "create", "--name", "Operations", *person, "--credits", "100", "--admin")
    return email


def what_operators_see(page: Page) -> dict[str, str]:
    """Return the ids that addresses of the operators' area need; of what a busy site has."""
    places = {
        "account": "/admin/accounts?q=busy@example.com",
        "sender": "/admin/sender-ids",
        "carrier": "/admin/carriers",
        "system_template": "/admin/templates",
    }
    kinds = {"account": "acc", "sender": "sid", "carrier": "car", "system_template": "tpl"}
    ids = {}
    for name, path in places.items():
        page.goto(path)
        link = page.locator(f"main a[href*='/{kinds[name]}_']").first.get_attribute("href") or ""
        found = re.search(rf"{kinds[name]}_\w+", link)
        assert found, name
        ids[name] = found[0]
    return ids


def sign_in(page: Page, email: str = EMAIL) -> None:
    """Sign in as the owner of the busy account, or somebody else of the cast."""
    page.goto("/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")


def leave_traces(page: Page) -> dict[str, str]:
    """Begin a draft and an import in the browser, and return the ids that addresses need."""
    page.goto("/campaigns/new")
    page.get_by_label("Campaign name").fill("Easter greetings")
    page.get_by_label("Message", exact=True).fill("Dear {{firstName|friend}}, it\u2019s Easter!")
    page.get_by_label("Regular customers").check()
    page.get_by_label("Numbers").fill("0242001000\n12")
    page.get_by_role("button", name="Review and send").click()
    draft = page.url.split("/")[-2]
    page.goto("/contacts/import")
    table = b"First name;Phone number;Town\nEsi;0242001000;Kumasi\nNobody;12;Nowhere\n"
    file: Any = {"name": "customers.csv", "mimeType": "text/csv", "buffer": table}
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/contacts/import/*")
    imported = page.url.split("/")[-1]
    page.goto("/contacts?q=Esi")
    contact = page.locator("tr[id^=contact-]").first.get_attribute("id") or ""
    return {"draft": draft, "import": imported, "contact": contact.removeprefix("contact-")}


class _Api:
    """The JSON API with the account's key."""

    def __init__(self, site: Site, key: str) -> None:
        self._site, self._key = site, key

    def __call__(self, path: str, **body: Any) -> Mapping[str, Any]:
        request = urllib.request.Request(
            f"{self._site.url}/api/v1/{path}",
            json.dumps(body).encode() if body else None,
            {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as response:
            answer: Mapping[str, Any] = json.load(response)["data"]
        return answer


def _wait(ask: _Api, message_id: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while ask(f"sms/{message_id}/recipients")["status"] not in ("DELIVERED", "FAILED"):
        if time.monotonic() > deadline:
            return  # some of the simulator's receipts come late, as in life
        time.sleep(0.5)
