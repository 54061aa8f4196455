"""Kannel as Debian ships it: bearerbox and smsbox, with their receipts told over HTTP.

The configuration is what its user guide recommends for a gateway that loses nothing: the file store
and a receipt asked for with each message. The window is the one of which it made the most here.
"""

import http.client
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote_plus, urlencode

from bench import load
from bench.processes import Processes
from flashsms.stack.home import free_port

START_WAIT = 20.0  # seconds
WINDOW = 1000
_FINAL = 3  # of dlr-mask: delivered (1) and not delivered (2)

_CONFIGURATION = """\
group = core
admin-port = {admin}
admin-password = bench
smsbox-port = {boxes}
box-allow-ip = 127.0.0.1
log-file = "{home}/bearerbox.said"
log-level = 3
store-type = file
store-location = "{home}/kannel.store"
dlr-storage = internal

group = smsc
smsc = smpp
smsc-id = bench
host = 127.0.0.1
port = {smsc}
smsc-username = bench
smsc-password = bench
system-type = ""
transceiver-mode = true
max-pending-submits = {window}

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
log-file = "{home}/smsbox.said"
log-level = 3

group = sendsms-user
username = bench
password = bench
"""


class Kannel:
    """A Kannel beside the other `processes`, talking to the SMSC on a port."""

    def __init__(self, processes: Processes, home: Path, smsc_port: int) -> None:
        self._port, self._admin, self._told = free_port(), free_port(), free_port()
        self._processes = processes
        configuration = home / "kannel.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                home=home,
                admin=self._admin,
                boxes=free_port(),
                smsc=smsc_port,
                sendsms=self._port,
                window=WINDOW,
            )
        )
        self._configuration = str(configuration)

    def start(self) -> None:
        """Start whom it tells its receipts, and the boxes; returns when it is bound to the SMSC."""
        receiver = (sys.executable, "-m", "bench.receiver", str(self._told))
        self._processes.start("receiver", receiver, {})
        self._processes.start("bearerbox", (_binary("bearerbox"), self._configuration), {})
        self._wait(lambda: "online" in self._ask(self._admin, "/status.txt?password=bench"))
        self._processes.start("smsbox", (_binary("smsbox"), self._configuration), {})
        self._wait(lambda: bool(self._ask(self._port, "/")))

    def requests(self, recipients: Sequence[str], text: str, per_request: int) -> list[bytes]:
        """Return the requests that send a text to these numbers."""
        fixed = {
            "username": "bench",
            "password": "bench",
            "from": "MyBrand",
            "text": text,
            "dlr-mask": _FINAL,
            "dlr-url": f"http://127.0.0.1:{self._told}/dlr?to=%p&state=%d&id=%F",
        }
        query = f"/cgi-bin/sendsms?{urlencode(fixed)}&to="
        starts = range(0, len(recipients), per_request)
        groups = (recipients[first : first + per_request] for first in starts)
        return [load.get(self._port, query + quote_plus(" ".join(group))) for group in groups]

    def send(self, requests: Sequence[bytes], connections: int) -> None:
        """Make the requests."""
        load.run(self._port, requests, connections)

    def told(self) -> int:
        """Return how many receipts the receiver has been told of."""
        return int(self._ask(self._told, "/count"))

    def _ask(self, port: int, path: str) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def _wait(self, fact: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_WAIT
        while True:
            self._processes.check()
            with suppress(OSError):
                if fact():
                    return
            if time.monotonic() > deadline:
                raise RuntimeError("Kannel did not start in time.")
            time.sleep(0.05)


def _binary(name: str) -> str:
    """Return where a box is; raises SystemExit when Kannel is not installed."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if not found:
        raise SystemExit("Kannel is not installed. On Debian: apt-get install kannel")
    return found
