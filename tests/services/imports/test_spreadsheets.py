"""Workbooks become CSV as a person would have typed it, and bad ones end no process of ours."""

import zipfile
from pathlib import Path
from tempfile import TemporaryFile

import pytest

from flashsms.services.errors import DomainError
from flashsms.services.imports import spreadsheet_to_csv, spreadsheets
from tests.services.imports.files import number, packed, row, text, workbook

UNREADABLE = "no workbook that can be read"
CARRIAGE_RETURN = '<c t="inlineStr"><is><t>b&#13;c</t></is></c>'
PHONES = row(1, number(241234567))


def converted(path: Path, content: bytes) -> str:
    file = path / "upload"
    file.write_bytes(content)
    with TemporaryFile() as table:
        spreadsheets.convert(str(file), table)
        table.seek(0)
        return table.read().decode()


def test_numbers_dates_and_texts_come_as_they_would_be_typed(tmp_path: Path) -> None:
    cells = [
        number(241234567),
        number("2.33241234567E+11"),
        number(12.5),
        number(45000, style=1),
        number(45000, style=2),
        number(45000.5, style=2),
        '<c t="b"><v>1</v></c>',
        '<c t="e"><v>#N/A</v></c>',
        text('Ɔkɛseɛ "K", a'),
    ]
    assert converted(tmp_path, workbook(row(1, *cells))) == (
        "241234567,233241234567,12.5,2023-03-15,2023-03-15,2023-03-15 12:00:00,TRUE,,"
        '"Ɔkɛseɛ ""K"", a"\r\n'
    )


def test_a_row_of_the_sheet_is_a_line_and_cells_without_content_cost_nothing(
    tmp_path: Path,
) -> None:
    sheet = row(3, text("a"), "<c/>", '<c s="1"/>') + row(5, "<c/>", CARRIAGE_RETURN)
    assert converted(tmp_path, workbook(sheet)) == '\r\n\r\na\r\n\r\n,"b\rc"\r\n'


def test_the_first_visible_sheet_with_rows_is_taken(tmp_path: Path) -> None:
    sheets = workbook(
        "", row(1, text("hidden")), row(1, text("seen")), states=["", 'state="hidden"']
    )
    assert converted(tmp_path, sheets) == "seen\r\n"


def test_a_workbook_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DomainError, match="no sheet with rows"):
        converted(tmp_path, workbook("", row(7, '<c s="1"/>')))


def test_a_protected_workbook_says_that_the_password_must_go(tmp_path: Path) -> None:
    protected = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(504)
    directory = "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(DomainError, match="protected by a password"):
        converted(tmp_path, protected + directory)


@pytest.mark.parametrize("cut", [0.3, 0.9])
def test_a_damaged_workbook_is_refused(tmp_path: Path, cut: float) -> None:
    whole = workbook(PHONES)
    with pytest.raises(DomainError, match=UNREADABLE):
        converted(tmp_path, whole[: int(cut * len(whole))])


def test_an_archive_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DomainError, match=UNREADABLE):
        converted(tmp_path, packed({"word/document.xml": "<w/>"}))


def test_a_sheet_that_claims_more_cells_than_fit_into_memory_is_refused(tmp_path: Path) -> None:
    corner = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    with pytest.raises(DomainError, match=UNREADABLE):
        converted(tmp_path, workbook(PHONES + corner))


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bomb"
    file.write_bytes(workbook(PHONES))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("xl/media/picture.png", "small")
        archive.infolist()[-1].file_size = spreadsheet_to_csv.LARGEST_UNPACKED
    with pytest.raises(DomainError, match=UNREADABLE):
        converted(tmp_path, file.read_bytes())


def test_a_workbook_that_takes_too_long_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheets, "LONGEST", 0.001)
    with pytest.raises(DomainError, match=UNREADABLE):
        converted(tmp_path, workbook(PHONES))
