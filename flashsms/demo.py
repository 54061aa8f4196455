"""`make demo`: 1,000 messages through a temporary installation, counted at the end.

Everything is real: the HTTP API, RQ, SMPP, receipts; only the carrier is the simulator.
"""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn
from rich.table import Table

ROOT = Path(__file__).parents[1]
RECIPIENTS = 1000
FIRST_NUMBER = 245550100  # the last four digits 0001 to 0099 ask the simulator for trouble
EXTRA_CREDITS = 500  # on top of the 1,000 of the demo account
START_WAIT = 60.0  # seconds
DELIVERY_WAIT = 120.0
STOP_WAIT = 15.0
console = Console()


class DemoError(Exception):
    """What went wrong, as a sentence."""


@dataclass(frozen=True)
class Api:
    """The JSON API of the temporary installation."""

    port: int
    key: str

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the `data` of an answer; raises DemoError with the API's own sentence."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        payload = None if body is None else json.dumps(body)
        connection.request(method, f"/api/v1{path}", body=payload, headers=headers)
        answer = json.loads(connection.getresponse().read())
        connection.close()
        if not answer["success"]:
            raise DemoError(f"{method} {path} was refused: {answer['error']}")
        data: dict[str, Any] = answer["data"]
        return data


def main() -> None:
    """Run the demo; ends with code 1 when anything is missing."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    home = Path(tempfile.mkdtemp(prefix="flashsms-demo-"))
    try:
        with _installation(home) as api:
            _deliver(api)
    except DemoError as error:
        console.print(f"[red]The demo failed.[/] {error}")
        sys.exit(1)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _installation(home: Path) -> Iterator[Api]:
    port = _free_port()
    environment = _environment(home, port)
    log = home / "stack.log"
    with log.open("wb") as output:
        stack = subprocess.Popen(
            [sys.executable, "-m", "flashsms.stack"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        with console.status("Starting FlashSMS in a temporary home …"):
            _wait_until_ready(stack, log)
            _grant(environment)
        yield Api(port, json.loads((home / "demo.json").read_text())["key"])
    except DemoError:
        console.print(log.read_text()[-4000:], markup=False, highlight=False)
        raise
    finally:
        _stop(stack)


def _environment(home: Path, port: int) -> dict[str, str]:
    """Our own, without what points at a real database, Redis or carrier."""
    real = ("DATABASE_URL", "REDIS_URL", "CARRIER_URL", "SECRET_KEY", "HOST")
    kept = {name: value for name, value in os.environ.items() if name not in real}
    return {**kept, "FLASHSMS_HOME": str(home), "PORT": str(port)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(stack: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_WAIT
    while "FlashSMS is ready" not in log.read_text():
        if stack.poll() is not None:
            raise DemoError("FlashSMS ended while it was starting.")
        if time.monotonic() > deadline:
            raise DemoError(f"FlashSMS was not ready within {START_WAIT:g} seconds.")
        time.sleep(0.1)


def _grant(environment: dict[str, str]) -> None:
    grant = ("credit", "grant", "--account", "owner@example.com", "--reason", "Demo")
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *grant]
    granted = subprocess.run(  # noqa: S603 (our own command)
        [*command, "--amount", str(EXTRA_CREDITS)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if granted.returncode:
        raise DemoError(f"The credits could not be granted: {granted.stderr}")


def _stop(stack: subprocess.Popen[bytes]) -> None:
    stack.terminate()
    try:
        stack.wait(timeout=STOP_WAIT)
    except subprocess.TimeoutExpired:
        stack.kill()
        stack.wait()


def _deliver(api: Api) -> None:
    began = time.monotonic()
    message = api.call("POST", "/sms/send", _order())
    accepted = time.monotonic() - began
    report = _watch(api, message["messageId"])
    took = time.monotonic() - began
    console.print(f"Accepted in {accepted:.2f} s, all final after {took:.1f} s.")
    _show(report, RECIPIENTS / took)
    _check(api, report)


def _order() -> dict[str, Any]:
    return {
        "recipients": [f"0{FIRST_NUMBER + number}" for number in range(RECIPIENTS)],
        "message": "Akwaaba! This is one of a thousand messages from FlashSMS.",
        "campaignName": "Demo",
    }


def _watch(api: Api, message_id: str) -> dict[str, Any]:
    """Follow the delivery report until every recipient is final, and return it whole."""
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("Delivering", total=RECIPIENTS)
        for pause in _pauses():
            stats = api.call("GET", f"/sms/{message_id}/recipients?limit=1")["stats"]
            progress.update(bar, completed=stats["delivered"] + stats["failed"])
            if stats["pending"] == 0 and stats["delivered"] + stats["failed"] >= RECIPIENTS:
                return api.call("GET", f"/sms/{message_id}/recipients?limit={RECIPIENTS}")
            time.sleep(pause)
    raise DemoError(f"{stats['pending']} messages were not final after {DELIVERY_WAIT:g} seconds.")


def _pauses() -> Iterator[float]:
    """Seconds between two looks: often at first, then within 100 requests a minute."""
    deadline = time.monotonic() + DELIVERY_WAIT
    yield from (0.2,) * 30
    while time.monotonic() < deadline:
        yield 1.0


def _show(report: dict[str, Any], rate: float) -> None:
    table = Table(title="Delivery report (the first five)")
    for column in ("phone", "status", "sentAt"):
        table.add_column(column)
    for row in report["recipients"][:5]:
        table.add_row(row["phone"], row["status"], row["sentAt"])
    console.print(table)
    stats = report["stats"]
    console.print(
        f"{stats['delivered']} delivered, {stats['failed']} failed, {stats['pending']} pending: "
        f"{stats['deliveryRate']} % at {rate:.0f} messages a second."
    )


def _check(api: Api, report: dict[str, Any]) -> None:
    balance = api.call("GET", "/balance")["balance"]
    ledger = sum(
        row["amount"] for row in api.call("GET", "/transactions?limit=100")["transactions"]
    )
    console.print(f"Balance {balance} credits, sum of the ledger {ledger}.")
    if balance != ledger:
        raise DemoError("The balance is not the sum of the ledger.")
    phones = {row["phone"] for row in report["recipients"]}
    if len(phones) != RECIPIENTS or report["stats"]["delivered"] != RECIPIENTS:
        raise DemoError(f"{RECIPIENTS - report['stats']['delivered']} messages are missing.")
    console.print(f"[green]All {RECIPIENTS:,} messages are accounted for.[/]")


if __name__ == "__main__":
    main()
