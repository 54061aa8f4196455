"""One installation and one browser for all browser tests, and a watched page for each test."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests import servers
from tests.browser import cast
from tests.browser.checks import watched_page
from tests.browser.site import DESKTOP, PHONE, SIZES, Site, chromium, installation


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: visits a running installation with a browser")


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark these tests, and keep them in two processes: they share an installation in each."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            judges = item.path.stem == "test_every_page"  # which takes as long as all the others
            item.add_marker(pytest.mark.xdist_group("pages" if judges else "browser"))


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory, worker_id_or_main: str) -> Iterator[Site]:
    """An installation as `make run` starts it, on the kind of database that TEST_DATABASE names.

    It ends with the last browser test, so that other tests do not share the machine with it.
    """
    with ExitStack() as stack:
        url = None
        if os.environ.get("TEST_DATABASE") == "postgresql":
            database = f"browser_{worker_id_or_main}"
            shared = Path(os.environ["TEST_SERVERS"])
            url = stack.enter_context(servers.postgresql_database(shared, database))
        yield stack.enter_context(installation(tmp_path_factory.mktemp("site"), url))


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium; it ends with the last browser test, because it occupies asyncio in this thread."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def busy(site: Site) -> dict[str, str]:
    """The ids of an account in which everything has happened; `cast.sign_in` signs in to it."""
    return cast.busy_account(site)


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, browser: Browser, site: Site) -> Iterator[Page]:
    """A new visitor's page, once on a desktop and once on a phone."""
    with _page(browser, site, SIZES[request.param]) as page:
        yield page


@pytest.fixture
def desktop(browser: Browser, site: Site) -> Iterator[Page]:
    """A new visitor's page on a desktop, 1280 x 800."""
    with _page(browser, site, DESKTOP) as page:
        yield page


@pytest.fixture
def phone(browser: Browser, site: Site) -> Iterator[Page]:
    """A new visitor's page on a phone, 390 x 844, touched."""
    with _page(browser, site, PHONE) as page:
        yield page


@pytest.fixture
def scriptless(browser: Browser, site: Site) -> Iterator[Page]:
    """A new visitor's page on a desktop with JavaScript off."""
    with _page(browser, site, DESKTOP, script=False) as page:
        yield page


@contextmanager
def _page(
    browser: Browser, site: Site, size: Mapping[str, Any], *, script: bool = True
) -> Iterator[Page]:
    said = len(site.log())
    try:
        with watched_page(browser, site, size, script=script) as page:
            yield page
    finally:
        print(site.log()[said:])  # for whoever reads why a test failed
