"""An installation of real processes around the application of the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from config import TestConfig
from tests import factories
from tests.faults.installation import Installation, installation
from tests.servers import own_port


@pytest.fixture
def env(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The settings of every process: as shipped, but quick to see what was interrupted."""
    return {
        "FLASHSMS_HOME": str(tmp_path),
        "DATABASE_URL": database_url,
        "REDIS_URL": f"unix://{tmp_path}/redis.sock",
        "SECRET_KEY": "for tests only",
        "PORT": str(own_port()),
        "CLAIM_LEASE": "3s",
        "STALL_AFTER": "2s",
    }


@pytest.fixture
def installed(env: dict[str, str], tmp_path: Path) -> Iterator[Installation]:
    """The installation, with nothing but Redis running."""
    with installation(tmp_path, env) as running:
        yield running


@pytest.fixture
def config(env: dict[str, str], installed: Installation) -> TestConfig:
    return TestConfig(env)


@pytest.fixture
def ama(app: Flask) -> factories.Member:
    """An account with credits for 6,000 messages."""
    return factories.member("Ama", "ama@example.com", credits=6000)
