"""Running what the documentation shows: as pasted, in the language it is in."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path

import tree_sitter_c_sharp
import tree_sitter_go
import tree_sitter_php
from tree_sitter import Language, Node, Parser

from tests.browser.checks import NODE

SUFFIXES = {
    "bash": ".sh",
    "javascript": ".mjs",
    "python": ".py",
    "php": ".php",
    "go": ".go",
    "csharp": ".cs",
}
GRAMMARS = {
    "php": tree_sitter_php.language_php(),
    "go": tree_sitter_go.language(),
    "csharp": tree_sitter_c_sharp.language(),
}
_PHP, _GO = shutil.which("php"), shutil.which("go")
# What is on this machine; the others are read by a parser of their language.
COMMANDS: dict[str, tuple[str, ...]] = {
    "bash": ("bash",),
    "javascript": (str(NODE),),
    "python": (sys.executable,),
    **({"php": (_PHP,)} if _PHP else {}),
    **({"go": (_GO, "run")} if _GO else {}),
}
_PATIENCE = 60.0  # seconds: Go compiles first


class _Codes(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._here: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "code" and (name := dict(attrs).get("id")):
            self._here, self.found[name] = name, ""

    def handle_endtag(self, tag: str) -> None:
        self._here = None if tag == "code" else self._here

    def handle_data(self, data: str) -> None:
        if self._here:
            self.found[self._here] += data


def shown(page: str) -> dict[str, str]:
    """Return what is in a page's code elements that have an id: what its copy buttons copy."""
    codes = _Codes()
    codes.feed(page)
    return codes.found


def run(folder: Path, language: str, code: str, env: Mapping[str, str] = os.environ) -> str:
    """Run a program, which must end well, and return what it prints."""
    command = (*COMMANDS[language], str(_write(folder, language, code)))
    ran = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, timeout=_PATIENCE
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@contextmanager
def receiver(folder: Path, language: str, code: str, port: int) -> Iterator[Path]:
    """Run a program that listens at a port; yield the file with what it prints."""
    said = folder / "said.log"
    command = (*COMMANDS[language], str(_write(folder, language, code)))
    if language == "php":
        command = (command[0], "-S", f"127.0.0.1:{port}", command[1])
    env = os.environ | {"PORT": str(port)}
    with said.open("wb") as output:
        listening = subprocess.Popen(command, cwd=folder, env=env, stdout=output, stderr=output)
    try:
        yield said
    finally:
        listening.kill()
        listening.wait()


def faults(language: str, code: str) -> list[str]:
    """Return what a parser of the language cannot read."""
    tree = Parser(Language(GRAMMARS[language])).parse(code.encode())
    return [f"{node.start_point}: {node.text!r}" for node in _wrong(tree.root_node)]


def _wrong(node: Node) -> Iterator[Node]:
    if node.is_error or node.is_missing:
        yield node
    for child in node.children:
        yield from _wrong(child)


def _write(folder: Path, language: str, code: str) -> Path:
    assert not re.search(r"your_\w+", code), "something was not filled in"
    path = folder / f"program{SUFFIXES[language]}"
    path.write_text(code)
    return path
