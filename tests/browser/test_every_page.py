"""Every page is for everyone: readable, valid, and never wider than the window."""

from playwright.sync_api import Page

from tests.browser import cast, pages
from tests.browser.checks import assert_accessible, assert_fits, assert_valid_html
from tests.browser.site import Site
from tests.browser.test_shop import sign_up


def judge(page: Page, paths: list[str]) -> None:
    sources = []
    for path in paths:
        answer = page.goto(path)
        assert answer
        assert answer.ok, path
        sources.append(answer.text())
        assert_accessible(page)
        assert_fits(page)
    assert_valid_html(*sources)


def test_the_pages_of_a_visitor(page: Page) -> None:
    judge(page, [path for _, path in pages.VISITOR])


def test_the_pages_of_a_new_account(page: Page) -> None:
    sign_up(page)
    judge(page, [path for _, path in pages.LISTS])


def test_the_pages_of_a_busy_account(page: Page, busy: dict[str, str]) -> None:
    cast.sign_in(page)
    known = busy | cast.leave_traces(page)
    judge(page, [path.format(**known) for _, path in pages.LISTS + pages.DETAILS])


def test_the_pages_of_an_operator(page: Page, site: Site, busy: dict[str, str]) -> None:
    email = f"boss{'-phone' if page.viewport_size['width'] < 400 else ''}@example.com"
    cast.sign_in(page, cast.operator(site, email))
    known = busy | cast.what_operators_see(page)
    judge(page, [path.format(**known) for _, path in pages.OPERATOR])
    page.goto(f"/admin/accounts/{known['account']}")
    page.get_by_role("button", name="See as its owner").click()
    judge(page, [path for _, path in pages.LISTS[:3]])  # the others differ by the same banner
