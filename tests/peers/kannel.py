"""The real Kannel of the system's package: bearerbox, which speaks SMPP, and smsbox, over HTTP.

Everything that it writes is in a folder of its own, and its ports are free ones.
"""

import random
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

USER, PASSWORD = "flash", "p&w=1"
BARRED = "233201990"  # its smsc takes no numbers that begin so
_READY_WITHIN = 10.0  # seconds

_CONFIGURATION = """
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = {password}
smsbox-port = {boxes}
box-allow-ip = "127.0.0.1"
log-file = "{home}/bearerbox.log"
log-level = 1
store-type = file
store-location = "{home}/kannel.store"

group = smsc
smsc = smpp
smsc-id = simulator
host = 127.0.0.1
port = {smsc}
transceiver-mode = true
smsc-username = kannel
smsc-password = secret
system-type = ""
source-addr-autodetect = true
denied-prefix = "{barred}"

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1
log-file = "{home}/smsbox.log"
log-level = 1
http-request-retry = 3
http-queue-delay = 1

group = sendsms-user
username = {user}
password = "{password}"
concatenation = true
max-messages = 20

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "{inbound}?from=%p&to=%P&text=%b&charset=%C&id=%I"
"""


@contextmanager
def kannel(home: Path, smsc_port: int, inbound: str) -> Iterator[int]:
    """Run it, bound to the SMSC at a port, and yield the port of its sendsms.

    Texts from people go to the address `inbound`.
    """
    ports = dict(zip(("admin", "boxes", "sendsms"), _free_ports(3), strict=True))
    file = home / "kannel.conf"
    names = {"user": USER, "password": PASSWORD, "barred": BARRED, "inbound": inbound}
    file.write_text(_CONFIGURATION.format(home=home, smsc=smsc_port, **ports, **names))
    with ExitStack() as stack:
        bearerbox = stack.enter_context(_running("bearerbox", file))
        _wait(bearerbox, lambda: "online" in _page(ports["admin"], "/status.txt"), home)
        smsbox = stack.enter_context(_running("smsbox", file))
        _wait(smsbox, lambda: _page(ports["sendsms"], "/") is not None, home)
        # It takes messages once the bearerbox knows it as one of its boxes.
        _wait(smsbox, lambda: "smsbox:" in _page(ports["admin"], "/status.txt"), home)
        yield ports["sendsms"]


@contextmanager
def _running(name: str, configuration: Path) -> Iterator[subprocess.Popen[bytes]]:
    program = shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if program is None:
        raise FileNotFoundError(f"{name} is missing: install the package kannel (.ci/run does).")
    quiet = subprocess.DEVNULL
    with subprocess.Popen([program, str(configuration)], stdout=quiet, stderr=quiet) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(process: subprocess.Popen[bytes], ready: Callable[[], bool], home: Path) -> None:
    deadline = time.monotonic() + _READY_WITHIN
    while True:
        try:
            if ready():
                return
        except OSError:  # it does not listen yet
            pass
        if process.poll() is not None or time.monotonic() > deadline:
            logs = "\n".join(log.read_text()[-2000:] for log in sorted(home.glob("*.log")))
            raise RuntimeError(f"Kannel did not start:\n{logs}")
        time.sleep(0.02)


def _page(port: int, path: str) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:  # an OSError, too, but it did answer
        with error:
            return ""


def _free_ports(count: int) -> list[int]:
    """Below those that the system hands out, so that nobody gets one before Kannel binds it."""
    found: list[int] = []
    for port in random.sample(range(20_000, 30_000), 1000):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == count:
            break
    return found
