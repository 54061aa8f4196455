"""Child processes that are kept running, speak through our output, and never outlive us."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
SETTLED_AFTER = 30.0  # a child that lived this long starts again with the first delay
WORK_GRACE = 8.5  # seconds: workers settle what is in flight within eight
SUPPORT_GRACE = 1.0
TICK = 0.05
NAME_WIDTH = 10


@dataclass(frozen=True)
class Program:
    """One command to keep running.

    `support` marks what the others lean on (Redis, the simulator): it ends after them. `orphaned`
    is the signal that the kernel sends it when the supervisor is killed without a chance to tidy.
    """

    name: str
    command: tuple[str, ...]
    support: bool = False
    orphaned: signal.Signals = signal.SIGTERM
    environment: Mapping[str, str] = field(default_factory=dict)


class Child:
    """A program and the process that runs it at the moment."""

    def __init__(self, program: Program, directory: Path, keep: Sequence[int]) -> None:
        self.program = program
        self._directory = directory
        self._keep = tuple(keep)
        self._delay = FIRST_DELAY
        self._due: float | None = None
        self.start()

    def start(self) -> None:
        """Start the process in a group of its own, so that its children can be ended with it."""
        self._began = time.monotonic()
        self._due = None
        self._process = subprocess.Popen(  # noqa: S603 (our own commands)
            self.program.command,
            cwd=self._directory,
            env={**os.environ, **self.program.environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=self._keep,
            preexec_fn=_bound_to(os.getpid(), self.program.orphaned),
        )
        relay = (self.program.name, self._process.stdout)
        self._relay = threading.Thread(target=_relay, args=relay, daemon=True)
        self._relay.start()

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def tend(self) -> None:
        """Start it again when it is dead and its delay is over."""
        now = time.monotonic()
        if self._due is not None and now >= self._due:
            self.start()
        elif self._due is None and not self.running:
            self._bury(now)

    def _bury(self, now: float) -> None:
        self.kill()  # its own children may still hold its port
        self._delay = FIRST_DELAY if now - self._began > SETTLED_AFTER else self._delay
        self._due = now + self._delay
        ending = _describe(self._process.returncode)
        say(self.program.name, f"{ending}; it starts again in {self._delay:g} s")
        self._delay = min(self._delay * 2, LONGEST_DELAY)

    def ask_to_stop(self) -> None:
        if self.running:
            self._process.terminate()

    def kill(self) -> None:
        """End the process and everything it started, and pass on its last words."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._relay.join(timeout=1)


class Supervisor:
    """Keeps the children running until it is asked to stop; a second request does not wait.

    `keep` are file descriptors that every child inherits.
    """

    def __init__(self, directory: Path, keep: Sequence[int] = ()) -> None:
        self._directory = directory
        self._keep = keep
        self._children: list[Child] = []
        self._requests = 0
        self._watching = False

    def listen(self) -> None:
        """Take SIGINT, SIGTERM and SIGHUP as requests to stop."""
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, self._request)

    def _request(self, _signum: int, _frame: object) -> None:
        self._requests += 1
        if not self._watching:  # still in something slow, such as a database that does not answer
            raise SystemExit

    @property
    def stopping(self) -> bool:
        return self._requests > 0

    def start(self, program: Program) -> None:
        """Start a program, unless a request to stop came first."""
        if not self.stopping:
            self._children.append(Child(program, self._directory, self._keep))

    def wait(self, until: Callable[[], bool]) -> bool:
        """Keep everything running until `until()` holds; False when asked to stop before."""
        self._watching = True
        while not self.stopping:
            if until():
                return True
            for child in self._children:
                child.tend()
            time.sleep(TICK)
        return False

    def stop(self) -> None:
        """End every child within ten seconds: first those that work, then what they lean on."""
        self._watching = True
        self._end([c for c in self._children if not c.program.support], WORK_GRACE)
        self._end([c for c in self._children if c.program.support], SUPPORT_GRACE)

    def _end(self, children: list[Child], grace: float) -> None:
        for child in children:
            child.ask_to_stop()
        deadline = time.monotonic() + grace
        while any(child.running for child in children):
            if self._requests > 1 or time.monotonic() > deadline:
                break
            time.sleep(TICK)
        for child in children:
            child.kill()


def say(name: str, line: str) -> None:
    """Print one line under the name of who says it."""
    sys.stdout.write(f"{name:<{NAME_WIDTH}}| {line}\n")
    sys.stdout.flush()


def _relay(name: str, output: IO[bytes]) -> None:
    try:
        with output:
            for line in output:
                say(name, line.decode(errors="replace").rstrip())
    except BrokenPipeError:  # nobody reads us any more (`make run | head`)
        os.kill(os.getpid(), signal.SIGTERM)


def _describe(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"


def _bound_to(parent: int, signum: signal.Signals) -> Callable[[], None] | None:
    """What a child runs before its program: ask Linux to end it when we die.

    Elsewhere there is no such request, and only an orderly stop ends the children.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    set_death_signal = 1  # PR_SET_PDEATHSIG in linux/prctl.h

    def bind() -> None:
        prctl(set_death_signal, int(signum))
        if os.getppid() != parent:  # we died in between
            os.kill(os.getpid(), signal.SIGKILL)

    return bind
