"""`make run` for real: in a home of its own, on a free port."""

import http.client
import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from config import redis_socket
from tests.servers import own_port

ROOT = Path(__file__).parents[2]
START_WAIT = 40
READY = re.compile(r"FlashSMS is ready on http://127\.0\.0\.1:(\d+)")

pytestmark = pytest.mark.xdist_group("stack")  # one stack at a time: each wants a whole core


@dataclass
class Stack:
    """A running `python -m flashsms.stack` and what it has said so far."""

    home: Path
    port: int
    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)
    lines: "queue.Queue[str | None]" = field(default_factory=queue.Queue)

    def listen(self) -> None:
        assert self.process.stdout
        with self.process.stdout as output:
            for line in output:
                self.lines.put(line.rstrip())
        self.lines.put(None)

    def hears(self, pattern: str) -> bool:
        """Whether it says a line with `pattern`, from now on."""
        deadline = time.monotonic() + START_WAIT
        while time.monotonic() < deadline:
            try:
                line = self.lines.get(timeout=deadline - time.monotonic())
            except queue.Empty:
                return False
            if line is None:
                return False
            self.said.append(line)
            if re.search(pattern, line):
                return True
        return False

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def demo_key(self) -> str:
        key: str = json.loads((self.home / "demo.json").read_text())["key"]
        return key


def environment(home: Path, port: int) -> dict[str, str]:
    ours = ("DATABASE_URL", "REDIS_URL", "CARRIER_URL", "SECRET_KEY", "HOST", "WORKERS")
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return {**kept, "FLASHSMS_HOME": str(home), "PORT": str(port)}


