"""`make screenshots`: every page on a desktop and a phone, in light and in dark colours."""

import tempfile
from collections.abc import Callable
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser.checks import SCHEMES
from tests.browser.site import ROOT, SIZES, Site, chromium, installation
from tests.browser.test_shop import add_contact, sign_up

FOLDER = ROOT / "screenshots"


def _visitor(page: Page, site: Site) -> None:
    """A visitor does nothing before the visit."""


def _owner(page: Page, site: Site) -> None:
    """The owner of a new account with a few contacts."""
    sign_up(page)
    page.goto("/contacts")
    add_contact(page, "0201234567", "Esi")
    add_contact(page, "0241234567", "Kɔfi")


# How each becomes who looks at a page.
WHO: dict[str, Callable[[Page, Site], None]] = {"visitor": _visitor, "owner": _owner}

# Name of the picture, path of the page, who looks at it.
PAGES = [
    ("landing", "/", "visitor"),
    ("sign-up", "/signup", "visitor"),
    ("sign-in", "/login", "visitor"),
    ("forgot-password", "/forgot-password", "visitor"),
    ("home", "/", "owner"),
    ("contacts", "/contacts", "owner"),
    ("contacts-nobody", "/contacts?q=nobody", "owner"),
    ("group", "/contacts/groups", "owner"),
    ("opt-outs", "/contacts/opt-outs", "owner"),
    ("import", "/contacts/import", "owner"),
    ("templates", "/templates", "owner"),
    ("template", "/templates/new", "owner"),
    ("sender-ids", "/sender-ids", "owner"),
    ("credits", "/credits", "owner"),
    ("settings", "/settings", "owner"),
    ("settings-account", "/settings/account", "owner"),
    ("settings-security", "/settings/security", "owner"),
    ("settings-members", "/settings/members", "owner"),
    ("api-keys", "/api-keys", "owner"),
    ("api-keys-new", "/api-keys/new", "owner"),
]


def main() -> None:
    """Write the pictures into `screenshots/`, and their names to stdout."""
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="flashsms-screenshots-") as home,
        installation(Path(home)) as site,
        chromium() as browser,
    ):
        for who, size in product(WHO, SIZES):
            _visit(browser, site, who, size)


def _visit(browser: Browser, site: Site, who: str, size: str) -> None:
    context = browser.new_context(base_url=site.url, reduced_motion="reduce", **SIZES[size])
    page = context.new_page()
    WHO[who](page, site)
    for name, path, viewer in PAGES:
        if viewer == who:
            _picture(page, path, f"{name}-{size}")
    context.close()


def _picture(page: Page, path: str, name: str) -> None:
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        answer = page.goto(path, wait_until="networkidle")
        assert answer is None or answer.ok, f"{path} answers {answer.status}"
        picture = FOLDER / f"{name}-{scheme}.png"
        page.screenshot(path=picture, full_page=True, animations="disabled")
        print(picture.relative_to(ROOT))


if __name__ == "__main__":
    main()
