"""What a person sets up once: members, a second factor, an API key."""

import re
import subprocess

import pyotp
from playwright.sync_api import Page, expect

from tests.browser.checks import assert_accessible, assert_fits, assert_valid_html
from tests.browser.site import Site
from tests.browser.test_shop import sign_up


def press(page: Page, button: str) -> str:
    """Send a form, judge the page that answers, and return its source."""
    with page.expect_navigation() as navigation:
        page.get_by_role("button", name=button, exact=True).click()
    assert_accessible(page)
    assert_fits(page)
    return navigation.value.text()


def test_a_password_is_judged_while_it_is_typed(page: Page) -> None:
    page.goto("/signup")
    page.get_by_label("Password").press_sequentially("tin roof rain on Sunday")
    expect(page.locator("#strength")).to_contain_text("Strong.")
    assert_accessible(page)


def test_she_sets_up_a_second_factor_and_signs_in_with_it(page: Page) -> None:
    email = sign_up(page)
    page.goto("/settings/security")
    sources = [press(page, "Set up")]
    totp = pyotp.TOTP(page.get_by_label("Or type this").input_value())
    page.get_by_label("Code", exact=True).fill("000000")
    sources.append(press(page, "Switch on"))
    expect(page.get_by_text("Code is not right")).to_be_visible()
    page.get_by_label("Code", exact=True).fill(totp.now())
    sources.append(press(page, "Switch on"))
    codes = page.get_by_label("Recovery codes", exact=True).input_value().split()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.path().read_text().split() == codes
    page.context.clear_cookies()
    page.goto("/login?next=/settings/security")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill("a fine long password")
    sources.append(press(page, "Sign in"))
    page.get_by_label("Code", exact=True).fill(codes[0])
    sources.append(press(page, "Sign in"))
    expect(page.get_by_text("9 recovery codes")).to_be_visible()
    assert_valid_html(*sources)


def test_she_invites_somebody_who_joins(page: Page, site: Site) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    owner = sign_up(page)
    page.goto("/settings/members")
    page.get_by_label("E-mail").fill(f"yaw-{owner}")
    sources = [press(page, "Send the invitation")]
    page.context.clear_cookies()
    page.goto(re.findall(r"/invitation/\S+", site.log())[-1])
    sources.append(page.content())
    assert_accessible(page)
    page.get_by_label("New password").fill("tin roof rain")
    sources.append(press(page, "Join"))
    expect(page.get_by_text("Welcome to Ama's Shop.")).to_be_visible()
    assert_valid_html(*sources)


def test_she_makes_a_key_and_pastes_the_command(page: Page) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    sign_up(page)
    page.goto("/api-keys/new")
    page.get_by_label("Name").fill("Till")
    page.get_by_label("Send messages").uncheck()
    page.get_by_label("See messages").uncheck()
    sources = [press(page, "Create key")]
    page.get_by_role("button", name="Copy the command").click()
    expect(page.get_by_role("status").get_by_text("Copied")).to_have_count(1)
    command = page.get_by_label("Paste this into a terminal").input_value()
    answer = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert '"success":true' in answer.stdout
    page.reload()  # sends the form again
    expect(page.get_by_text("This key was made already.")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)
    sources.append(press(page, "Revoke Till"))
    expect(page.get_by_text("revoked", exact=True)).to_be_visible()
    assert_valid_html(*sources)


def test_a_key_is_made_without_javascript(scriptless: Page) -> None:
    sign_up(scriptless)
    scriptless.goto("/api-keys/new")
    scriptless.get_by_label("Name").fill("Till")
    scriptless.get_by_role("button", name="Create key").click()
    expect(scriptless.locator("#secret")).to_have_value(re.compile("bms_live_"))
    expect(scriptless.get_by_role("button", name="Copy the key")).to_be_hidden()
