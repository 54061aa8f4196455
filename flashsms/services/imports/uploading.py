"""Taking in a file of contacts: whatever it is, it is stored as UTF-8 CSV in blocks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import IO, BinaryIO

from flask import current_app
from sqlalchemy import insert, select, update

from flashsms.extensions import db, transaction
from flashsms.models import ContactImport, ImportBlock, ImportStatus, now
from flashsms.models.rows import change, lock
from flashsms.services.contacts import drafts
from flashsms.services.errors import DomainError
from flashsms.services.imports import ending, spreadsheets
from flashsms.services.sending.turns import stalled
from flashsms.text import columns, tables
from flashsms.text.phones import normalise

MAX_UPLOAD = 100 * 1024 * 1024  # bytes
MOST_UNSTARTED = 5  # uploads of one account that wait to be started
ABANDONED_AFTER = timedelta(days=1)  # from the upload, if it is never started
SAMPLED_ROWS = 50
_SAMPLED_BLOCKS = 4

_BLOCKS_AT_ONCE = 16  # in a transaction: other writers wait for no more
_UPLOADING = 5  # what the lock of an account's uploads is called
_STORED_WITHIN = timedelta(hours=1)
_MOST_RUBBISH = 0.02  # of the characters; text has hardly any, a picture 0.1
_RUBBISH = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_UNFINISHED = "The upload did not finish. Upload the file again."
_SUPERSEDED = (
    f"{MOST_UNSTARTED} newer files were uploaded before this one was started, so it was dropped. "
    "Upload the file again."
)


@dataclass(frozen=True, slots=True)
class _Table:
    """How a file is read, before anybody has said so: `size` is in bytes."""

    size: int
    delimiter: str
    guess: columns.Guess


def upload(account_id: int, file_name: str, stream: BinaryIO) -> ContactImport:
    """Read a file once and store it; the columns are guessed, `start` says what they really are.

    Text in UTF-8, UTF-16 or Windows-1252 with any delimiter, or a workbook (XLSX, XLS, ODS), told
    apart by what is inside. Beyond MOST_UNSTARTED uploads that wait to be started the oldest ones
    are dropped. Raises DomainError bad_file. Not one transaction but several short ones, so that
    storing a large file keeps nobody waiting.
    """
    with NamedTemporaryFile(prefix="flashsms-upload-") as given, TemporaryFile() as file:
        _receive(stream, given)
        table = _tabulate(given.name, given, file)
        upload_id = _announce(account_id, _shown(file_name), table)
        _store(upload_id, file)
    ready, superseded = _ready(account_id, upload_id)
    for one in superseded:
        ending.clear(one)
    return ready


def _receive(stream: BinaryIO, given: IO[bytes]) -> None:
    size = 0
    while block := stream.read(tables.BLOCK_SIZE):
        size += len(block)
        if size > MAX_UPLOAD:
            raise _bad(
                f"This file is larger than {MAX_UPLOAD // 1024**2} MB. Divide it into smaller ones."
            )
        given.write(block)
    if not size:
        raise _bad("This file is empty. Choose another one.")
    given.flush()


def _tabulate(path: str, given: IO[bytes], file: IO[bytes]) -> _Table:
    """Write what was given, which is also at `path`, to `file` as UTF-8 CSV, and look at it."""
    given.seek(0)
    if spreadsheets.is_workbook(given.read(8)):
        spreadsheets.convert(path, file)
        delimiter = ","
    else:
        _transcode(given, file)
        delimiter = tables.sniff_delimiter(_sample(file))
    size = file.seek(0, 2)
    return _Table(size, delimiter, _guess(file, delimiter))


def _transcode(given: IO[bytes], file: IO[bytes]) -> None:
    encoding = tables.sniff_encoding(_blocks(given))
    for block in tables.transcode(_blocks(given), encoding):
        file.write(block)
    sample = _sample(file)
    if len(_RUBBISH.findall(sample)) > _MOST_RUBBISH * len(sample):
        raise _bad(
            "This file is neither text nor a workbook. Save your contacts as CSV or XLSX first."
        )


def _sample(file: IO[bytes]) -> str:
    return next(_blocks(file), b"").decode("utf-8", "replace")


def _guess(file: IO[bytes], delimiter: str) -> columns.Guess:
    first = islice(_blocks(file), _SAMPLED_BLOCKS)  # a long run of blank rows takes long to read
    read = islice(tables.read_rows(first, delimiter), SAMPLED_ROWS)
    sample = [row.cells for row in read]
    if not any(sample):
        raise _bad("This file has no rows that can be read. Choose another one.")
    countries = current_app.config["COUNTRIES"]
    guess = columns.guess(sample, lambda cell: normalise(cell, countries) is not None)
    return columns.Guess(guess.has_header, tuple(_importable(guess.columns)))


def _importable(guessed: tuple[str | None, ...]) -> Iterator[str | None]:
    """Leave out the custom fields that are too many for a contact."""
    custom = [name for name in guessed if name and name not in columns.FIELDS]
    kept = {*columns.FIELDS, *custom[: drafts.MOST_FIELDS]}
    return (name if name in kept else None for name in guessed)


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while block := file.read(tables.BLOCK_SIZE):
        yield block


# --- into the database


def _announce(account_id: int, file_name: str, table: _Table) -> int:
    """Store all but the content. Until that is there too, this is an upload that failed."""
    with transaction():
        new = ContactImport(
            account_id=account_id,
            file_name=file_name,
            delimiter=table.delimiter,
            has_header=table.guess.has_header,
            columns=table.guess.columns,
            status=ImportStatus.FAILED,
            error=_UNFINISHED,
            size=table.size,
            wake_at=now() + _STORED_WITHIN,
        )
        db.session.add(new)
        db.session.flush()
        return new.id


def _store(import_id: int, file: IO[bytes]) -> None:
    blocks = enumerate(_blocks(file))
    while some := list(islice(blocks, _BLOCKS_AT_ONCE)):
        with transaction():
            db.session.execute(
                insert(ImportBlock),
                [
                    {"import_id": import_id, "start": index * tables.BLOCK_SIZE, "data": data}
                    for index, data in some
                ],
            )


def _ready(account_id: int, import_id: int) -> tuple[ContactImport, list[int]]:
    """Let an upload wait to be started; return it, and the ids of those that give way to it."""
    with transaction():
        lock(_UPLOADING, account_id)
        ready = change(
            update(ContactImport)
            .where(
                ContactImport.id == import_id,
                ContactImport.status == ImportStatus.FAILED,
                ContactImport.wake_at.is_not(None),
            )
            .values(status=ImportStatus.UPLOADED, error=None, wake_at=now() + ABANDONED_AFTER)
        )
        if not ready.rowcount:
            raise _bad(_UNFINISHED)
        superseded = _supersede(account_id)
        found = db.session.get_one(ContactImport, import_id, populate_existing=True)
    return found, superseded


def _supersede(account_id: int) -> list[int]:
    """Fail the uploads before the last MOST_UNSTARTED that nobody started; return their ids."""
    older = (
        select(ContactImport.id)
        .where(
            ContactImport.account_id == account_id, ContactImport.status == ImportStatus.UPLOADED
        )
        .order_by(ContactImport.id.desc())
        .offset(MOST_UNSTARTED)
    )
    failed = change(
        update(ContactImport)
        .where(ContactImport.id.in_(older), ContactImport.status == ImportStatus.UPLOADED)
        .values(status=ImportStatus.FAILED, error=_SUPERSEDED, finished_at=now(), wake_at=stalled())
        .returning(ContactImport.id)
    )
    return list(failed.scalars())


def _shown(file_name: str) -> str:
    """Return a name as people know it: without folders, on one line."""
    name = re.split(r"[/\\]", file_name)[-1]
    return _UNPRINTABLE.sub("", name).strip()[:200] or "contacts"


def _bad(sentence: str) -> DomainError:
    return DomainError("bad_file", sentence)
