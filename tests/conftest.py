"""Real servers for every test: a database of the kind TEST_DATABASE names, and a Redis."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from hypothesis import settings
from sqlalchemy import text

from config import TestConfig
from flashsms import create_app
from flashsms.extensions import db
from flashsms.services import accounts
from tests import applications, factories, servers

LARGE = 2**20  # bytes of a table
_FIRST_IDS = """
SELECT setval(quote_ident(schemaname) || '.' || quote_ident(sequencename), start_value, false)
FROM pg_sequences WHERE last_value IS NOT NULL
"""
DATABASE = os.environ.get("TEST_DATABASE", "sqlite")

# The real parameters cost 50 ms a password, and tests make an account each.
accounts.opening.hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    """Give all processes of this run one folder; pytest's own may be swept by another run."""
    if not hasattr(config, "workerinput"):
        os.environ["TEST_SERVERS"] = tempfile.mkdtemp(prefix="flashsms-tests-")


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ["TEST_SERVERS"], ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what touches the database by itself, so that no test forgets to."""
    for item in items:
        if "migrated_database" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.database)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Fail where pytest-xdist does not see the groups, which cost minutes and not one test.

    It writes them behind the ids, of which another release of pytest may keep a copy of its own.
    """
    if getattr(session.config.option, "loadgroup", False):
        grouped = [one for one in session.items if one.get_closest_marker("xdist_group")]
        assert all("@" in one.nodeid for one in grouped)


@pytest.fixture(scope="session")
def worker_id_or_main(request: pytest.FixtureRequest) -> str:
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with servers.redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def migrated_database(
    tmp_path_factory: pytest.TempPathFactory, worker_id_or_main: str, redis_url: str
) -> Iterator[str]:
    """The URL of a database on which the migrations ran, once per test process."""
    root = tmp_path_factory.getbasetemp()
    if DATABASE == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('template') / 'template.db'}"
        _migrate(url, redis_url, root)
        yield url
        return
    shared = Path(os.environ["TEST_SERVERS"])
    with servers.postgresql_database(shared, f"test_{worker_id_or_main}") as url:
        _migrate(url, redis_url, root)
        yield url


def _migrate(url: str, redis_url: str, home: Path) -> None:
    app = create_app(_config(url, redis_url, home))
    with app.app_context():
        upgrade()
        db.engine.dispose()


def _config(url: str, redis_url: str, home: Path) -> TestConfig:
    return TestConfig(
        {
            "FLASHSMS_HOME": str(home),
            "DATABASE_URL": url,
            "REDIS_URL": redis_url,
            "SECRET_KEY": "for tests only",
            "RATE_LIMIT": "0",
        }
    )


@pytest.fixture
def database_url(migrated_database: str, tmp_path: Path) -> str:
    """A fresh, migrated and empty database for one test."""
    if DATABASE == "sqlite":
        template = migrated_database.removeprefix("sqlite:///")
        shutil.copy(template, tmp_path / "test.db")
        return f"sqlite:///{tmp_path / 'test.db'}"
    return migrated_database


@pytest.fixture
def config(database_url: str, redis_url: str, tmp_path: Path) -> TestConfig:
    """The settings of the test's application; change them before asking for `app`."""
    return _config(database_url, redis_url, tmp_path)


@pytest.fixture
def app(config: TestConfig) -> Iterator[Flask]:
    """The application on an empty database and an empty Redis, with a context pushed."""
    app = applications.make(config)
    with app.app_context():
        _empty()
        app.extensions["redis"].flushall()
        yield app
        db.session.remove()
        db.engine.dispose()
    app.extensions["redis"].close()


def _empty() -> None:
    """Make the database as new; to truncate, which makes files anew, is dear for a few rows."""
    if DATABASE == "sqlite":
        return
    tables = [f'"{table.name}"' for table in db.metadata.sorted_tables]
    sizes = ", ".join(f"pg_relation_size('{table}')" for table in tables)
    found = db.session.execute(text(f"SELECT {sizes}")).one()
    used = [table for table, size in zip(tables, found, strict=True) if size]
    if max(found) > LARGE:
        db.session.execute(text(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE"))
    else:
        db.session.execute(text("SET LOCAL session_replication_role = replica"))  # no triggers
        for table in used:
            db.session.execute(text(f"DELETE FROM {table}"))
        db.session.execute(text(_FIRST_IDS))
    db.session.commit()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def ama(app: Flask) -> factories.Member:
    """An account with 1,000 credits, the approved sender MyBrand and a key with every scope."""
    return factories.member("Ama", "ama@example.com")


@pytest.fixture
def kofi(app: Flask) -> factories.Member:
    """A stranger to Ama, with as much."""
    return factories.member("Kofi", "kofi@example.com")


@pytest.fixture
def from_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first long text over SMPP has the reference 1, where a worker would begin anywhere."""
    monkeypatch.setattr("flashsms.carriers.smpp.compose.secrets.randbelow", lambda _: 0)
