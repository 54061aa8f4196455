"""The house checks itself: sizes, the direction of imports, scopes, queues and jobs."""

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from config import Config
from flashsms import queue
from flashsms.stack import start

ROOT = Path(__file__).parents[1]
PUBLIC_API = {"api.openapi", "api.postman"}
LONGEST_FILE = 400
LONGEST_FUNCTION = 40


def sources() -> list[Path]:
    """Every Python file that is ours and written by hand."""
    found = [*(ROOT / "flashsms").rglob("*.py"), ROOT / "config.py", ROOT / "wsgi.py"]
    found += (ROOT / "clients").rglob("src/**/*.py")
    return [path for path in found if "versions" not in path.parts]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_imports_point_downwards() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {path.name: len(path.read_text().splitlines()) for path in sources()}
    assert {name: length for name, length in lengths.items() if length >= LONGEST_FILE} == {}


def test_no_function_is_longer_than_40_lines() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{function.lineno} {function.name}"
        for path in sources()
        for function in functions(path)
        if (function.end_lineno or 0) - function.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []


def test_nothing_is_called_utils() -> None:
    assert [path for path in sources() if path.stem in {"utils", "helpers", "misc"}] == []


def test_every_api_route_names_its_scope_or_is_public(app: Flask) -> None:
    endpoints = {
        rule.endpoint for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1/")
    }
    scopeless = {
        endpoint
        for endpoint in endpoints
        if not getattr(app.view_functions[endpoint], "required_scope", None)
    }
    assert endpoints
    assert scopeless <= PUBLIC_API


def test_every_queue_has_a_worker(tmp_path: Path) -> None:
    config = Config({"FLASHSMS_HOME": str(tmp_path)})
    served: set[str] = set()
    for program in start.programs(config):
        words = program.command
        if "worker" in words:
            named = {word for word in words if word in queue.QUEUES}
            served |= named or set(queue.SENDING)  # without a name it serves those that send
    assert served == set(queue.QUEUES)


def test_urgent_work_has_a_worker_of_its_own(tmp_path: Path) -> None:
    config = Config({"FLASHSMS_HOME": str(tmp_path)})
    commands = [program.command for program in start.programs(config)]
    assert any(command[-2:] == ("--queue", queue.URGENT) for command in commands)


@pytest.mark.parametrize("job", queue.JOBS)
def test_every_job_name_is_a_function(job: str) -> None:
    module, _, name = job.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))
