"""`make screenshots`: every page on a desktop and a phone, in light and in dark colours."""

import tempfile
from itertools import product
from pathlib import Path

from playwright.sync_api import Page

from tests.browser import cast, pages
from tests.browser.checks import Scheme
from tests.browser.site import ROOT, SIZES, chromium, installation
from tests.browser.test_shop import sign_up

FOLDER = ROOT / "screenshots"
SCHEMES: tuple[Scheme, ...] = ("dark", "light")


def main() -> None:
    """Write the pictures into `screenshots/`, and their names to stdout."""
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="flashsms-screenshots-") as home,
        installation(Path(home)) as site,
        chromium() as browser,
    ):
        ids = cast.busy_account(site)
        cast.operator(site)
        for size, who in product(SIZES, (_visitor, _newcomer, _owner, _operator)):
            context = browser.new_context(base_url=site.url, reduced_motion="reduce", **SIZES[size])
            who(context.new_page(), size, ids)
            context.close()


def _visitor(page: Page, size: str, ids: dict[str, str]) -> None:
    _pictures(page, pages.VISITOR, size)


def _newcomer(page: Page, size: str, ids: dict[str, str]) -> None:
    sign_up(page)
    _pictures(page, [(f"{name}-empty", path) for name, path in pages.LISTS], size)


def _owner(page: Page, size: str, ids: dict[str, str]) -> None:
    cast.sign_in(page)
    known = ids | cast.leave_traces(page)
    there = [(name, path.format(**known)) for name, path in pages.LISTS + pages.DETAILS]
    _pictures(page, there, size)


def _operator(page: Page, size: str, ids: dict[str, str]) -> None:
    cast.sign_in(page, cast.OPERATOR)
    known = ids | cast.what_operators_see(page)
    _pictures(page, [(name, path.format(**known)) for name, path in pages.OPERATOR], size)


def _pictures(page: Page, there: list[tuple[str, str]], size: str) -> None:
    for name, path in there:
        _picture(page, path, f"{name}-{size}")


def _picture(page: Page, path: str, name: str) -> None:
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        answer = page.goto(path, wait_until="load")
        assert answer is None or answer.ok, f"{path} answers {answer.status}"
        picture = FOLDER / f"{name}-{scheme}.png"
        page.screenshot(path=picture, full_page=True, animations="disabled")
        print(picture.relative_to(ROOT))


if __name__ == "__main__":
    main()
