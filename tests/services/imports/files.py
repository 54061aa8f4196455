"""Files of contacts as people have them, and workbooks made of nothing but zip and XML."""

import io
import zipfile
from collections.abc import Callable, Iterable
from xml.sax.saxutils import escape

from flashsms.models import ContactImport
from flashsms.services import imports
from tests.factories import Member

Run = Callable[[], int]  # runs the queued turns of imports, and returns how many ran

PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def uploaded(member: Member, content: str | bytes, name: str = "contacts.csv") -> ContactImport:
    data = content.encode() if isinstance(content, str) else content
    return imports.upload(member.account.id, name, io.BytesIO(data))


def started(
    member: Member, content: str | bytes, *columns: str | None, group_id: int | None = None
) -> ContactImport:
    """Upload a file with a header and start it; without `columns` as they were guessed."""
    upload = uploaded(member, content)
    imports.start(
        member.account.id,
        upload.public_id,
        columns=columns or upload.columns,
        has_header=True,
        group_id=group_id,
    )
    return upload


def workbook(*sheets: str, states: Iterable[str] = ()) -> bytes:
    """Return an XLSX with these sheets, each the XML of its rows (see `row`)."""
    hidden = [*states, *[""] * len(sheets)]
    numbers = range(1, len(sheets) + 1)
    listed = "".join(
        f'<sheet name="Sheet {n}" sheetId="{n}" {hidden[n - 1]} r:id="rId{n}"/>' for n in numbers
    )
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{DOCUMENT}/worksheet" Target="worksheets/{n}.xml"/>'
        for n in numbers
    )
    styles = f'<Relationship Id="rId0" Type="{DOCUMENT}/styles" Target="styles.xml"/>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{DOCUMENT}">'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f"{related}{styles}</Relationships>",
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs count="3"><xf numFmtId="0"/>'
        '<xf numFmtId="14"/><xf numFmtId="22"/></cellXfs></styleSheet>',  # 1 a date, 2 with time
        **{
            f"xl/worksheets/{n}.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{content}</sheetData>'
            "</worksheet>"
            for n, content in zip(numbers, sheets, strict=True)
        },
    }
    return packed(parts)


def packed(parts: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def row(number: int, *cells: str) -> str:
    """Return a row of a sheet from XML cells in its first columns."""
    placed = (
        cell.replace("<c", f'<c r="{letter}{number}"', 1)
        for letter, cell in zip("ABCDEFGHIJ", cells, strict=False)
    )
    return f'<row r="{number}">{"".join(placed)}</row>'


def text(value: str) -> str:
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def number(value: float | str, style: int = 0) -> str:
    return f'<c s="{style}"><v>{value}</v></c>'
