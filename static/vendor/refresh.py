"""Fetch what `PACKAGES` lists from npm again, and write README.md: `make vendor`.

Needs the network and the npm that stands beside this Python.
"""

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ICONS = (
    "address-book",
    "alert-triangle",
    "antenna",
    "arrow-left",
    "ban",
    "calendar",
    "chart-bar",
    "check",
    "coins",
    "copy",
    "device-mobile",
    "dots",
    "download",
    "edit",
    "eye",
    "history",
    "home",
    "id-badge-2",
    "key",
    "list-details",
    "logout",
    "menu-2",
    "message",
    "moon",
    "player-pause",
    "player-play",
    "plus",
    "refresh",
    "search",
    "send",
    "settings",
    "shield",
    "stack-2",
    "sun",
    "template",
    "tool",
    "trash",
    "upload",
    "user",
    "users",
    "x",
)


@dataclass(frozen=True)
class Package:
    """An npm package and the files kept of it: path in the package to path in this folder."""

    name: str
    version: str
    files: Mapping[str, str]


PACKAGES = (
    Package(
        "htmx.org",
        "2.0.11",
        {"dist/htmx.min.js": "htmx/htmx.min.js", "LICENSE": "htmx/LICENSE"},
    ),
    Package(
        "@tabler/core",
        "1.6.1",
        {
            "dist/css/tabler.min.css": "tabler/tabler.min.css",
            "dist/js/tabler.min.js": "tabler/tabler.min.js",
        },
    ),
    # Later packages of Tabler come without the text of their licence.
    Package("@tabler/core", "1.0.0-beta20", {"LICENSE": "tabler/LICENSE"}),
    # Tabler's files hold these two, and not their copyright notices.
    Package("bootstrap", "5.3.8", {"LICENSE": "tabler/LICENSE.bootstrap"}),
    Package("@popperjs/core", "2.11.8", {"LICENSE.md": "tabler/LICENSE.popper"}),
    Package(
        "@tabler/icons",
        "3.51.0",
        {
            **{f"icons/outline/{name}.svg": f"tabler-icons/{name}.svg" for name in ICONS},
            "LICENSE": "tabler-icons/LICENSE",
        },
    ),
    Package(
        "chart.js",
        "4.6.1",
        {"dist/chart.umd.min.js": "chart/chart.umd.min.js", "LICENSE.md": "chart/LICENSE"},
    ),
)

PREFACE = """\
# Front-end assets from npm

`make vendor` writes this folder and this page from the table in `refresh.py`: change a version or
a file there, run it, read the diff. The files are byte for byte those of the packages; nothing
here is edited by hand, and a test compares each with its SHA-256 below.

`tabler/tabler.min.js` and `tabler.min.css` hold code of Bootstrap and Popper, so their licences
stand beside Tabler's own, whose text is that of its last package that carries one.

| file | package | version | licence | source file | SHA-256 |
|---|---|---|---|---|---|
"""


def main() -> None:
    """Fetch every package, write the files kept of it, then the page that lists them."""
    rows = [row for package in PACKAGES for row in _refresh(package)]
    (HERE / "README.md").write_text(PREFACE + "\n".join(sorted(rows)) + "\n")


def _refresh(package: Package) -> Iterator[str]:
    """Write the files of one package, yielding a row of the table for each."""
    with tempfile.TemporaryDirectory() as folder, tarfile.open(_fetch(package, folder)) as packed:
        licence = json.loads(_read(packed, "package.json"))["license"]
        for source, target in package.files.items():
            body = _read(packed, source)
            (HERE / target).parent.mkdir(exist_ok=True)
            (HERE / target).write_bytes(body)
            digest = hashlib.sha256(body).hexdigest()
            cells = (target, package.name, package.version, licence, source, digest)
            yield f"| {' | '.join(cells)} |"


def _fetch(package: Package, folder: str) -> Path:
    """Return the package's archive, put into `folder` by npm, which checks its integrity."""
    wanted = f"{package.name}@{package.version}"
    npm = Path(sys.executable).with_name("npm")
    ended = subprocess.run(  # noqa: S603  (our own command)
        (npm, "pack", "--loglevel=error", wanted),
        cwd=folder,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if ended.returncode:
        raise SystemExit(f"npm could not fetch {wanted}; what it says stands above.")
    return next(Path(folder).glob("*.tgz"))


def _read(packed: tarfile.TarFile, path: str) -> bytes:
    member = packed.extractfile(f"package/{path}")
    if member is None:
        raise SystemExit(f"{path} is no file.")
    return member.read()


if __name__ == "__main__":
    main()
