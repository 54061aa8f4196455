"""What can be seen of imports: how far they are, and what was left out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Row, select

from flashsms.extensions import db
from flashsms.models import ContactImport, ImportProblem, ImportStatus
from flashsms.services.contacts import exporting
from flashsms.services.errors import NotFound

_PIECE = 500  # problems that are read at once; one may have 64 KB


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is: `percent` of the file, `rows` done = created + skipped + invalid.

    `error` is a sentence when it failed.
    """

    status: ImportStatus
    percent: int
    rows: int
    created: int
    skipped: int
    invalid: int
    error: str | None


def find(account_id: int, public_id: str) -> ContactImport:
    """Return an import of the account, or raise NotFound import_unknown."""
    found = None
    if public_id.isprintable():  # PostgreSQL does not even compare with a NUL
        found = db.session.scalar(
            select(ContactImport)
            .where(ContactImport.account_id == account_id, ContactImport.public_id == public_id)
            .execution_options(populate_existing=True)  # turns write past the objects
        )
    if found is None:
        raise NotFound("import_unknown", f"There is no import {public_id[:40]!r} in this account.")
    return found


def every(account_id: int, limit: int = 20) -> list[ContactImport]:
    """Return the newest imports of the account."""
    found = db.session.scalars(
        select(ContactImport)
        .where(ContactImport.account_id == account_id)
        .order_by(ContactImport.id.desc())
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return list(found)


def progress(account_id: int, public_id: str) -> Progress:
    """Say how far an import is. Raises NotFound import_unknown."""
    found = find(account_id, public_id)
    return Progress(
        found.status,
        100 * found.position // found.size,
        found.created + found.skipped + found.invalid,
        found.created,
        found.skipped,
        found.invalid,
        found.error,
    )


def problems_csv(account_id: int, public_id: str) -> Iterator[str]:
    """Yield the rows that were left out as CSV, in pieces: line, reason, and the cells as given.

    A byte order mark comes first and no cell is a formula, so that spreadsheet programs read it
    safely; corrected, it can be imported as it is. Raises NotFound import_unknown at once.
    """
    found = find(account_id, public_id)
    titles = [name or f"column {number}" for number, name in enumerate(found.columns, start=1)]
    return _problems(found.id, ["line", "reason", *titles])


def _problems(import_id: int, header: list[str]) -> Iterator[str]:
    yield exporting.BOM + exporting.lines([header])
    line = 0
    while piece := _piece(import_id, line):
        yield exporting.lines(
            [str(problem.line), problem.reason, *map(exporting.unshield, problem.cells)]
            for problem in piece
        )
        line = piece[-1].line


def _piece(import_id: int, line: int) -> Sequence[Row[int, str, Sequence[str]]]:
    query = (
        select(ImportProblem.line, ImportProblem.reason, ImportProblem.cells)
        .where(ImportProblem.import_id == import_id, ImportProblem.line > line)
        .order_by(ImportProblem.line)
        .limit(_PIECE)
    )
    found = db.session.execute(query).all()
    db.session.commit()  # nothing stays open while somebody downloads
    return found
