"""Tables of contacts as people have them: any usual encoding, any usual delimiter, row by row.

Everything streams: a file of any size is read in blocks of bytes and costs the same memory.
"""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

BLOCK_SIZE = 256 * 1024  # bytes
LONGEST_ROW = 64 * 1024  # bytes, line end included
MOST_CELLS = 200
MOST_LINES = 100  # in one row: as many are read again after a stray quotation mark

_PIECE = 64 * 1024  # bytes that are divided into lines at once
_HEAD = 4096  # bytes that are looked at for a byte order mark and for UTF-16
_SAMPLE = 64 * 1024  # characters that are looked at for the delimiter, in at most so many records
_SAMPLED_RECORDS = 50
_DELIMITERS = "\t;|,"  # the ones that ordinary text holds least come first
_QUOTED_CELL = re.compile(r'(?<![^\t;|,\r\n])"[^"]*(?:""[^"]*)*"')
_LINE_END = re.compile(r"\r\n?|\n")
_NAMED_DELIMITER = re.compile(r'\ufeff?"?sep=([\t;|,])"?(?=[\r\n]|\Z)', re.IGNORECASE)
_NAMING_ROW = re.compile(r"sep=.?", re.IGNORECASE)

_TOO_LONG = "This row is longer than 64 KB. Shorten it or leave it out."
_TOO_MANY = f"This row has more than {MOST_CELLS} cells. Remove the columns you do not need."
_OPEN_QUOTE = 'A quotation mark (") in this row is never closed. Close it or remove it.'


class Row(NamedTuple):
    """A row that was read, or one that could not be.

    `end` counts the bytes from the start of the blocks to behind this row, `line` the lines from 1
    to the one where it begins. `problem` is a sentence for a person; then there are no cells.
    """

    end: int
    line: int
    cells: list[str]
    problem: str | None


def sniff_encoding(blocks: Iterable[bytes]) -> str:
    """Return the Python codec that reads a file; cp1252 when it is no Unicode.

    The others are utf-8-sig and utf-16 (with a byte order mark), utf-16-le, utf-16-be and utf-8.
    Goes through the blocks once, and stops before the last one when it knows enough.
    """
    remaining = iter(blocks)
    head = b""
    for block in remaining:
        head += block
        if len(head) >= _HEAD:
            break
    return _marked(head) or _utf16(head[:_HEAD]) or _utf8_or_cp1252(chain((head,), remaining))


def _marked(head: bytes) -> str | None:
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    return "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else None


