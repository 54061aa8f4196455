"""A worker needs no more memory for a long file than for a short one."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from flashsms.extensions import db
from flashsms.models import ImportStatus
from flashsms.models.rows import is_postgresql
from flashsms.services import imports
from tests.factories import Member
from tests.services.imports.files import started

ROWS = 50_000
MOST = 200  # MB at any time
GROWTH = 4  # MB in the second half
PAGE_CACHE = 16  # MB that SQLite takes meanwhile, of at most 64
ROOT = Path(__file__).parents[3]


@pytest.fixture
def worker(app: Flask, tmp_path: Path) -> Iterator[int]:
    """A worker process on the test's database and Redis; yields its pid."""
    env = {
        "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
        "REDIS_URL": app.config["REDIS_URL"],
        "FLASHSMS_HOME": str(tmp_path),
        "SECRET_KEY": "for tests only",
    }
    with (
        (tmp_path / "worker.log").open("wb") as log,
        subprocess.Popen(
            (sys.executable, "-m", "flask", "--app", "wsgi", "worker"),
            cwd=ROOT,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        yield process.pid
        process.kill()


def peak(pid: int) -> float:
    """Return the most memory that a process has ever had, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("the system does not say how much memory a process had")


def wait(fact: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 90
    while not fact():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_worker_stays_small_while_it_imports_50000_rows(ama: Member, worker: int) -> None:
    lines = (f"02{40_000_000 + n},Kofi {n},Mensah,Kumasi {n}\n" for n in range(ROWS))
    upload = started(ama, "phone,first name,last name,town\n" + "".join(lines))

    def progress() -> imports.Progress:
        db.session.commit()
        return imports.progress(ama.account.id, upload.public_id)

    wait(lambda: progress().rows >= ROWS // 2)
    assert progress().rows < ROWS, "looked too late to see anything"
    half_way = peak(worker)
    wait(lambda: progress().status is ImportStatus.DONE)
    assert progress().created == ROWS
    assert peak(worker) < MOST
    assert peak(worker) - half_way < GROWTH + (0 if is_postgresql() else PAGE_CACHE)
