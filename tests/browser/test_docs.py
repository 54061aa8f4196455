"""The documentation as people read it: followed step by step, searched, printed, without script."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.checks import assert_fits, watched_page
from tests.browser.programs import run
from tests.browser.site import Site
from tests.browser.test_shop import sign_up

NARROWEST = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}


def test_who_only_follows_the_quickstart_has_a_message_delivered(
    desktop: Page, tmp_path: Path
) -> None:
    sign_up(desktop)
    desktop.goto("/docs")
    desktop.get_by_role("button", name="Make a test key and fill it in").click()
    expect(desktop.get_by_label("Your test key")).to_have_value(re.compile(r"^bms_test_\w{32}$"))
    sent = json.loads(run(tmp_path, "bash", desktop.locator("#send-bash").inner_text()))
    status = desktop.locator("#status-bash").inner_text()
    asking = status.replace("your_message_id", sent["data"]["messageId"])
    waiting = f"until ({asking}) | tee report.json | grep -q DELIVERED; do sleep 0.2; done"
    subprocess.run(["bash", "-c", waiting], cwd=tmp_path, check=True, timeout=30)
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["data"]["recipients"][0]["status"] == "DELIVERED"
    assert sent["data"]["creditsUsed"] == 0


def test_a_chosen_language_is_shown_everywhere_and_kept(desktop: Page) -> None:
    desktop.goto("/docs")
    tabs = desktop.get_by_role("tablist", name="Languages: send a message")
    expect(desktop.locator("#send-bash")).to_be_visible()
    tabs.get_by_role("tab", name="curl").focus()
    desktop.keyboard.press("ArrowRight")
    desktop.keyboard.press("ArrowRight")
    expect(tabs.get_by_role("tab", name="Python")).to_be_focused()
    for _ in range(2):
        for task in ("send", "status", "webhook", "balance"):
            expect(desktop.locator(f"#{task}-python")).to_be_visible()
            expect(desktop.locator(f"#{task}-bash")).to_be_hidden()
        desktop.reload()
    tabs.get_by_role("tab", name="Go", exact=True).click()
    expect(desktop.locator("#retry-go")).to_be_visible()
    expect(desktop.locator("#balance-python")).to_be_visible()  # what there is not in Go stays


def test_a_sample_is_copied_whole(desktop: Page) -> None:
    desktop.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desktop.goto("/docs")
    desktop.get_by_role("button", name="Copy how to send a message in curl").click()
    expect(desktop.locator("#send-bash-copied")).to_have_text("Copied")
    copied = desktop.evaluate("navigator.clipboard.readText()")
    assert copied == desktop.locator("#send-bash").text_content()
    assert copied.startswith("curl 'http://127.0.0.1:")


@pytest.mark.parametrize("path", ["/docs", "/docs/reference"])
def test_the_search_finds_what_either_page_has(desktop: Page, path: str) -> None:
    desktop.goto(path)
    search = desktop.get_by_label("Search the documentation")
    links = desktop.locator(".docs-chapter a")
    for words, place in {
        "retry errors": None,
        "insufficient_cr": "error-insufficient_credits",
        "0004": "test-0004",
        "recipient.fail": "event-recipient.failed",
        "post /contacts/import": "importContacts",
        "group send": "guide-group",
    }.items():
        search.fill(words)
        if place is None:
            expect(desktop.locator("#docs-found")).to_have_text("Nothing found")
            continue
        expect(links.and_(desktop.locator(f"[href$='#{place}']"))).to_be_visible()
        assert links.and_(desktop.locator(":visible")).count() < 5
    search.press("Enter")
    expect(desktop).to_have_url(re.compile("/docs#guide-group$"))
    expect(desktop.locator("#guide-group")).to_be_in_viewport()


def test_without_a_script_all_of_it_is_there(scriptless: Page) -> None:
    scriptless.goto("/docs")
    for code in ("send-bash", "send-csharp", "webhook-php", "balance-python"):
        expect(scriptless.locator(f"#{code}")).to_be_visible()
    expect(scriptless.get_by_label("Search the documentation")).to_be_hidden()
    expect(scriptless.get_by_role("link", name="Send to a group", exact=True)).to_be_visible()
    scriptless.get_by_text("Error codes", exact=True).click()
    scriptless.get_by_role("link", name="insufficient_credits").click()
    expect(scriptless.locator("#error-insufficient_credits")).to_be_in_viewport()


def test_paper_has_the_text_and_none_of_the_buttons(desktop: Page) -> None:
    desktop.goto("/docs/reference")
    desktop.emulate_media(media="print")
    expect(desktop.locator("#contents")).to_be_hidden()
    expect(desktop.get_by_role("rowheader", name="stats.deliveryRate")).to_be_visible()
    desktop.goto("/docs")
    expect(desktop.get_by_role("button", name="Copy how to send")).to_be_hidden()
    expect(desktop.locator(".docs-language").first).to_be_visible()


def test_it_fits_the_narrowest_phone(browser: Browser, site: Site) -> None:
    with watched_page(browser, site, NARROWEST) as page:
        for path in ("/docs", "/docs/reference"):
            page.goto(path)
            assert_fits(page)
            page.get_by_role("button", name="Contents").click()
            expect(page.locator("#contents")).to_contain_class("show")  # it unfolds for a while
            page.get_by_role("link", name="Limits", exact=True).click()
            expect(page.locator("#limits")).to_be_in_viewport()
            assert_fits(page)