def _utf16(head: bytes) -> str | None:
    """Latin letters, digits, blanks and line ends have a NUL for the other byte in UTF-16."""
    many, few = 0.3 * (len(head) // 2), 0.02 * (len(head) // 2)
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd and odd >= many and even <= few:
        return "utf-16-le"
    return "utf-16-be" if even and even >= many and odd <= few else None


def _utf8_or_cp1252(blocks: Iterable[bytes]) -> str:
    try:
        for _ in codecs.iterdecode(blocks, "utf-8"):
            pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def transcode(blocks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Yield the same text as UTF-8 without a byte order mark, in blocks of BLOCK_SIZE.

    Bytes that the encoding does not define become U+FFFD. A block may end within a character.
    """
    pending = bytearray()
    for text in codecs.iterdecode(blocks, encoding, "replace"):
        pending += text.encode()
        while len(pending) >= BLOCK_SIZE:
            yield bytes(pending[:BLOCK_SIZE])
            del pending[:BLOCK_SIZE]
    if pending:
        yield bytes(pending)


def sniff_delimiter(sample: str) -> str:
    """Return what divides the cells of the table that begins with `sample`: one of , ; tab |

    A first line `sep=;`, as Excel writes it, decides. Otherwise the most cells that nearly every
    record agrees on; a comma when there is nothing to go by.
    """
    if named := _NAMED_DELIMITER.match(sample):
        return named[1]
    unquoted = _QUOTED_CELL.sub("", sample[:_SAMPLE])
    lines = _LINE_END.split(unquoted)
    complete = lines[:-1] or lines  # the sample may end anywhere
    records = [line for line in complete if line.strip()][:_SAMPLED_RECORDS]
    present = [mark for mark in _DELIMITERS if any(mark in record for record in records)]
    return max(present, key=lambda mark: _fitness(mark, records), default=",")


def _fitness(delimiter: str, records: list[str]) -> tuple[bool, int]:
    """Whether nearly all records have as many of it, and how many (or else: in how many it is)."""
    counts = Counter(record.count(delimiter) for record in records)
    absent = counts.pop(0, 0)
    count, agreeing = max(counts.items(), key=lambda item: (item[1], item[0]))
    if agreeing >= 0.8 * len(records):
        return True, count
    return False, len(records) - absent


def read_rows(blocks: Iterable[bytes], delimiter: str) -> Iterator[Row]:
    """Read UTF-8 as CSV (RFC 4180) with any line ends; blank rows and `sep=;` are left out.

    Reading the bytes behind any row's `end` gives the rows after it. A row that is too long, or
    whose quotation mark swallows what follows, has a `problem`; reading goes on with its next line.
    """
    lines = _Lines(blocks)
    records = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        problem = None
        try:
            cells = next(records)
        except StopIteration:
            return
        except csv.Error:
            cells, problem = _first_line(lines.give_back(), delimiter)
        if len(cells) > MOST_CELLS:
            cells, problem = [], _TOO_MANY
        line = lines.finish()
        if problem or (any(map(str.strip, cells)) and not _names_delimiter(cells)):
            yield Row(lines.end, line, cells, problem)


def _names_delimiter(cells: list[str]) -> bool:
    # Wherever it stands, so that reading from any place agrees with reading from the start.
    return len(cells) <= 2 and _NAMING_ROW.fullmatch("".join(cells)) is not None


def _first_line(line: bytes, delimiter: str) -> tuple[list[str], str | None]:
    """Read only the first line of a record that csv.reader refused.

    A quote that ends within its cell (`"Ama" Mensah`) is harmless, one that stays open is not.
    """
    if len(line) > LONGEST_ROW:
        return [], _TOO_LONG
    text = line.decode("utf-8", "replace").rstrip("\r\n") + "\n"
    cells = next(csv.reader((text,), delimiter=delimiter))
    if cells[-1].endswith("\n"):  # only a quoted cell takes in the line end
        return [], _OPEN_QUOTE
    return cells, None


class _Lines:
    """The lines that csv.reader draws, as many as the record it is reading needs.

    `end` is where the last finished record ended, in bytes.
    """

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._source = _divide(blocks)
        self._again: list[bytes] = []  # given back, the next one last
        self._record: list[bytes] = []
        self._size = 0  # bytes of the record
        self._line = 1  # where the record begins
        self.end = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """Draw a line. Raises csv.Error when the record becomes too long."""
        line = self._again.pop() if self._again else next(self._source)
        self._record.append(line)
        self._size += len(line)
        if self._size > LONGEST_ROW or len(self._record) > MOST_LINES:
            raise csv.Error(_TOO_LONG)
        return line.decode("utf-8", "replace")

    def give_back(self) -> bytes:
        """Reduce the record to its first line, and return what is in memory of that."""
        first, *others = self._record
        self._again += reversed(others)
        self._record = [first]
        self._size = len(first)
        piece = first
        while piece and not piece.endswith((b"\n", b"\r")):
            piece = next(self._source, b"")
            self._size += len(piece)
        return first

    def finish(self) -> int:
        """Begin a new record, and return the line where the last one began."""
        line = self._line
        self._line += len(self._record)
        self.end += self._size
        self._record.clear()
        self._size = 0
        return line


def _divide(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield lines with their ends; one longer than LONGEST_ROW may come in several pieces."""
    rest = b""
    for piece in _pieces(blocks):
        lines = (rest + piece).splitlines(keepends=True)
        rest = lines.pop() if lines and _may_go_on(lines[-1]) else b""
        yield from lines
    if rest:
        yield rest


def _pieces(blocks: Iterable[bytes]) -> Iterator[bytes]:
    # A line of two bytes costs twenty times as much in memory, so only a few are made at once.
    for block in blocks:
        for start in range(0, len(block), _PIECE):
            yield block[start : start + _PIECE]


def _may_go_on(line: bytes) -> bool:
    # A carriage return may be half of a line end.
    return line.endswith(b"\r") or (len(line) <= LONGEST_ROW and not line.endswith(b"\n"))