@pytest.fixture(scope="module")
def launch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Stack]]:
    launched: list[Stack] = []

    def start(home: Path | None = None, port: int = 0, **settings: str) -> Stack:
        home = home or tmp_path_factory.mktemp("home")
        port = port or own_port()
        process = subprocess.Popen(
            [sys.executable, "-m", "flashsms.stack"],
            cwd=ROOT,
            env={**environment(home, port), **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        stack = Stack(home, port, process)
        launched.append(stack)
        threading.Thread(target=stack.listen, daemon=True).start()
        return stack

    yield start
    for stack in launched:
        stack.process.terminate()
    for stack in launched:
        stack.process.wait(timeout=15)
        stack.hears("nothing more")  # until its output ends


@pytest.fixture
def stack(launch: Callable[..., Stack]) -> Stack:
    """A stack that the test may end."""
    started = launch()
    assert started.hears("Ctrl-C stops everything"), started.said
    return started


@pytest.fixture(scope="module")
def shared(launch: Callable[..., Stack]) -> Stack:
    """A stack that the tests leave running."""
    started = launch()
    assert started.hears("Ctrl-C stops everything"), started.said
    return started


def call(stack: Stack, method: str, path: str, body: object = None) -> dict[str, object]:
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=10)
    headers = {
        "Authorization": f"Bearer {stack.demo_key()}",
        "Content-Type": "application/json",
    }
    connection.request(method, path, body=json.dumps(body) if body else None, headers=headers)
    answer: dict[str, object] = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def delivered(stack: Stack, message_id: str) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        status = call(stack, "GET", f"/api/v1/sms/status/{message_id}")["data"]
        assert isinstance(status, dict)
        if status["status"] == "DELIVERED":
            return True
        time.sleep(1)
    return False


def test_the_printed_curl_command_sends_and_the_message_arrives(shared: Stack) -> None:
    printed = "\n".join(shared.said)
    command = re.search(r"(curl .*?)\n\n", printed, re.DOTALL)
    assert command, printed
    sent = subprocess.run(["bash", "-c", command[1]], capture_output=True, text=True, check=True)
    answer = json.loads(sent.stdout)
    assert answer["success"], answer
    assert delivered(shared, answer["data"]["messageId"])


def test_the_credentials_are_the_owners_alone(shared: Stack) -> None:
    assert (shared.home / "demo.json").stat().st_mode & 0o777 == 0o600


def test_sigterm_ends_every_process_within_ten_seconds(stack: Stack) -> None:
    family = stack.family()
    began = time.monotonic()
    stack.process.terminate()
    assert stack.process.wait(timeout=10) == 0
    _, alive = psutil.wait_procs(family, timeout=10 - (time.monotonic() - began))
    assert len(family) >= 6
    assert alive == []


def test_a_kill_of_the_supervisor_leaves_nobody_and_the_next_run_starts(
    stack: Stack, launch: Callable[..., Stack]
) -> None:
    family = stack.family()
    stack.process.kill()
    again = launch(home=stack.home, port=stack.port)
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []
    assert again.hears("FlashSMS is ready"), again.said


def test_killed_pieces_come_back_and_work_goes_on(shared: Stack) -> None:
    for process in shared.family():
        process.send_signal(signal.SIGKILL)
    names = ("redis", "web", "worker-1", "urgent", "webhooks", "cron", "simulator")
    for name in names:
        said = _restarts(shared, len(names))
        assert any(re.match(rf"{name} .*starts again", line) for line in said), name
    assert _eventually_sends(shared)


def _restarts(stack: Stack, count: int) -> list[str]:
    while sum("starts again" in line for line in stack.said) < count:
        assert stack.hears("starts again"), stack.said
    return stack.said


def _eventually_sends(stack: Stack) -> bool:
    order = {"recipients": ["0245551234"], "message": "Still here"}
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            data = call(stack, "POST", "/api/v1/sms/send", order)["data"]
        except OSError:
            time.sleep(0.2)  # the web is on its way back
            continue
        assert isinstance(data, dict)
        return delivered(stack, data["messageId"])
    return False


def test_a_second_run_in_the_same_home_is_refused(
    shared: Stack, launch: Callable[..., Stack]
) -> None:
    second = launch(home=shared.home)
    assert second.hears("FlashSMS cannot start. FlashSMS already runs from"), second.said
    assert second.process.wait(timeout=10) == 1


def test_two_installations_side_by_side(shared: Stack, launch: Callable[..., Stack]) -> None:
    other = launch()
    assert other.hears("FlashSMS is ready"), other.said
    assert redis_socket(shared.home) != redis_socket(other.home)
    assert shared.demo_key() != other.demo_key()
    other.process.terminate()
    assert other.process.wait(timeout=10) == 0
    assert call(shared, "GET", "/api/v1/balance")["success"]


def test_a_carrier_of_our_own_needs_no_simulator(launch: Callable[..., Stack]) -> None:
    real = launch(CARRIER_URL=f"simulator://127.0.0.1:{own_port()}")
    assert real.hears("FlashSMS is ready"), real.said
    assert not any("flashsms.simulator" in child.cmdline() for child in real.family())


def test_a_carrier_that_cannot_be_is_said_clearly(launch: Callable[..., Stack]) -> None:
    blocked = launch(CARRIER_URL="carrier-pigeon://loft")
    assert blocked.hears("FlashSMS cannot start. "), blocked.said
    assert blocked.process.wait(timeout=10) == 1


def test_a_port_in_use_is_said_clearly(launch: Callable[..., Stack]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        blocked = launch(port=port)
        assert blocked.hears(f"cannot start. Port {port} on 127.0.0.1 cannot be used"), blocked.said
        assert blocked.process.wait(timeout=10) == 1


def test_a_redis_that_is_away_is_said_clearly(launch: Callable[..., Stack]) -> None:
    blocked = launch(REDIS_URL=f"redis://:hush@127.0.0.1:{own_port()}/0")
    assert blocked.hears(r"cannot start. Redis at redis://:\*\*\*@127"), blocked.said
    assert blocked.process.wait(timeout=10) == 1


def test_a_database_that_is_away_is_said_clearly(launch: Callable[..., Stack]) -> None:
    blocked = launch(DATABASE_URL=f"postgresql://me:hush@127.0.0.1:{own_port()}/none")
    assert blocked.hears(r"cannot start. The database .*me:\*\*\*@127"), blocked.said
    assert blocked.process.wait(timeout=10) == 1


def test_a_database_that_never_answers_can_be_interrupted(launch: Callable[..., Stack]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        waiting = launch(DATABASE_URL=f"postgresql://127.0.0.1:{mute.getsockname()[1]}/none")
        caller, _ = mute.accept()  # it has connected and waits for a greeting
        with caller:
            waiting.process.terminate()
            assert waiting.process.wait(timeout=10) == 0
