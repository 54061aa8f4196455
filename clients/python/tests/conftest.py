"""What the client is tried against: an installation, and a server that misbehaves."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from scripted import Server, serving
from tests.browser.site import Site, installation

from flashsms_client import FlashSMS

RATE_LIMIT = 150


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An installation as `make run` starts it; webhooks may lead to this machine."""
    home = tmp_path_factory.mktemp("site")
    settings = {"RATE_LIMIT": str(RATE_LIMIT), "WEBHOOK_ALLOW": "127.0.0.0/8"}
    with installation(home, **settings) as running:
        yield running


@pytest.fixture(scope="session")
def live(site: Site) -> Iterator[FlashSMS]:
    """A client of the installation, with the key of its first account."""
    with FlashSMS(first_key(site), site.url) as client:
        yield client


def first_key(site: Site) -> str:
    key: str = json.loads((Path(site.home) / "demo.json").read_text())["key"]
    return key


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that answers as it is told."""
    with serving() as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[FlashSMS]:
    """A client of the server that answers as it is told."""
    plain = httpx.HTTPTransport(verify=False)  # reading all certificates takes a while
    with FlashSMS("bms_live_secret", server.url, timeout=0.5, transport=plain) as client:
        yield client


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that the client makes, which then take no time."""
    made: list[float] = []
    monkeypatch.setattr("flashsms_client.calls.sleep", made.append)
    return made
