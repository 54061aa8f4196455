"""A shop owner's first steps, as she takes them."""

import itertools

from playwright.sync_api import Page, expect

from tests.browser.site import Site

_numbers = itertools.count()


def sign_up(page: Page) -> str:
    """Create an account and return its e-mail."""
    email = f"shop{next(_numbers)}-{page.viewport_size['width']}@example.com"
    page.goto("/signup")
    page.get_by_label("Business name").fill("Ama's Shop")
    page.get_by_label("Phone").fill("0241234567")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill("a fine long password")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Home")
    return email


def add_contact(page: Page, phone: str, first_name: str) -> None:
    page.get_by_label("Phone", exact=True).fill(phone)
    page.get_by_label("First name").fill(first_name)
    page.get_by_role("button", name="Add contact").click()
    expect(page.get_by_text("The contact was added.")).to_be_visible()


def get_a_sender(page: Page, site: Site) -> None:
    """Request a sender ID, and have it approved."""
    name = f"Shop {next(_numbers)}"
    page.goto("/sender-ids")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_text("pending")).to_be_visible()
    waiting = {one["name"]: one["id"] for one in site.cli("sender", "list")["senders"]}
    site.cli("sender", "approve", waiting[name])
    page.reload()
    expect(page.get_by_text("approved", exact=True)).to_be_visible()


def test_she_signs_up_requests_a_sender_and_adds_contacts(page: Page, site: Site) -> None:
    sign_up(page)
    expect(page.get_by_text("5", exact=True)).to_be_visible()
    get_a_sender(page, site)
    page.goto("/contacts")
    add_contact(page, "0201234567", "Esi")
    add_contact(page, "0241234567", "Kɔfi")
    page.get_by_label("Search contacts").fill("kɔf")
    expect(page.locator("#contacts-table tbody tr")).to_have_count(1)
    expect(page).to_have_url(f"{site.url}/contacts?q=k%C9%94f")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete +233241234567").click()
    expect(page.get_by_text("The contact was deleted.")).to_be_visible()


def test_everything_works_without_javascript(scriptless: Page) -> None:
    sign_up(scriptless)
    scriptless.goto("/contacts")
    add_contact(scriptless, "0201234567", "Esi")
    scriptless.get_by_label("Search contacts").fill("nobody")
    scriptless.get_by_label("Search contacts").press("Enter")
    expect(scriptless.get_by_text("Nobody was found")).to_be_visible()
