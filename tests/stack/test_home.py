"""Who may use a home and a port."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from config import redis_socket
from flashsms.stack.home import CannotStartError, check_port, claim, free_port
from flashsms.stack.private_redis import program


def test_a_home_serves_one_run_at_a_time(tmp_path: Path) -> None:
    lock = claim(tmp_path)
    with pytest.raises(CannotStartError, match=f"already runs from .*process {os.getpid()}"):
        claim(tmp_path)
    os.close(lock)
    os.close(claim(tmp_path))


def test_the_leftovers_of_a_killed_run_are_waited_for(tmp_path: Path) -> None:
    lock = claim(tmp_path)
    (tmp_path / "run.lock").write_text("")  # its supervisor is no more
    leftover = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(0.5)"], pass_fds=[lock]
    )
    os.close(lock)
    os.close(claim(tmp_path))
    assert leftover.wait() == 0


def test_a_port_in_use_is_named_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStartError, match=f"Port {port} .*PORT={port + 1} make run"):
            check_port("127.0.0.1", port)


def test_a_free_port_is_fine() -> None:
    check_port("127.0.0.1", free_port())


def test_a_host_that_is_not_ours_is_said() -> None:
    with pytest.raises(CannotStartError, match=r"on 192\.0\.2\.1 cannot be used"):
        check_port("192.0.2.1", free_port())


def test_redis_listens_on_its_socket_only_and_keeps_nothing(tmp_path: Path) -> None:
    words = " ".join(program(tmp_path).command)
    assert f"--unixsocket {redis_socket(tmp_path)}" in words
    assert "--port 0" in words
    assert "--appendonly no" in words


def test_a_home_too_deep_for_a_socket_uses_the_temporary_directory(tmp_path: Path) -> None:
    assert len(bytes(redis_socket(tmp_path / ("deep" * 30)))) <= 100
