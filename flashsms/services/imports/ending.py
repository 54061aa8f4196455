"""How an import ends: done or failed, and then its file is dropped."""

from sqlalchemy import ColumnElement, delete, select, update

from flashsms.extensions import transaction
from flashsms.models import ContactImport, ImportBlock, ImportStatus, now
from flashsms.models.rows import change
from flashsms.services.sending.turns import stalled

_BLOCKS_AT_ONCE = 16  # in a transaction: other writers wait for no more


def finish(import_id: int, *still: ColumnElement[bool]) -> None:
    """Make an import DONE, if it is `still` so; see `fail`."""
    _end(import_id, still, ImportStatus.DONE, position=ContactImport.size)


def fail(import_id: int, why: str, *still: ColumnElement[bool]) -> None:
    """Make an import FAILED for a reason that people understand, if it is `still` so.

    Not one transaction but several short ones, as many as its file needs. If this is interrupted,
    `wake_at` brings the tick to `clear` what is left.
    """
    _end(import_id, still, ImportStatus.FAILED, error=why[:200])


def clear(import_id: int) -> None:
    """Drop the file of an import that has ended; again if that was interrupted."""
    while _drop_some(import_id):
        pass
    ended = ContactImport.status.in_((ImportStatus.DONE, ImportStatus.FAILED))
    with transaction():
        change(
            update(ContactImport).where(ContactImport.id == import_id, ended).values(wake_at=None)
        )


def _end(
    import_id: int, still: tuple[ColumnElement[bool], ...], status: ImportStatus, **values: object
) -> None:
    with transaction():
        ended = change(
            update(ContactImport)
            .where(ContactImport.id == import_id, *still)
            .values(status=status, finished_at=now(), wake_at=stalled(), **values)
        )
    if ended.rowcount:
        clear(import_id)


def _drop_some(import_id: int) -> int:
    first = (
        select(ImportBlock.start)
        .where(ImportBlock.import_id == import_id)
        .order_by(ImportBlock.start)
        .limit(_BLOCKS_AT_ONCE)
    )
    with transaction():
        return change(
            delete(ImportBlock).where(
                ImportBlock.import_id == import_id, ImportBlock.start.in_(first)
            )
        ).rowcount
