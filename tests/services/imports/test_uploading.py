"""Files are taken in whatever their encoding, delimiter or kind, or refused with a reason."""

import io
import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from flashsms.extensions import db
from flashsms.models import ContactImport, ImportBlock, ImportStatus, now
from flashsms.services import contacts, imports
from flashsms.services.errors import DomainError
from flashsms.services.imports import uploading
from tests.factories import Member
from tests.services.imports.files import Run, number, row, started, text, uploaded, workbook

TABLE = "Phone;First name;Amount due\n0241234567;Ɔkɛseɛ;12,50\n0201234567;Zoë;3\n"


def content(upload: ContactImport) -> str:
    found = db.session.scalars(
        select(ImportBlock.data)
        .where(ImportBlock.import_id == upload.id)
        .order_by(ImportBlock.start)
    )
    return b"".join(found).decode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_text_is_stored_as_utf_8_with_its_columns_guessed(ama: Member, encoding: str) -> None:
    upload = uploaded(ama, TABLE.encode(encoding))
    assert content(upload) == TABLE
    assert (upload.status, upload.error) == (ImportStatus.UPLOADED, None)
    assert (upload.delimiter, upload.has_header) == (";", True)
    assert upload.columns == ["phone", "firstName", "amountDue"]
    assert upload.size == len(TABLE.encode())


def test_windows_1252_is_read_as_such(ama: Member) -> None:
    upload = uploaded(ama, "Phone,Name\n0241234567,Zoë · 5 €\n".encode("cp1252"))
    assert content(upload) == "Phone,Name\n0241234567,Zoë · 5 €\n"


def test_a_large_file_is_stored_in_blocks_that_follow_each_other(ama: Member) -> None:
    table = "".join(f"024{n:07},Ɔkɛseɛ {n}\n" for n in range(30_000))
    upload = uploaded(ama, table)
    assert content(upload) == table
    starts = db.session.scalars(select(ImportBlock.start).order_by(ImportBlock.start)).all()
    assert starts == [n * 256 * 1024 for n in range(len(starts))]
    assert len(starts) > 2


def test_a_workbook_is_told_by_its_content(ama: Member) -> None:
    sheet = row(1, text("Phone"), text("Name")) + row(2, number(241234567), text("a;b;c;d"))
    upload = uploaded(ama, workbook(sheet), "contacts.csv")
    assert content(upload) == "Phone,Name\r\n241234567,a;b;c;d\r\n"
    assert (upload.delimiter, upload.columns) == (",", ["phone", "firstName"])


def test_a_table_without_any_phone_is_taken_for_the_user_to_map(ama: Member) -> None:
    upload = uploaded(ama, "a,b\nx,y\n")
    assert "phone" not in upload.columns
    assert upload.status is ImportStatus.UPLOADED


def test_more_columns_than_a_contact_may_have_fields_are_left_out(ama: Member) -> None:
    titles = [f"Field {letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    upload = uploaded(ama, f"Phone,{','.join(titles)}\n0241234567{',x' * 26}\n")
    assert [name is None for name in upload.columns] == [False] * 21 + [True] * 6
    imports.start(ama.account.id, upload.public_id, columns=upload.columns, has_header=True)


@pytest.mark.parametrize(
    ("junk", "reason"),
    [
        (b"", "empty"),
        (b" \n\r\n ,,\n", "no rows"),
        (b"\xff\xfe", "no rows"),
        (bytes(range(256)) * 40, "neither text nor a workbook"),
        (b"\x89PNG\r\n\x1a\n" + bytes(n * 7919 % 251 for n in range(5000)), "neither text"),
        (b"PK\x03\x04 and then something else", "no workbook that can be read"),
        (bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600), "no workbook that can be read"),
        (b"x" * 100_000, "no rows that can be read"),
    ],
)
def test_what_is_no_table_is_refused_in_plain_words(ama: Member, junk: bytes, reason: str) -> None:
    with pytest.raises(DomainError, match=reason) as refusal:
        uploaded(ama, junk)
    assert refusal.value.code == "bad_file"
    assert db.session.scalar(select(func.count()).select_from(ContactImport)) == 0


