"""What every page must pass: it harms nobody's eyes, breaks no rule of HTML and calls nobody."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

from tests.browser.site import Site

MODULES = Path(__file__).parent / "node_modules"
NODE = Path(sys.executable).with_name("node")  # of the tools: Debian's is too old for the validator
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_COLOURS = ["color-contrast", "link-in-text-block"]  # the only ones that dark colours can break
Scheme = Literal["light", "dark"]
PATIENCE = 10_000  # milliseconds until a click or a wait fails

# The console is where the test listens already.
_TELL_VIOLATIONS = """
document.addEventListener('securitypolicyviolation', (event) => console.error(
  `CSP violation: ${event.effectiveDirective} blocks ${event.blockedURI} in ${event.documentURI}`));
"""

# The frame lets scripts follow the colour scheme; half-way through a transition no colour is true.
# A page changes its colours in an event of its own, and fades from one to the other.
_SETTLE = """
(scheme) => new Promise((settled) => {
  const frame = () => {
    const shown = document.documentElement.getAttribute("data-bs-theme");
    if (shown && shown !== scheme) return requestAnimationFrame(frame);
    requestAnimationFrame(() => {
      for (const animation of document.getAnimations())
        if (animation instanceof CSSTransition) animation.finish();
      settled();
    });
  };
  requestAnimationFrame(frame);
})
"""


class Complaints:
    """What went wrong in a browser context, one sentence for each."""

    def __init__(self, context: BrowserContext, site: Site) -> None:
        self._host = urlsplit(site.url).netloc
        self._found: list[str] = []
        self._refused: set[str] = set()
        context.add_init_script(_TELL_VIOLATIONS)
        context.on("console", self._hear)
        context.on("request", self._follow)
        context.on("response", self._forgive)
        context.on("weberror", lambda error: self._found.append(f"Page error: {error.error}"))

    def _hear(self, message: ConsoleMessage) -> None:
        loading = message.text.startswith("Failed to load resource")
        if message.type == "error" and not (loading and message.location["url"] in self._refused):
            self._found.append(f"Console: {message.text} ({message.location['url']})")

    def _follow(self, request: Request) -> None:
        host = urlsplit(request.url).netloc  # none in data: and blob:, which leave nothing
        if host not in {"", self._host}:
            self._found.append(f"A request left the site: {request.url}")

    def _forgive(self, response: Response) -> None:
        """A page that says "not found" or "mend this field" is read by people: no fault."""
        if response.request.is_navigation_request() and 400 <= response.status < 500:
            self._refused.add(response.url)

    def assert_none(self) -> None:
        """Fail with everything that was found."""
        assert not self._found, "\n".join(self._found)


@contextmanager
def watched_page(
    browser: Browser, site: Site, size: Mapping[str, Any], *, script: bool = True
) -> Iterator[Page]:
    """Yield a page of a new visitor; fails at the end if the browser had anything to complain of.

    That is an error in the console, an uncaught error, a CSP violation or a request to elsewhere.
    Without `script`, JavaScript is off.
    """
    context = browser.new_context(base_url=site.url, java_script_enabled=script, **size)
    context.set_default_timeout(PATIENCE)
    complaints = Complaints(context, site)
    try:
        yield context.new_page()
    finally:
        context.close()  # and what it still had to say is heard
    complaints.assert_none()


def assert_accessible(page: Page) -> None:
    """Fail when axe finds a violation on the page as it is now, in light or in dark colours.

    Needs a page with JavaScript; leaves it in light colours.
    """
    page.evaluate((MODULES / "axe-core" / "axe.min.js").read_text())
    found = _violations(page, "dark", OF_COLOURS) + _violations(page, "light", RULES)
    assert not found, "\n\n".join(found)


def _violations(page: Page, scheme: Scheme, rules: list[str]) -> list[str]:
    page.emulate_media(color_scheme=scheme)
    page.evaluate(_SETTLE, scheme)
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    result = page.evaluate("(options) => axe.run(document, options)", options)
    return [
        f"{rule['id']} ({scheme}) on {page.url}\n{node['html']}\n{node['failureSummary']}"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]


def assert_fits(page: Page) -> None:
    """Fail when a page is wider than the window: its own idea of that grows with the page."""
    width = page.viewport_size and page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") == width, page.url


def assert_valid_html(*pages: str) -> None:
    """Fail when a page as the server sent it breaks the HTML standard.

    Give all the pages that you have at once: the validator is slow to start.
    """
    validator = MODULES / "html-validate" / "bin" / "html-validate.mjs"
    with tempfile.TemporaryDirectory() as folder:
        for number, page in enumerate(pages, 1):
            (Path(folder) / f"{number}.html").write_text(page)
        command = (NODE, validator, "--preset", "standard", "--formatter", "codeframe", folder)
        judged = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert judged.returncode == 0, judged.stdout + judged.stderr
