"""The stored file, read row by row from wherever an import stands."""

from collections.abc import Iterable, Iterator

from sqlalchemy import select

from flashsms.extensions import db
from flashsms.models import ImportBlock
from flashsms.text.tables import BLOCK_SIZE, Row

MOST_BYTES = 1024 * 1024  # of the file in one batch, however few rows that are


def blocks(import_id: int, position: int = 0) -> Iterator[bytes]:
    """Yield the file from the byte `position` on; no transaction stays open between two blocks."""
    start = position - position % BLOCK_SIZE
    while (block := _block(import_id, start)) is not None:
        yield block[max(0, position - start) :]
        start += BLOCK_SIZE


def _block(import_id: int, start: int) -> bytes | None:
    found = db.session.scalar(
        select(ImportBlock.data).where(
            ImportBlock.import_id == import_id, ImportBlock.start == start
        )
    )
    db.session.commit()
    return found


class LineCount:
    """Blocks on their way to a reader, whose lines can be counted up to where the reader has come.

    A row does not say how many lines it fills, nor how many blank ones came before it.
    """

    def __init__(self, source: Iterable[bytes]) -> None:
        self._source = source
        self._ahead = bytearray()  # from `_passed` on
        self._passed = 0
        self._lines = 0

    def __iter__(self) -> Iterator[bytes]:
        for block in self._source:
            self._ahead += block
            yield block

    def up_to(self, end: int) -> int:
        """Return how many lines end before the byte `end`, which only grows from call to call."""
        passing = self._ahead[: end - self._passed]
        self._lines += passing.count(b"\n") + passing.count(b"\r") - passing.count(b"\r\n")
        del self._ahead[: len(passing)]
        self._passed = end
        return self._lines


def batches(rows: Iterable[Row], most: int) -> Iterator[list[Row]]:
    """Yield the rows in lists of `most`, or fewer where they are long."""
    batch: list[Row] = []
    begin = 0
    for row in rows:
        batch.append(row)
        if len(batch) >= most or row.end - begin >= MOST_BYTES:
            yield batch
            batch, begin = [], row.end
    if batch:
        yield batch
