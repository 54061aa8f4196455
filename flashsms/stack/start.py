"""The order in which a run starts: what each piece needs is there before it."""

import http.client
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from config import Config
from flashsms.stack import installation, private_redis, welcome
from flashsms.stack.home import check_port, claim, free_port
from flashsms.stack.processes import Program, Supervisor

ROOT = Path(__file__).parents[2]


def run() -> None:
    """Start everything, keep it running, and return once all of it has ended.

    Raises CannotStartError or SettingError, each with a sentence for the operator.
    """
    os.umask(0o077)  # the home holds keys, passwords and phone numbers
    config = Config()
    lock = claim(config.FLASHSMS_HOME)
    check_port(config.HOST, config.PORT)
    supervisor = Supervisor(ROOT, keep=[lock])
    supervisor.listen()
    try:
        _start(supervisor, config)
        supervisor.wait(until=lambda: False)
    finally:
        supervisor.stop()


def _start(supervisor: Supervisor, config: Config) -> None:
    os.environ["FLASHSMS_HOME"] = str(config.FLASHSMS_HOME)  # children run in another directory
    if not os.environ.get("REDIS_URL"):
        supervisor.start(private_redis.program(config.FLASHSMS_HOME))
    installed = installation.prepare(config.FLASHSMS_HOME, simulator_port=free_port())
    if installed.simulator_port:
        supervisor.start(_simulator(installed.simulator_port))
    if not supervisor.wait(until=installation.redis_answers(config)):
        return
    for program in programs(config):
        supervisor.start(program)
    if supervisor.wait(until=lambda: _ready(config)):
        simulated = installed.simulator_port is not None
        greeting = welcome.text(
            _url(config), config.FLASHSMS_HOME, installed.demo, simulated=simulated
        )
        print(greeting, flush=True)


def _simulator(port: int) -> Program:
    command = ("-m", "flashsms.simulator", "--host", "127.0.0.1", "--port", str(port))
    return Program("simulator", (sys.executable, *command), support=True)


def programs(config: Config) -> Iterator[Program]:
    """What runs beside Redis and the simulator; the web first, since everyone waits for it."""
    yield Program("web", _granian(config))
    if config.WORKERS > 1:
        # Its own, so that a one-time code never waits behind a batch of a campaign.
        yield Program("urgent", _flask("worker", "--queue", "urgent"))
    for number in range(1, max(config.WORKERS, 2)):
        yield Program(f"worker-{number}", _flask("worker"))
    # Receivers of webhooks may be slow: nobody's message waits for them, and they for no message.
    yield Program("webhooks", _flask("worker", "--queue", "webhooks"))
    yield Program("cron", _flask("cron"))


def _granian(config: Config) -> tuple[str, ...]:
    # More threads than cores: a thread mostly waits for the database.
    return (
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
        *("--host", config.HOST, "--port", str(config.PORT)),
        *("--blocking-threads", "8", "--backpressure", "64", "--workers-kill-timeout", "5"),
        *("--log-level", "error", "--no-access-log", "wsgi:app"),
    )


def _flask(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "flask", "--app", "wsgi", *words)


def _reachable(config: Config) -> str:
    """The address to call from this machine: "everywhere" is not one."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(config.HOST, config.HOST)  # noqa: S104


def _url(config: Config) -> str:
    host = _reachable(config)
    return f"http://{f'[{host}]' if ':' in host else host}:{config.PORT}"


def _ready(config: Config) -> bool:
    connection = http.client.HTTPConnection(_reachable(config), config.PORT, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
