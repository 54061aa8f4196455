"""The directory of an installation: who uses it now, and whether its port is free."""

import fcntl
import os
import socket
import time
from pathlib import Path

LEFTOVERS_WAIT = 10.0  # seconds: what a killed run left behind ends within these


class CannotStartError(Exception):
    """A sentence for the operator: what is in the way and what to do about it."""


def claim(home: Path) -> int:
    """Make the home and lock it for this run; returns the descriptor that holds the lock.

    Children inherit the descriptor, so the lock also covers what a killed supervisor left behind:
    such leftovers are waited for. Raises CannotStartError when another run is alive.
    """
    home.mkdir(parents=True, exist_ok=True)
    lock = os.open(home / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + LEFTOVERS_WAIT
    while not _locked(lock):
        owner = os.pread(lock, 32, 0).decode()
        if _alive(owner) or time.monotonic() > deadline:
            os.close(lock)
            raise CannotStartError(
                f"FlashSMS already runs from {home} (process {owner}). Stop it first, or choose "
                "another home and port: FLASHSMS_HOME=./second PORT=8001 make run"
            )
        time.sleep(0.1)
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _alive(owner: str) -> bool:
    try:
        os.kill(int(owner), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def check_port(host: str, port: int) -> None:
    """Raise CannotStartError when nothing could listen on that port."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, proto) as probe:
            # As the web server will: connections of an earlier run in TIME_WAIT do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except OSError as error:
        raise CannotStartError(
            f"Port {port} on {host} cannot be used: {error.strerror or error}. "
            f"Free it, or choose another: PORT={port + 1} make run"
        ) from error


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
