"""The demo account of a first run, and what is printed once everything runs."""

import json
import os
import secrets
import shlex
from dataclasses import asdict, dataclass
from pathlib import Path

from flashsms.services import accounts, keys, senders
from flashsms.services.alerts import thresholds
from flashsms.services.alerts.thresholds import Thresholds

EMAIL = "owner@example.com"
CREDITS = 1000
ALERTS = Thresholds(low_balance=100, low_rate=80)


@dataclass(frozen=True)
class Demo:
    """The sign-in and the key of the demo account, as kept in demo.json."""

    email: str
    password: str
    key: str


def demo_account(home: Path) -> Demo | None:
    """Open the demo account on the first run; return it as long as its file is kept.

    An installation that has accounts already gets none.
    """
    path = home / "demo.json"
    if accounts.count() == 0:
        _keep(path, _open_account())
    return Demo(**json.loads(path.read_text())) if path.exists() else None


def _open_account() -> Demo:
    password = secrets.token_urlsafe(9)
    new = accounts.NewAccount(
        name="Demo Shop",
        phone="0201234567",
        email=EMAIL,
        password=password,
        credits=CREDITS,
        sender="FlashSMS",
        is_admin=True,  # whoever starts it first runs it
    )
    account = accounts.create(new)
    senders.add_approved(account.id, "MyBrand")
    thresholds.save(account.id, ALERTS)
    _, secret = keys.create(account.id, "Demo")
    return Demo(email=EMAIL, password=password, key=secret)


def _keep(path: Path, demo: Demo) -> None:
    path.unlink(missing_ok=True)  # of a database that is gone
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(asdict(demo), file, indent=2)


def text(url: str, home: Path, demo: Demo | None, *, simulated: bool) -> str:
    """What the operator reads once everything answers."""
    lines = ["", f"FlashSMS is ready on {url}", "", f"  Data      {home}"]
    lines += ["  Carrier   the simulator: nothing leaves this machine"] if simulated else []
    if demo:
        lines += ["", f"  Sign in   {demo.email} with the password {demo.password}"]
        lines += [f"  Operate   {url}/login?next=/admin, with the same sign-in"]
        lines += [f"  API key   {demo.key}"]
        lines += [f"  Program   {url}/docs, where a button makes a test key", "", "  Send one:", ""]
        lines += [f"  {line}" for line in _curl(url, demo.key)]
    return "\n".join([*lines, "", "Ctrl-C stops everything.", ""])


def _curl(url: str, key: str) -> list[str]:
    order = {
        "recipients": ["0201234567"],
        "message": "Hello from FlashSMS!",
        "senderId": "MyBrand",
    }
    return [
        f"curl {url}/api/v1/sms/send \\",
        f"  -H 'Authorization: Bearer {key}' \\",
        "  -H 'Content-Type: application/json' \\",
        f"  -d {shlex.quote(json.dumps(order))}",
    ]