class Endless(io.RawIOBase):
    """A file that never ends, and counts what was taken of it."""

    taken = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        self.taken += size
        return b"0241234567\n" * (size // 11)


def test_a_file_that_is_too_large_is_refused_before_all_of_it_is_read(ama: Member) -> None:
    endless = Endless()
    with pytest.raises(DomainError, match="larger than 100 MB"):
        imports.upload(ama.account.id, "endless.csv", endless)  # type: ignore[arg-type]
    assert endless.taken < imports.MAX_UPLOAD + 1024 * 1024


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("C:\\Users\\Ama\\my contacts.csv", "my contacts.csv"),
        ("../../etc/pass\0wd", "passwd"),
        ("ɔ" * 300, "ɔ" * 200),
        ("", "contacts"),
    ],
)
def test_a_file_is_named_as_people_know_it(ama: Member, given: str, shown: str) -> None:
    assert uploaded(ama, TABLE, given).file_name == shown


def test_an_upload_that_breaks_off_is_seen_as_failed_and_is_swept(
    ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise ConnectionResetError

    monkeypatch.setattr(uploading, "_ready", gone)
    with pytest.raises(ConnectionResetError):
        uploaded(ama, TABLE)
    [upload] = imports.every(ama.account.id)
    assert upload.status is ImportStatus.FAILED
    assert re.search("did not finish", upload.error or "")
    upload.wake_at = now()
    db.session.commit()
    imports.wake_due()
    assert content(upload) == ""


def test_odd_cells_are_stored_as_given_or_refused_row_by_row(ama: Member, run_turns: Run) -> None:
    names = ["Ɔkɛseɛ", "😀 Ama", "عمر", "50% _x", 'O\'Brien "Kofi"', "a\0b", "x" * 10_000]
    quoted = [f'"{name.replace(chr(34), 2 * chr(34))}"' for name in names]
    lines = (f"02412345{n:02},{name}\n" for n, name in enumerate(quoted))
    upload = started(ama, "phone,name\n" + "".join(lines), "phone", "firstName")
    run_turns()
    page = contacts.page(ama.account.id, 1, 10)
    assert [one.first_name for one in page.items][::-1] == names[:5]
    assert imports.progress(ama.account.id, upload.public_id).invalid == 2


def standing(member: Member) -> dict[str, ImportStatus]:
    db.session.commit()
    return {one.file_name: one.status for one in imports.every(member.account.id)}


def test_an_upload_that_nobody_starts_gives_way_to_five_newer_ones(
    ama: Member, kofi: Member
) -> None:
    theirs = uploaded(kofi, TABLE)
    begun = started(ama, TABLE)
    first, *others = [uploaded(ama, TABLE, f"{number}.csv") for number in range(6)]
    assert standing(ama) == {
        "contacts.csv": ImportStatus.RUNNING,
        "0.csv": ImportStatus.FAILED,
        **{one.file_name: ImportStatus.UPLOADED for one in others},
    }
    assert content(first) == ""
    assert [content(one) for one in (theirs, begun, *others)] == 7 * [TABLE]
    dropped = imports.progress(ama.account.id, first.public_id)
    assert re.search("5 newer files were uploaded", dropped.error or "")
    for late in (
        lambda: imports.preview(ama.account.id, first.public_id),
        lambda: imports.start(
            ama.account.id, first.public_id, columns=["phone"], has_header=True, new_group="New"
        ),
    ):
        with pytest.raises(DomainError) as refused:
            late()
        assert refused.value.code == "import_started"
    assert contacts.groups.every(ama.account.id) == []


def test_of_uploads_at_once_five_wait(app: Flask, ama: Member) -> None:
    start = Barrier(8)

    def give(number: int) -> None:
        with app.app_context():
            start.wait(10)
            uploaded(ama, TABLE, f"{number}.csv")
            db.session.remove()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(give, range(8)))
    assert sorted(standing(ama).values()) == 3 * ["FAILED"] + 5 * ["UPLOADED"]
    left = db.session.scalar(select(func.count(ImportBlock.import_id.distinct())))
    assert left == 5


def test_a_file_that_was_to_give_way_is_swept_when_that_was_interrupted(
    ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = uploaded(ama, TABLE)
    with monkeypatch.context() as broken:
        broken.setattr(uploading.ending, "clear", lambda _: None)
        for number in range(5):
            uploaded(ama, TABLE, f"{number}.csv")
    assert content(first) == TABLE
    first.wake_at = now()
    db.session.commit()
    imports.wake_due()
    assert content(first) == ""
