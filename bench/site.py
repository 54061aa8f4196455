"""One installation in a home of its own, started piece by piece with the stack's own commands."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import redis
from flask_migrate import upgrade

from bench.client import Client, send_all
from bench.databases import Server
from bench.processes import Processes
from config import Config
from flashsms import create_app
from flashsms.extensions import db
from flashsms.services import accounts, carriers, keys
from flashsms.stack import private_redis
from flashsms.stack.home import free_port
from flashsms.stack.start import programs

START_WAIT = 20.0  # seconds
CREDITS = 100_000_000
_SETTINGS = (  # of whoever runs the bench, which must not change what is measured
    "PORT",
    "HOST",
    "WORKERS",
    "REDIS_URL",
    "SECRET_KEY",
    "BILLING",
    "BATCH_SIZE",
    "URGENT_MAX",
)

Smsc = Callable[[int], Sequence[str]]


def simulator(port: int) -> Sequence[str]:
    """Return the command of the project's own simulator."""
    return (sys.executable, "-m", "flashsms.simulator", "--port", str(port))


class Site:
    """An installation with one account: its database, its key, its processes."""

    def __init__(self, env: Mapping[str, str], processes: Processes) -> None:
        self.env = env
        self.config = Config(env)
        self.database_url = env["DATABASE_URL"]
        self.processes = processes
        self.key = prepare(self.config, lambda: _open_account(self.config.CARRIER_URL))

    def start(self, *names: str) -> None:
        """Start programs of the stack: those named, or all of them; returns when all are ready."""
        for program in programs(self.config):
            if not names or program.name in names:
                self.processes.start(program.name, program.command, self.env)
        self.wait_for_web()

    def send(self, orders: list[bytes], clients: int) -> None:
        """Post orders over several connections."""
        send_all(self.config.PORT, self.key, orders, clients)

    def client(self) -> Client:
        """Return a connection to the API."""
        return Client(self.config.PORT, self.key)

    def wait_for_web(self) -> None:
        """Wait until the web says that it is ready."""
        self._wait(self._answers)

    def wait_for_workers(self, count: int) -> None:
        """Wait until so many workers have registered."""
        with redis.Redis.from_url(self.config.REDIS_URL) as connection:
            self._wait(lambda: connection.scard("rq:workers") >= count)

    def _answers(self) -> bool:
        try:
            with closing(self.client()) as client:
                return client.ready()
        except OSError:
            return False

    def _wait(self, until: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_WAIT
        while not until():
            self.processes.check()
            if time.monotonic() > deadline:
                raise RuntimeError("The installation did not start in time.")
            time.sleep(0.02)


@contextmanager
def site(server: Server, name: str, smsc: Smsc = simulator, options: str = "") -> Iterator[Site]:
    """Yield a new installation; only Redis and its carrier run yet.

    `smsc` gives the command that serves SMPP on a port, `options` is the query of the carrier's
    URL.
    """
    home = server.home / name
    home.mkdir()
    port = free_port()
    env = _environment(home, server.create(name), f"simulator://127.0.0.1:{port}{options}")
    with Processes(home) as processes:
        if server.pid is not None:
            processes.watch("postgresql", server.pid)
        processes.start("redis", private_redis.program(home).command, env)
        processes.start("smsc", smsc(port), env)
        yield Site(env, processes)


def prepare(config: Config, act: Callable[[], str] = str) -> str:
    """Apply the migrations to a database, then `act` within its application."""
    app = create_app(config)
    with app.app_context():
        upgrade()
        try:
            return act()
        finally:
            db.session.remove()
            db.engine.dispose()


def _environment(home: Path, database_url: str, carrier_url: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _SETTINGS}
    return {
        **kept,
        "FLASHSMS_HOME": str(home),
        "DATABASE_URL": database_url,
        "CARRIER_URL": carrier_url,
        "PORT": str(free_port()),
        "RATE_LIMIT": "0",
    }


def _open_account(carrier_url: str) -> str:
    """Make the account and the carrier, and return the key."""
    carriers.use_environment(carrier_url)
    account = accounts.create(
        accounts.NewAccount(
            name="Bench",
            phone="0201234567",
            email="bench@example.com",
            password="correct horse",
            credits=CREDITS,
            sender="MyBrand",
        )
    )
    return keys.create(account.id, "bench")[1]
