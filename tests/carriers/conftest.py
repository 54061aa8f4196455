"""Foreign SMSC servers."""

import fcntl
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.carriers.certificates import Certificate, make

PEERS = Path(__file__).parents[1] / "peers"


class ForeignSmsc:
    """A server as a process that prints its port, and then what it sees."""

    def __init__(self, process: subprocess.Popen[str], scheme: str = "smpp") -> None:
        self._process = process
        self._scheme = scheme
        self.port = json.loads(process.stdout.readline())["port"]

    def url(self, password: str = "secret") -> str:
        return f"{self._scheme}://shop:{password}@localhost:{self.port}"

    def events(self, unbinds: int = 1) -> list[dict]:
        """Everything that it saw until so many clients had unbound."""
        events: list[dict] = []
        while sum("unbound" in event for event in events) < unbinds:
            events.append(json.loads(self._process.stdout.readline()))
        return events


@contextmanager
def served(*command: str | Path, scheme: str = "smpp") -> Iterator[ForeignSmsc]:
    line = [str(word) for word in command]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield ForeignSmsc(process, scheme)
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The pinned packages, installed once even when several test processes start together."""
    with open(PEERS / "package-lock.json") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (PEERS / "node_modules" / "smpp" / "package.json").exists():
            install = ["npm", "ci", "--no-audit", "--no-fund"]
            subprocess.run(install, cwd=PEERS, check=True, capture_output=True)
    return PEERS / "node_modules"


@pytest.fixture
def node_smsc(node_modules: Path) -> Iterator[ForeignSmsc]:
    """node-smpp."""
    with served("node", PEERS / "smsc.js") as smsc:
        yield smsc


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    """Of localhost, and trusted by this machine for the time being."""
    made = make(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    return made


@pytest.fixture
def node_smsc_with_tls(node_modules: Path, certificate: Certificate) -> Iterator[ForeignSmsc]:
    """node-smpp inside TLS."""
    command = ["node", PEERS / "smsc.js", certificate.key, certificate.file]
    with served(*command, scheme="smpps") as smsc:
        yield smsc


@pytest.fixture
def perl_smsc() -> Iterator[ForeignSmsc]:
    """Net::SMPP, of Debian's package libnet-smpp-perl."""
    with served("perl", PEERS / "smsc.pl") as smsc:
        yield smsc
