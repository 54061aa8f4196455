"""Workbooks (XLSX, XLS, ODS) turned into CSV, in a process of its own."""

import subprocess
import sys
from pathlib import Path
from typing import IO

from flashsms.services.errors import DomainError
from flashsms.services.imports import spreadsheet_to_csv
from flashsms.services.imports.spreadsheet_to_csv import Ending

LONGEST = 60.0  # seconds that a conversion may take

_ZIP = b"PK\x03\x04"
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")

_SENTENCES = {
    Ending.PROTECTED: (
        "This workbook is protected by a password. Remove the password and upload it again."
    ),
    Ending.EMPTY: "This workbook has no sheet with rows. Fill one in and upload it again.",
}
_UNREADABLE = (
    "This file is no workbook that can be read: it is damaged, too large or something else. "
    "Open it in a spreadsheet program, save the sheet as CSV and upload that."
)


def is_workbook(head: bytes) -> bool:
    """Tell by the first bytes of a file, not by its name, whether it could be a workbook."""
    return head.startswith((_ZIP, _OLE))


def convert(path: str, table: IO[bytes]) -> None:
    """Write the first sheet of the workbook at `path` to `table`, a real file, as UTF-8 CSV.

    Commas divide the cells, and a row of the sheet is a line. Raises DomainError.
    """
    # Isolated (-I) it neither reads the settings of this process nor imports the application.
    program = (sys.executable, "-I", str(Path(spreadsheet_to_csv.__file__)), path)
    try:
        ended = subprocess.run(  # noqa: S603  (our own program, and a path that we made)
            program,
            stdin=subprocess.DEVNULL,
            stdout=table,
            stderr=subprocess.DEVNULL,
            timeout=LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DomainError("bad_file", _UNREADABLE) from error
    if ended.returncode != Ending.READ:
        raise DomainError("bad_file", _sentence(ended.returncode))


def _sentence(code: int) -> str:
    known = code in _SENTENCES
    return _SENTENCES[Ending(code)] if known else _UNREADABLE
