"""Part F: files of 1,000,000 contacts, CSV and XLSX, imported by one worker process."""

import io
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from bench.book import _CONTACT, _empty_copy, _with_copy, _with_executemany, chunks
from bench.databases import Server, connect, rows
from bench.site import Site, site
from flashsms import create_app
from flashsms.extensions import db
from flashsms.services import accounts, imports
from flashsms.services.imports.running import BATCH_ROWS
from tests.services.imports import files

ROWS = 1_000_000
LONGEST = 900.0  # seconds that one import may take

_FIELDS = ("phone", "firstName", "lastName", "town")
_TOWNS = ("Accra", "Kumasi", "Tamale", "Sekondi-Takoradi", "Cape Coast", "Sunyani", "Ho")
_FLOORS = {"sqlite": _with_executemany, "postgresql": _with_copy}
_ENDED = "SELECT status, created, error FROM contact_imports WHERE status <> 'RUNNING'"


@dataclass(frozen=True, slots=True)
class Imported:
    """One file: seconds to upload it, rows a second, of the floor too, and the worker's MB."""

    uploaded: float
    rate: float
    floor: float
    peak: float


def measure(server: Server, size: int = ROWS) -> dict[str, Imported]:
    """Import a file of each kind into an empty address book."""
    return {
        name: _measure(server, name, size, write)
        for name, write in {"CSV": _write_csv, "XLSX": _write_workbook}.items()
    }


def _measure(server: Server, name: str, size: int, write: Callable[[Path, int], None]) -> Imported:
    with site(server, f"file-{name}") as installation:
        file = installation.config.FLASHSMS_HOME / "contacts"
        write(file, size)
        installation.start("web", "worker-1")
        installation.wait_for_workers(1)
        uploaded, began = _start(installation, file)
        _wait(installation, size)
        rate = size / (time.perf_counter() - began)
        peak = installation.processes.peak("worker-1")
        return Imported(uploaded, rate, _insert(server, name, installation, size), peak)


def _start(installation: Site, file: Path) -> tuple[float, float]:
    """Upload the file and start it; return how long the upload took, and when it was started."""
    app = create_app(installation.config)
    with app.app_context(), file.open("rb") as stream:
        account_id = accounts.find_by_email("bench@example.com").id
        began = time.perf_counter()
        upload = imports.upload(account_id, file.name, stream)
        uploaded = time.perf_counter() - began
        started = time.perf_counter()
        imports.start(account_id, upload.public_id, columns=_FIELDS, has_header=True)
        db.session.remove()
        db.engine.dispose()
    return uploaded, started


def _wait(installation: Site, size: int) -> None:
    deadline = time.monotonic() + LONGEST
    while not (ended := rows(installation.database_url, _ENDED)):
        installation.processes.check()
        if time.monotonic() > deadline:
            raise RuntimeError("The import did not end.")
        time.sleep(0.1)
    if ended[0][:2] != ("DONE", size):
        raise RuntimeError(f"The import ended as {ended}.")


def _insert(server: Server, name: str, installation: Site, size: int) -> float:
    """Insert the very same rows barely, in as many transactions; return the rows a second."""
    url = _empty_copy(server, installation, f"floor{name}")
    took = 0.0
    with closing(connect(url)) as connection:
        for start in range(0, size, BATCH_ROWS):
            people = rows(
                installation.database_url,
                f"SELECT {_CONTACT} FROM contacts "
                f"WHERE number > {start} AND number <= {start + BATCH_ROWS} ORDER BY number",
            )
            began = time.perf_counter()
            connection.execute("BEGIN")
            _FLOORS[server.kind](connection, people)
            connection.execute("COMMIT")
            took += time.perf_counter() - began
    return size / took


# --- the files


def _people(size: int) -> Iterator[tuple[str, ...]]:
    drafts = chain.from_iterable(chunks(size))
    for number, one in enumerate(drafts):
        phone, town = f"0{one.phone[3:]}", _TOWNS[number % len(_TOWNS)]
        yield phone, one.first_name or "", one.last_name or "", town


def _write_csv(file: Path, size: int) -> None:
    with file.open("w") as out:
        out.write(",".join(_FIELDS) + "\n")
        out.writelines(",".join(person) + "\n" for person in _people(size))


def _write_workbook(file: Path, size: int) -> None:
    """Write an XLSX; phones are numbers, which have lost their 0, as people's are."""
    sheet = "xl/worksheets/1.xml"
    empty = zipfile.ZipFile(io.BytesIO(files.workbook("")))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for part in set(empty.namelist()) - {sheet}:
            archive.writestr(part, empty.read(part))
        before, mark, after = empty.read(sheet).partition(b"<sheetData>")
        with archive.open(sheet, "w") as out:
            out.write(before + mark + files.row(1, *map(files.text, _FIELDS)).encode())
            for number, (phone, *names) in enumerate(_people(size), start=2):
                cells = (files.number(phone[1:]), *map(files.text, names))
                out.write(files.row(number, *cells).encode())
            out.write(after)
