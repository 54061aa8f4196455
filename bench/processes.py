"""The processes that are measured: started in groups of their own, ended whatever happens."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

ROOT = Path(__file__).parents[1]
GRACE = 4.0  # seconds between the request to end and the end

Cpu = dict[str, float]


class Processes:
    """Named processes; leaving the block ends all of them, in the reverse order."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._watched: dict[str, int] = {"client": os.getpid()}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.stop(*reversed(self._running))

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Start a process in the root of the project; what it says goes to its log."""
        with self.log(name).open("wb") as log:
            self._running[name] = subprocess.Popen(
                command,
                cwd=ROOT,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._watched[name] = self._running[name].pid

    def watch(self, name: str, pid: int) -> None:
        """Count the CPU time of a process that somebody else started."""
        self._watched[name] = pid

    def log(self, name: str) -> Path:
        """Return the file that holds what a process said."""
        return self._logs / f"{name}.log"

    def check(self) -> None:
        """Raise RuntimeError with the last words of a process that ended by itself."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise RuntimeError(f"{name} ended:\n{self.log(name).read_text()[-3000:]}")

    def cpu(self) -> Cpu:
        """Return the CPU seconds that each process and its children have used so far."""
        return {name: _cpu_of(pid) for name, pid in self._watched.items()}

    def peak(self, name: str) -> float:
        """Return the most memory that a process has ever had, in MB; its children's not."""
        status = Path(f"/proc/{self._watched[name]}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    def stop(self, *names: str) -> None:
        """End these processes, with everything that they started."""
        ending = [self._running.pop(name) for name in names]
        for name, process in zip(names, ending, strict=True):
            del self._watched[name]
            process.terminate()
        deadline = time.monotonic() + GRACE
        for process in ending:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _cpu_of(pid: int) -> float:
    process = psutil.Process(pid)
    own = process.cpu_times()
    used: float = own.user + own.system
    if pid == os.getpid():
        return used  # the others are children of ours
    for child in process.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            times = child.cpu_times()
            used += times.user + times.system
    return used


def used_between(before: Cpu, after: Cpu, thousands: float) -> Cpu:
    """Return the CPU seconds per 1,000 messages of each process that used any worth telling."""
    used = {name: (after[name] - before[name]) / thousands for name in before if name in after}
    return {name: seconds for name, seconds in used.items() if seconds >= 0.0005}
