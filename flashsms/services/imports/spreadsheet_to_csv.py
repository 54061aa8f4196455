"""A program of its own: reads a workbook at a path and writes its first sheet to stdout as CSV.

The reader holds a whole sheet in memory, and a broken workbook may end it; so it runs apart, within
limits, and knows nothing of the application. It ends with one of the codes of `Ending`.
"""

import csv
import mmap
import resource
import sys
import zipfile
from collections.abc import Iterator
from datetime import datetime, time
from enum import IntEnum
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

MEMORY = 2 * 1024**3  # bytes; a million rows of four cells need 0.4 GB
SECONDS = 60  # of CPU
LARGEST_UNPACKED = 1024**3  # bytes; Excel's million rows of ten cells have about half of it
LARGEST_CSV = 256 * 1024**2  # bytes
PROTECTED_MARK = "EncryptedPackage".encode("utf-16-le")  # in the directory of an encrypted workbook

_EXACT = 2**53  # below it a float holds every whole number


class Ending(IntEnum):
    """The exit codes; 1 is also Python's own for an exception, below 0 are signals."""

    READ = 0
    UNREADABLE = 1
    PROTECTED = 3
    EMPTY = 4


def main(path: str) -> Ending:
    """Convert the workbook at `path`."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_CSV, LARGEST_CSV))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if _is_encrypted(path):
        return Ending.PROTECTED
    if _is_bomb(path):
        return Ending.UNREADABLE
    return _convert(path)


def _is_encrypted(path: str) -> bool:
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(PROTECTED_MARK) >= 0


def _is_bomb(path: str) -> bool:
    """Whether an archive says itself that it unpacks to too much; the limits stop one that lies."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return sum(member.file_size for member in archive.infolist()) > LARGEST_UNPACKED


def _convert(path: str) -> Ending:
    from python_calamine import CalamineWorkbook, PasswordError  # only this process loads it

    try:
        workbook = CalamineWorkbook.from_path(path)
    except PasswordError:
        return Ending.PROTECTED
    out = TextIOWrapper(sys.stdout.buffer, encoding="utf-8", errors="replace", newline="")
    # With \r in the line end, cells that hold one are quoted too.
    writer = csv.writer(out, lineterminator="\r\n")
    found = False
    for row in _first_sheet(workbook):
        writer.writerow(row)
        found = found or bool(row)
    out.flush()
    return Ending.READ if found else Ending.EMPTY


def _first_sheet(workbook: "CalamineWorkbook") -> Iterator[list[str]]:
    """Yield the rows of the first visible sheet that has any; blank ones are empty lists."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    for sheet in workbook.sheets_metadata:
        if sheet.typ is not SheetTypeEnum.WorkSheet or sheet.visible != SheetVisibleEnum.Visible:
            continue
        content = workbook.get_sheet_by_name(sheet.name)
        if content.height:
            yield from map(_texts, content.iter_rows())
            return


def _texts(cells: list[Any]) -> list[str]:
    texts = [_text(cell) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _text(cell: Any) -> str:
    """Return a cell as a person would type it: 241234567.0 is a phone number."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT:
        return str(int(cell))
    if isinstance(cell, datetime):
        return str(cell.date()) if cell.time() == time() else cell.isoformat(" ")
    return str(cell)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
