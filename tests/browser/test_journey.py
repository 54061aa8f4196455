"""A new user from the first page to a delivered campaign and a key that works, as she goes."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.site import Site
from tests.browser.test_shop import get_a_sender, sign_up

PEOPLE = """First name,Surname,Phone number,Town
Esi,Mensah,024 200 1000,Kumasi
Kofi,Owusu,020 200 1001,Accra
Yaa,Boateng,026 200 1002,Kumasi
Nobody,,12,Nowhere
"""


def _import_people(page: Page, folder: Path) -> None:
    file = folder / "customers.csv"
    file.write_text(PEOPLE)
    page.goto("/contacts")
    page.get_by_role("link", name=re.compile("Import")).first.click()
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name=re.compile("Upload|Continue|Next")).click()
    expect(page.get_by_text("Mensah").first).to_be_visible()
    page.get_by_label("Into the group").select_option("A new group")
    page.get_by_label(re.compile("new group")).fill("Customers")
    page.get_by_role("button", name="Start the import").click()


def _write_a_template(page: Page) -> None:
    page.goto("/templates")
    page.get_by_role("link", name=re.compile("New template")).first.click()
    page.get_by_label("Name", exact=True).fill("Welcome to town")
    page.get_by_label("Text", exact=True).fill(
        "Akwaaba {{firstName|friend}}, our new shop opens tomorrow."
    )
    page.get_by_role("button", name="Save template").click()
    expect(page.get_by_text("Welcome to town").first).to_be_visible()


def _send_it(page: Page) -> None:
    page.goto("/templates")
    row = page.locator("tr", has_text="Welcome to town")
    row.get_by_role("link", name=re.compile("^Use")).click()
    expect(page.get_by_label("Message", exact=True)).to_have_value(re.compile("Akwaaba"))
    page.get_by_label("Campaign name").fill("Opening")
    page.get_by_label("Customers").check()
    page.get_by_role("button", name="Review and send").click()
    expect(page.get_by_role("heading", name="3 credits for 3 people")).to_be_visible()
    expect(page.get_by_text("Akwaaba Esi, our new shop").first).to_be_visible()
    page.get_by_role("button", name="Send now, 3 credits").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Opening")


def _make_a_key(page: Page) -> str:
    page.goto("/api-keys/new")
    page.get_by_label("Name", exact=True).fill("Website")
    page.get_by_role("button", name="Create key").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your new API key")
    secret = re.search(r"bms_live_\w{32}", page.content())
    assert secret
    page.goto("/api-keys")
    assert secret[0] not in page.content()
    return secret[0]


def _ask_with_curl(site: Site, key: str) -> dict[str, Any]:
    command = (
        "curl",
        "-s",
        f"{site.url}/api/v1/balance",
        "-H",
        f"Authorization: Bearer {key}",
    )
    answered = subprocess.run(command, capture_output=True, text=True, check=True)
    answer: dict[str, Any] = json.loads(answered.stdout)
    return answer


def _travel(page: Page, site: Site, folder: Path, *, live: bool) -> None:
    page.goto("/")
    expect(page.get_by_role("link", name=re.compile("Create")).first).to_be_visible()
    sign_up(page)
    get_a_sender(page, site)
    _import_people(page, folder)
    _wait_for(page, "The import is done, but some rows were left out.", live=live)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the bad rows").click()
    assert "Nobody" in download.value.path().read_text()
    _write_a_template(page)
    _send_it(page)
    _wait_for(page, "+233242001000", live=live)
    _wait_for(page, re.compile(r"^delivered$"), live=live)
    _wait_for(page, re.compile("3 delivered, 0 failed"), live=live)
    page.get_by_label("Find a number").fill("024 200 1000")
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.get_by_text("Akwaaba Esi, our new shop opens tomorrow.").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Report").click()
    report = download.value.path().read_text()
    assert report.count("delivered") == 3
    key = _make_a_key(page)
    assert _ask_with_curl(site, key)["data"]["balance"] == 2


def _wait_for(page: Page, what: str | re.Pattern[str], *, live: bool) -> None:
    """Wait for what comes by itself, or without JavaScript by looking again."""
    for _ in range(1 if live else 15):
        try:
            shown = page.get_by_text(what).or_(page.get_by_role("img", name=what))
            expect(shown.first).to_be_visible(timeout=15_000 if live else 1000)
        except AssertionError:
            if live:
                raise
            page.reload()
        else:
            return
    raise AssertionError(f"{what} did not come.")


def test_a_new_user_goes_all_the_way(page: Page, site: Site, tmp_path: Path) -> None:
    _travel(page, site, tmp_path, live=True)


def test_she_goes_all_the_way_without_javascript(
    scriptless: Page, site: Site, tmp_path: Path
) -> None:
    _travel(scriptless, site, tmp_path, live=False)
