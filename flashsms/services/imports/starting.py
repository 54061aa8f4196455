"""From an upload to a running import: how the columns are guessed, and how they are to be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import update

from flashsms import queue
from flashsms.extensions import on_commit, transaction
from flashsms.models import ContactImport, ImportStatus
from flashsms.models.rows import change
from flashsms.services.contacts import groups
from flashsms.services.errors import DomainError
from flashsms.services.imports import mapping, reading
from flashsms.services.imports.viewing import find
from flashsms.services.sending.turns import stalled
from flashsms.text import tables


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows as they would be read; every one has as many cells as there are `columns`.

    `columns` are guessed (see `start`); `header` is empty without `has_header`.
    """

    columns: tuple[str | None, ...]
    has_header: bool
    header: tuple[str, ...]
    rows: list[tuple[str, ...]]


def preview(account_id: int, public_id: str, rows: int = 10) -> Preview:
    """Show an upload before it is started, up to `rows` rows of it.

    Raises NotFound import_unknown, and DomainError import_started when it is too late.
    """
    upload = find(account_id, public_id)
    if upload.status is not ImportStatus.UPLOADED:
        raise _started(upload.error)
    columns = tuple(upload.columns)
    read = tables.read_rows(reading.blocks(upload.id), upload.delimiter)
    first = [_padded(row.cells, len(columns)) for row in islice(read, rows + upload.has_header)]
    header = first.pop(0) if upload.has_header else ()
    return Preview(columns, upload.has_header, header, first)


def start(
    account_id: int,
    public_id: str,
    *,
    columns: Sequence[str | None],
    has_header: bool,
    group_id: int | None = None,
    new_group: str | None = None,
) -> None:
    """Have an upload imported, into a group of the account if one is given, or into a new one.

    `columns` says what each column is: phone, firstName, lastName, email, the name of a custom
    field, or None to leave it out. Raises NotFound import_unknown, DomainError bad_columns, what
    `groups.create` does, and DomainError import_started the second time.
    """
    mapping.check(columns)
    upload = find(account_id, public_id)
    with transaction():
        if new_group is not None:
            group_id = groups.create(account_id, new_group).id
        ticket = change(
            update(ContactImport)
            .where(ContactImport.id == upload.id, ContactImport.status == ImportStatus.UPLOADED)
            .values(
                status=ImportStatus.RUNNING,
                columns=list(columns),
                has_header=has_header,
                group_id=group_id,
                wake_at=stalled(),
            )
            .returning(ContactImport.ticket)
        ).scalar()
        if ticket is None:
            raise _started()
        on_commit(lambda: queue.enqueue_import(upload.id, ticket))


def _padded(cells: Sequence[str], width: int) -> tuple[str, ...]:
    return (*cells[:width], *[""] * (width - len(cells)))


def _started(failed: str | None = None) -> DomainError:
    otherwise = "This import has been started already. Upload the file again to repeat it."
    return DomainError("import_started", failed or otherwise)
