"""An operator at work: approves, grants, and changes carriers under a running campaign."""

import json
import re
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from flashsms.simulator import Simulator
from tests.browser import cast
from tests.browser.site import Site
from tests.factories import phones

PEOPLE = 600
SLOW, FAST = "Slow telco", "Second telco"
PATIENCE = 60.0  # seconds


@pytest.fixture
def telcos(site: Site) -> Iterator[tuple[Simulator, Simulator]]:
    """Two message centres; afterwards the installation has its simulator again."""
    with Simulator() as first, Simulator() as second:
        yield first, second
        for name in (SLOW, FAST):
            site.cli("carrier", "remove", name)


def _approve(page: Page, name: str) -> None:
    page.goto("/admin/sender-ids")
    page.get_by_role("link", name=f"Review {name} of").click()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("alert")).to_contain_text("approved")


def _grant(page: Page, email: str, amount: int) -> None:
    page.goto(f"/admin/accounts?q={email}")
    page.locator("main a[href*='/admin/accounts/acc_']").first.click()
    page.get_by_label("Credits", exact=True).fill(str(amount))
    page.locator("form", has_text="Change the balance").get_by_label("Reason").fill("Paid in cash")
    page.get_by_role("button", name="Change the balance").click()
    expect(page.get_by_role("alert")).to_contain_text(str(amount))


def _add_carrier(page: Page, name: str, url: str, priority: int) -> None:
    page.goto("/admin/carriers/new")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("URL").fill(url)
    page.get_by_label("Priority").fill(str(priority))
    page.get_by_role("button", name="Add carrier").click()
    expect(page.get_by_role("heading", name=name).first).to_be_visible()


def _pause(page: Page, name: str) -> None:
    page.goto("/admin/carriers")
    page.get_by_role("link", name=name).click()
    page.get_by_label("Reason").fill("Their receipts are late")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Their receipts are late").first).to_be_visible()


def _ask(site: Site, key: str, path: str, **body: object) -> dict[str, object]:
    request = urllib.request.Request(
        f"{site.url}/api/v1/{path}",
        json.dumps(body).encode() if body else None,
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        answer: dict[str, object] = json.load(response)["data"]
    return answer


def _until(said: str, holds: object) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline, said
        time.sleep(0.05)


def test_a_carrier_is_paused_under_a_campaign_that_completes_over_the_next(
    desktop: Page, site: Site, telcos: tuple[Simulator, Simulator]
) -> None:
    first, second = telcos
    email, numbers = "kojo@example.com", phones(PEOPLE)
    person = ("--phone", "0241234567", "--email", email, "--password", cast.PASSWORD)
    site.cli("account", "create", "--name", "Kojo\u2019s shop", *person)
    site.cli("sender", "request", "--account", email, "--name", "KojoShop")
    key = str(site.cli("key", "create", "--account", email, "--name", "Shop")["key"])

    cast.sign_in(desktop, cast.operator(site, "chief@example.com"))
    _approve(desktop, "KojoShop")
    _grant(desktop, email, PEOPLE)
    login = "smpp://telco:very-secret@127.0.0.1"
    _add_carrier(desktop, SLOW, f"{login}:{first.port}?tps=100", 1)
    _add_carrier(desktop, FAST, f"{login}:{second.port}?tps=400", 20)
    assert "very-secret" not in desktop.content()

    sent = _ask(site, key, "sms/send", message="We open at eight", recipients=numbers)
    _until("The campaign did not begin.", lambda: first.record.parts.total() >= PEOPLE // 10)
    _pause(desktop, SLOW)
    report = f"sms/{sent['messageId']}/recipients"
    _until("The campaign did not end.", lambda: _ask(site, key, report)["status"] == "DELIVERED")

    assert first.record.parts + second.record.parts == Counter(numbers)
    assert PEOPLE // 10 <= first.record.parts.total() < PEOPLE
    desktop.goto(f"/admin/history/{sent['messageId']}")
    expect(desktop.locator("td", has_text=FAST).first).to_be_visible()
    expect(desktop.get_by_text(re.compile(rf"\b{PEOPLE}\b")).first).to_be_visible()
    desktop.goto("/admin/audit")
    for act in ("Sender ID approved", "Credits granted", "Carrier added", "Carrier paused"):
        expect(desktop.locator("td", has_text=act).first).to_be_visible()
