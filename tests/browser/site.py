"""A whole installation, as `make run` starts it, and the browser that visits it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.servers import own_port

ROOT = Path(__file__).parents[2]
CHROMIUM = "/usr/bin/chromium"
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
}
SIZES = {"desktop": DESKTOP, "phone": PHONE}
START_WAIT = 40.0  # seconds
STOP_WAIT = 15.0


@dataclass(frozen=True)
class Site:
    """A running installation; `env` is the environment of its processes."""

    home: Path
    env: Mapping[str, str]

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self.env['PORT']}"

    def cli(self, *words: str) -> dict[str, Any]:
        """Run one of the installation's commands, such as `sender list`, and return its answer."""
        command = (sys.executable, "-m", "flask", "--app", "wsgi", *words, "--json")
        ran = subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        answer: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
        return answer

    def log(self) -> str:
        """Everything that its processes have said until now."""
        return (self.home / "stack.log").read_text(errors="replace")


@contextmanager
def installation(home: Path, database_url: str | None = None, **settings: str) -> Iterator[Site]:
    """Yield an installation in `home`, on SQLite unless a database is named."""
    site = Site(home, _environment(home, database_url) | settings)
    with (home / "stack.log").open("wb") as output:
        stack = subprocess.Popen(
            (sys.executable, "-m", "flashsms.stack"),
            cwd=ROOT,
            env=site.env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(stack, site)
        yield site
    finally:
        _stop(stack)


def _environment(home: Path, database_url: str | None) -> dict[str, str]:
    """None of the settings of whoever runs the tests: all is as shipped, but for what is named."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    database = {"DATABASE_URL": database_url} if database_url else {}
    return {
        **kept,
        **database,
        "FLASHSMS_HOME": str(home),
        "PORT": str(own_port()),
        "SIGNUP_LIMIT": "0",
        "WEBHOOK_ALLOW": "127.0.0.0/8",
    }


def _wait_until_ready(stack: subprocess.Popen[bytes], site: Site) -> None:
    deadline = time.monotonic() + START_WAIT
    while "FlashSMS is ready" not in site.log():
        assert stack.poll() is None, f"It ended while it was starting:\n{site.log()}"
        assert time.monotonic() < deadline, f"It was not ready in time:\n{site.log()}"
        time.sleep(0.05)


def _stop(stack: subprocess.Popen[bytes]) -> None:
    stack.terminate()
    try:
        stack.wait(STOP_WAIT)
    except subprocess.TimeoutExpired:
        stack.kill()
        stack.wait()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Yield the browser; whatever is not on this machine does not exist for it."""
    nowhere_else = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[nowhere_else])
        yield browser
        browser.close()
