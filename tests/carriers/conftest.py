"""Foreign SMSC servers."""

import fcntl
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

PEERS = Path(__file__).parents[1] / "peers"


class NodeSmsc:
    """node-smpp as a process that prints what it sees."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.port = json.loads(process.stdout.readline())["port"]

    def url(self, password: str = "secret") -> str:
        return f"smpp://shop:{password}@127.0.0.1:{self.port}"

    def events(self) -> list[dict]:
        """Everything that it saw until the client unbound."""
        events: list[dict] = []
        while {"unbound": True} not in events[-1:]:
            events.append(json.loads(self._process.stdout.readline()))
        return events


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
def node_smsc(node_modules: Path) -> Iterator[NodeSmsc]:
    command = ["node", str(PEERS / "smsc.js")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield NodeSmsc(process)
        process.terminate()
