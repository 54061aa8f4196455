"""The first page that a visitor sees, and that what is wrong with a page would be noticed."""

import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.checks import assert_accessible, assert_fits, assert_valid_html, watched_page
from tests.browser.site import DESKTOP, Site


def test_the_first_page_is_for_everyone(page: Page) -> None:
    answer = page.goto("/")
    assert answer
    assert answer.status == 200
    expect(page).to_have_title(re.compile("FlashSMS"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert_accessible(page)
    assert_valid_html(answer.text())


def test_the_first_page_needs_no_javascript(scriptless: Page) -> None:
    answer = scriptless.goto("/")
    assert answer
    assert answer.status == 200
    expect(scriptless).to_have_title(re.compile("FlashSMS"))
    expect(scriptless.get_by_role("heading", level=1)).to_be_visible()


def test_the_first_page_fits_every_width(page: Page) -> None:
    page.goto("/")
    assert_fits(page)


def put(page: Page, content: str, *, policy: str = "object-src 'none'", status: int = 200) -> None:
    """Let the site answer with a first page that has this in its body."""
    whole = f"""<!doctype html><html lang="en">
        <head><title>Spoilt</title><link rel="icon" href="data:,"></head>
        <body><main><h1>Spoilt</h1>{content}</main></body></html>"""

    def answer(route: Route) -> None:
        headers = {"Content-Security-Policy": policy}
        route.fulfill(body=whole, content_type="text/html", headers=headers, status=status)

    page.route(re.compile("/$"), answer)
    page.goto("/")


@pytest.mark.parametrize(
    ("defect", "complaint"),
    [
        ("<img src='/nothing.png' alt=''>", "Console: .*404.*nothing.png"),
        ("<img src='https://example.com/dot.png' alt=''>", "left the site: https://example.com"),
        ("<script>throw new Error('broken')</script>", "Page error: .*broken"),
        ("<object data='/'></object>", "CSP violation: object-src"),
    ],
)
def test_a_page_with_a_defect_is_refused(
    browser: Browser, site: Site, defect: str, complaint: str
) -> None:
    refused = pytest.raises(AssertionError, match=complaint)
    with refused, watched_page(browser, site, DESKTOP) as page:
        put(page, defect)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_too_pale_in_one_colour_scheme_is_refused(desktop: Page, scheme: str) -> None:
    pale = f"@media (prefers-color-scheme: {scheme}) {{ p {{ background: #fff; color: #eee }} }}"
    put(desktop, f"<style>p {{ transition: all 9s }} {pale}</style><p>Pale</p>")
    with pytest.raises(AssertionError, match=rf"color-contrast \({scheme}\)"):
        assert_accessible(desktop)


def test_one_invalid_page_among_several_is_refused() -> None:
    good = "<!doctype html><html lang='en'><head><title>Good</title></head><body></body></html>"
    assert_valid_html(good)
    with pytest.raises(AssertionError, match=r"close-order.* at .*2\.html"):
        assert_valid_html(good, good.replace("<body>", "<body><p><div></div></p>"))


def test_a_page_that_says_not_found_is_no_defect(desktop: Page) -> None:
    put(desktop, "<p>This page does not exist.</p>", status=404)


def test_a_page_under_a_strict_policy_can_be_judged(desktop: Page) -> None:
    put(desktop, "<img src='data:,'>", policy="default-src 'none'; img-src 'self' data:")
    with pytest.raises(AssertionError, match="image-alt"):
        assert_accessible(desktop)
