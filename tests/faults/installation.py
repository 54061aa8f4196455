"""A whole installation as real processes in a temporary home, for tests that hurt it."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from redis import Redis

from config import Config
from flashsms.stack import start
from tests import servers

ROOT = Path(__file__).parents[2]
LONG = os.environ.get("FAULTS_LONG") == "1"
POLL = 0.01


def eventually(fact: Callable[[], object], seconds: float, what: str = "") -> None:
    """Wait until a fact holds; fails when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, f"not within {seconds:g} seconds: {what or fact}"
        time.sleep(POLL)


class Process:
    """One process; what it says goes to a file and can be read at any time."""

    def __init__(self, command: tuple[str, ...], env: dict[str, str], log: Path) -> None:
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **env, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def said(self) -> str:
        return self._log.read_text(errors="replace")

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait(10)

    def terminate(self, seconds: float) -> int:
        """Ask it to end, and return its exit code; fails when it takes longer."""
        self._process.terminate()
        return self._process.wait(seconds)

    def end(self) -> None:
        """End it and every process that it started."""
        if self.running:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)


class Smsc(Process):
    """The simulator as a process; its own log says what it saw, line by line."""

    def __init__(self, home: Path, *options: str) -> None:
        self._seen = home / "smsc.seen"
        self._seen.touch()
        command = ("-m", "flashsms.simulator", "--port", "0", "--log", str(self._seen))
        super().__init__((sys.executable, *command, *options), {}, home / "smsc.log")
        self._lines: list[list[str]] = []
        self._position = 0
        eventually(lambda: "listening on" in self.said, 20, "the simulator listens")
        self.port = int(self.said.partition("listening on ")[2].split()[0].rpartition(":")[2])

    @property
    def lines(self) -> list[list[str]]:
        """Each submit_sm until now: number, id (`-` if refused), part, status."""
        with self._seen.open("rb") as log:
            log.seek(self._position)
            whole, newline, _ = log.read().rpartition(b"\n")
        self._position += len(whole) + len(newline)
        self._lines.extend(line.split("\t") for line in whole.decode().splitlines())
        return self._lines

    def wait_for_more_than(self, count: int) -> None:
        """Wait until it has seen more submissions than that."""
        eventually(lambda: len(self.lines) > count, 40, f"the SMSC saw more than {count}")

    @property
    def taken(self) -> Counter[str]:
        """How many submissions it took, by number."""
        return Counter(line[0] for line in self.lines if line[1] != "-")

    @property
    def refused(self) -> Counter[str]:
        """How many submissions it refused, by number."""
        return Counter(line[0] for line in self.lines if line[1] == "-")


class Installation:
    """Redis and, once started, the programs that `make run` starts: web, worker, urgent, cron."""

    def __init__(self, home: Path, env: dict[str, str], redis: ExitStack) -> None:
        self.home = home
        self._env = env
        self.port = int(env["PORT"])
        self._redis = redis
        self._processes: dict[str, Process] = {}
        self._commands = {one.name: one.command for one in start.programs(Config(env))}

    @property
    def redis(self) -> Redis:
        return Redis.from_url(self._env["REDIS_URL"])

    def start(self, *programs: str) -> list[Process]:
        """Start programs by their names in `make run`; any `worker-…` and `webhooks-2` may be."""
        return [self._start(name) for name in programs]

    def smsc(self, *options: str) -> Smsc:
        """Start the simulator."""
        smsc = Smsc(self.home, *options)
        self._processes["smsc"] = smsc
        return smsc

    def kill_redis(self) -> None:
        """Redis is gone at once, with everything that it held."""
        with self.redis as client:
            os.kill(client.info("server")["process_id"], signal.SIGKILL)
        self._redis.close()

    def start_redis(self) -> None:
        """Redis is back on the same socket, empty."""
        self._redis.enter_context(servers.redis_server(self.home))

    def supervise(self) -> None:
        """Start again what has ended, as the supervisor of `make run` does."""
        for name, process in self._processes.items():
            if not process.running:
                self._start(name)

    def end(self) -> None:
        """End everything and show what was said, for whoever reads why a test failed."""
        for name, process in self._processes.items():
            process.end()
            print(f"--- {name} ---", process.said[-6000:], sep="\n")

    def _start(self, name: str) -> Process:
        same = "worker-1" if name.startswith("worker") else name.removesuffix("-2")
        command = self._commands[same]
        process = Process(command, self._env, self.home / f"{name}.log")
        self._processes[name] = process
        return process


@contextmanager
def installation(home: Path, env: dict[str, str]) -> Iterator[Installation]:
    """Yield an installation with a Redis of its own at the socket that REDIS_URL names."""
    with ExitStack() as redis:
        redis.enter_context(servers.redis_server(home))
        running = Installation(home, env, redis)
        try:
            yield running
        finally:
            running.end()
