"""The supervisor, with small programs in the place of the real pieces."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from flashsms.stack.processes import Program, Supervisor

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True)"
)


def sleeper(name: str, *, script: str = "", support: bool = False) -> Program:
    """A program that runs `script` and then sleeps."""
    command = (sys.executable, "-c", f"{script}\nimport time; time.sleep(60)")
    return Program(name, command, support=support)


_bystanders: set[psutil.Process] = set()  # servers that other tests of this process share


def children() -> list[psutil.Process]:
    """Return what the supervisor of this test started and its offspring."""
    found = psutil.Process().children(recursive=True)
    return [child for child in found if child not in _bystanders]


def eventually(holds: Callable[[], bool], within: float = 10) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return holds()


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    _bystanders.clear()
    _bystanders.update(children())
    keeper = Supervisor(tmp_path)
    yield keeper
    keeper.stop()


def test_a_stop_leaves_no_child(supervisor: Supervisor) -> None:
    supervisor.start(sleeper("one"))
    supervisor.start(sleeper("two", support=True))
    supervisor.stop()
    assert eventually(lambda: not children())


def test_a_child_that_dies_starts_again(supervisor: Supervisor) -> None:
    supervisor.start(sleeper("web"))
    (first,) = children()
    first.kill()
    assert supervisor.wait(until=_another_than(first.pid))


def _another_than(pid: int) -> Callable[[], bool]:
    deadline = time.monotonic() + 10

    def found() -> bool:
        assert time.monotonic() < deadline, "it did not start again"
        return any(
            child.pid != pid and child.status() != psutil.STATUS_ZOMBIE for child in children()
        )

    return found


def test_the_delay_grows_with_every_early_death(
    supervisor: Supervisor, capfd: pytest.CaptureFixture[str]
) -> None:
    supervisor.start(Program("cron", (sys.executable, "-c", "raise SystemExit(3)")))
    said: list[str] = []

    def twice() -> bool:
        said.extend(capfd.readouterr().out.splitlines())
        return len(said) >= 2

    supervisor.wait(until=twice)
    assert said[:2] == [
        "cron      | ended with code 3; it starts again in 0.5 s",
        "cron      | ended with code 3; it starts again in 1 s",
    ]


def test_the_output_of_a_child_carries_its_name(
    supervisor: Supervisor, capfd: pytest.CaptureFixture[str]
) -> None:
    supervisor.start(sleeper("web", script="print('hello')"))
    said: list[str] = []

    def spoken() -> bool:
        said.extend(capfd.readouterr().out.splitlines())
        return bool(said)

    supervisor.wait(until=spoken)
    assert said == ["web       | hello"]


def test_what_the_others_lean_on_ends_after_them(supervisor: Supervisor, tmp_path: Path) -> None:
    order = tmp_path / "order"
    note = (
        "import signal, sys, time, pathlib\n"
        "def end(*_):\n"
        "    time.sleep({pause})\n"
        f"    open({str(order)!r}, 'a').write('{{name}} ')\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        f"pathlib.Path({str(tmp_path)!r}, '{{name}}').touch()"
    )
    supervisor.start(sleeper("redis", script=note.format(name="redis", pause=0), support=True))
    supervisor.start(sleeper("worker", script=note.format(name="worker", pause=0.3)))
    assert eventually(lambda: (tmp_path / "redis").exists() and (tmp_path / "worker").exists())
    supervisor.stop()
    assert order.read_text() == "worker redis "


def test_a_second_signal_does_not_wait(
    supervisor: Supervisor, capfd: pytest.CaptureFixture[str]
) -> None:
    supervisor.start(sleeper("stubborn", script=STUBBORN))
    supervisor.wait(until=lambda: "up" in capfd.readouterr().out)
    supervisor._request(signal.SIGINT, None)
    supervisor._request(signal.SIGINT, None)
    began = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - began < 1
    assert eventually(lambda: not children())


def test_what_a_child_started_ends_with_it(supervisor: Supervisor, tmp_path: Path) -> None:
    pids = tmp_path / "pid"
    fork = f"import os\nif os.fork(): open({str(pids)!r}, 'w').write(str(os.getpid()))"
    supervisor.start(sleeper("web", script=fork))
    assert eventually(lambda: pids.exists() and pids.read_text() != "")
    os.kill(int(pids.read_text()), signal.SIGKILL)
    supervisor.wait(until=lambda: not supervisor._children[0].running)
    supervisor._children[0].tend()
    assert eventually(lambda: not [c for c in children() if c.status() != psutil.STATUS_ZOMBIE])


def test_children_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib\n"
        "from flashsms.stack.processes import Program, Supervisor\n"
        f"supervisor = Supervisor(pathlib.Path({str(tmp_path)!r}))\n"
        "sleep = (sys.executable, '-c', 'import time; time.sleep(60)')\n"
        "supervisor.start(Program('child', sleep))\n"
        "supervisor.wait(until=lambda: False)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script])
    try:
        assert eventually(lambda: bool(psutil.Process(parent.pid).children()))
        orphans = psutil.Process(parent.pid).children(recursive=True)
    finally:
        parent.kill()
        parent.wait()
    gone, alive = psutil.wait_procs(orphans, timeout=5)
    assert gone
    assert not alive
