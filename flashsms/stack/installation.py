"""What the database and Redis must hold before anything may start."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import redis
from flask import current_app
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from config import Config
from flashsms.services import carriers
from flashsms.stack import private_redis, welcome
from flashsms.stack.home import CannotStartError

REDIS_WAIT = 5.0  # seconds


@dataclass(frozen=True)
class Installed:
    """What this run found or made; `simulator_port` is None when a real carrier is set."""

    demo: welcome.Demo | None
    simulator_port: int | None


def prepare(home: Path, simulator_port: int) -> Installed:
    """Bring the database up to date, and choose the simulator when there is no other carrier.

    Every process started later finds that choice in its environment. Raises CannotStartError.
    """
    from wsgi import app  # not earlier: it reads the environment that the caller completes

    with app.app_context():
        try:
            return _prepare(home, simulator_port)
        except DBAPIError as error:
            raise CannotStartError(
                _unreachable(app.config["SQLALCHEMY_DATABASE_URI"], error)
            ) from error


def _prepare(home: Path, simulator_port: int) -> Installed:
    current_app.cli.commands["prepare"].main([], standalone_mode=False)
    simulated = not carriers.listening()
    if simulated:
        os.environ["CARRIER_URL"] = f"simulator://127.0.0.1:{simulator_port}"
        carriers.use_environment(os.environ["CARRIER_URL"])
    return Installed(welcome.demo_account(home), simulator_port if simulated else None)


def redis_answers(config: Config) -> Callable[[], bool]:
    """A check to repeat until Redis answers; it raises CannotStartError after a while."""
    client = redis.Redis.from_url(config.REDIS_URL, socket_connect_timeout=2, socket_timeout=2)
    deadline = time.monotonic() + REDIS_WAIT

    def check() -> bool:
        try:
            return bool(client.ping())
        except redis.RedisError as error:
            if time.monotonic() > deadline:
                raise CannotStartError(_silent(config, error)) from error
            return False

    return check


def _silent(config: Config, error: redis.RedisError) -> str:
    if not os.environ.get("REDIS_URL"):
        log = config.FLASHSMS_HOME / private_redis.LOG
        return f"The private Redis does not answer ({error}). {log} says why."
    return (
        f"Redis at {_safe(config.REDIS_URL)} does not answer: {error}. Start it, correct "
        "REDIS_URL, or unset REDIS_URL for a private one."
    )


def _safe(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)


def _unreachable(url: str, error: DBAPIError) -> str:
    return (
        f"The database {_safe(url)} cannot be used: {error.orig}. Start it, correct DATABASE_URL, "
        "or unset DATABASE_URL for SQLite."
    )
