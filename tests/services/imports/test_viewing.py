"""What was left out can be downloaded, and nothing in it is a formula."""

import csv
import io

from flashsms.models import ImportStatus
from flashsms.services import contacts, imports
from tests.factories import Member
from tests.services.imports.files import Run, started, uploaded


def test_problems_are_a_table_that_opens_safely(ama: Member, run_turns: Run) -> None:
    upload = started(
        ama, 'phone,skip,name\n0241234567,,Ama\n=1+2,"x,y","=cmd|\' /C calc\'!A0"\n12,@x\n'
    )
    run_turns()
    text = "".join(imports.problems_csv(ama.account.id, upload.public_id))
    assert text.startswith("\ufeff")
    header, first, second = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    assert header == ["line", "reason", "phone", "skip", "firstName"]
    assert (first[0], first[2:]) == ("3", ["'=1+2", "x,y", "'=cmd|' /C calc'!A0"])
    assert "'=1+2' cannot be sent to" in first[1]
    assert (second[0], second[2:]) == ("4", ["12", "'@x"])


def test_many_problems_come_in_pieces_and_all_of_them(ama: Member, run_turns: Run) -> None:
    upload = started(ama, "phone\n" + "".join(f"{n}\n" for n in range(1200)), "phone")
    run_turns()
    header, *pieces = imports.problems_csv(ama.account.id, upload.public_id)
    assert header == '\ufeff"line","reason","phone"\r\n'
    assert len(pieces) == 3
    rows = csv.reader(io.StringIO("".join(pieces)))
    assert [(row[0], row[2]) for row in rows] == [(str(n + 2), str(n)) for n in range(1200)]


def test_problems_corrected_can_be_imported_as_they_are(ama: Member, run_turns: Run) -> None:
    upload = started(ama, "phone,name\n024123456,=Ama\n024123457,'=Kofi\n")
    run_turns()
    wrong = "".join(imports.problems_csv(ama.account.id, upload.public_id))
    corrected = uploaded(ama, wrong.replace('"02412345', '"024012345'))
    columns = [None, None, "phone", "firstName"]
    imports.start(ama.account.id, corrected.public_id, columns=columns, has_header=True)
    run_turns()
    names = [one.first_name for one in contacts.page(ama.account.id, 1, 10).items]
    assert names == ["=Kofi", "=Ama"]


def test_the_newest_imports_come_first(ama: Member, kofi: Member, run_turns: Run) -> None:
    uploads = [uploaded(ama, "phone\n0241234567\n", f"{n}.csv") for n in range(3)]
    uploaded(kofi, "phone\n0241234567\n")
    found = imports.every(ama.account.id, limit=2)
    assert [one.file_name for one in found] == ["2.csv", "1.csv"]
    seen = imports.progress(ama.account.id, uploads[0].public_id)
    assert (seen.status, seen.percent, seen.rows) == (ImportStatus.UPLOADED, 0, 0)
