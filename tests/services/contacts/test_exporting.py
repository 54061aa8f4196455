"""The address book leaves as a file that opens safely, and comes back unchanged."""

import csv
import io

import pytest
from sqlalchemy import select

from flashsms.extensions import db
from flashsms.models import Contact
from flashsms.services import contacts, imports
from flashsms.services.contacts import Draft, exporting
from flashsms.services.contacts.exporting import shield, unshield
from tests.factories import Member, phones


def exported(member: Member, group_id: int | None = None) -> list[list[str]]:
    text = "".join(contacts.export_csv(member.account.id, group_id))
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def stored(member: Member) -> list[tuple[object, ...]]:
    db.session.commit()
    found = db.session.execute(
        select(Contact.__table__)
        .where(Contact.account_id == member.account.id)
        .order_by(Contact.number)
    )
    return [tuple(row) for row in found]


def test_everybody_is_exported_oldest_first_with_every_custom_field(
    ama: Member, kofi: Member
) -> None:
    contacts.add(kofi.account.id, [Draft("233271234567", fields={"secret": "x"})])
    drafts = [
        Draft("233241234567", "Ɔkɛseɛ", 'O"Brien, K', "o@example.com", {"town": "Kumasi"}),
        Draft("233201234567", fields={"due": "12", "town": "Accra"}),
        Draft("233551234567"),
    ]
    contacts.add(ama.account.id, drafts)
    assert exported(ama) == [
        ["phone", "firstName", "lastName", "email", "town", "due"],
        ["233241234567", "Ɔkɛseɛ", 'O"Brien, K', "o@example.com", "Kumasi", ""],
        ["233201234567", "", "", "", "Accra", "12"],
        ["233551234567", "", "", "", "", ""],
    ]


def test_a_group_is_exported_alone_and_deleted_contacts_never(ama: Member) -> None:
    group = contacts.groups.create(ama.account.id, "VIP")
    contacts.add(ama.account.id, [Draft("233241234567", fields={"town": "Kumasi"})])
    contacts.add(ama.account.id, [Draft(phone) for phone in phones(3)], group.id)
    leaving = contacts.page(ama.account.id, 1, 1).items[0]
    contacts.delete(ama.account.id, leaving.public_id)
    header, *rows = exported(ama, group.id)
    assert header == ["phone", "firstName", "lastName", "email"]
    assert [row[0] for row in rows] == phones(3)[:2]
    assert [row[0] for row in exported(ama)[1:]] == ["233241234567", *phones(3)[:2]]


def test_an_empty_book_is_a_header(ama: Member) -> None:
    assert exported(ama) == [["phone", "firstName", "lastName", "email"]]


def test_no_cell_is_a_formula(ama: Member) -> None:
    evil = ["=1+1", "+1", "-1", "@x", "'=1", "ordinary", "'quoted'"]
    drafts = [
        Draft(phone, name, fields={"note": name})
        for phone, name in zip(phones(7), evil, strict=True)
    ]
    contacts.add(ama.account.id, drafts)
    cells = [[row[1], row[4]] for row in exported(ama)[1:]]
    assert cells == [
        2 * [name] for name in ("'=1+1", "'+1", "'-1", "'@x", "''=1", "ordinary", "'quoted'")
    ]


FORMULAS = [
    *("=x", "+x", "-x", "@x", "\tx", "\rx", "\nx", "'=x", "''-x"),
    *(" =x", "\n=x", " \t\r\n+x", "\u00a0-x", "\u3000@x", "\v=x", "\x1c=x", "\u2028=x"),
    *("\uff1dx", "\uff0bx", "\uff0dx", "\uff20x", " \uff1dx", "'\uff1dx"),
    *("\ufeff=x", "\u200b=x", "\u202e=x", "\u00ad \u2066=x", "\0=x"),
    *("+", "+123456", "+1234567+1", "+1234567890123456", "+1234567\n", "+\u0663233241234"),
    *("'+233241234567", " +233241234567", "-233241234567"),
]
PLAIN = ["'x", "x=", "", "'", " ", "a =x", "+233241234567", "+1234567"]


@pytest.mark.parametrize("cell", FORMULAS)
def test_what_may_become_a_formula_stands_behind_an_apostrophe(cell: str) -> None:
    assert shield(cell) == f"'{cell}"
    assert unshield(shield(cell)) == cell


@pytest.mark.parametrize("cell", PLAIN)
def test_any_other_cell_stays_as_it_is(cell: str) -> None:
    assert shield(cell) == unshield(cell) == cell


def test_a_phone_that_another_program_shielded_is_read_all_the_same() -> None:
    assert unshield("'+233241234567") == "+233241234567"


def test_no_separator_divides_a_cell() -> None:
    assert exporting.lines([["a", "hi;=1+1"], ["x\t=1", "y|=1,2"]]) == (
        '"a","hi;=1+1"\r\n"x\t=1","y|=1,2"\r\n'
    )


def test_an_export_is_read_in_pieces_with_no_transaction_open_between_them(
    ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PIECE", 100)
    contacts.add(ama.account.id, [Draft(phone) for phone in phones(250)])
    oldest = contacts.page(ama.account.id, 250, 1).items[0]
    db.session.commit()
    pieces = []
    for piece in contacts.export_csv(ama.account.id):
        assert not db.session().in_transaction()
        pieces.append(piece)
        if len(pieces) == 2:
            contacts.delete(ama.account.id, oldest.public_id)  # others must not move up
    assert [piece.count("\r\n") for piece in pieces] == [1, 100, 100, 50]


def test_importing_an_export_changes_nothing_and_elsewhere_gives_the_same(
    ama: Member, kofi: Member
) -> None:
    names = ["=1+1", "'=1", "Ɔkɛseɛ", 'a;b,c"d', "😀", "عمر"]
    drafts = [
        Draft(phone, name, "-", "x@example.com", {"town": name})
        for phone, name in zip(phones(6), names, strict=True)
    ]
    contacts.add(ama.account.id, drafts)
    before, file = stored(ama), "".join(contacts.export_csv(ama.account.id))
    for member in (ama, kofi):
        upload = imports.upload(member.account.id, "again.csv", io.BytesIO(file.encode()))
        columns = ["phone", "firstName", "lastName", "email", "town"]
        assert upload.columns == columns
        imports.start(member.account.id, upload.public_id, columns=columns, has_header=True)
        imports.run(upload.id, 1)
        seen = imports.progress(member.account.id, upload.public_id)
        assert (seen.rows, seen.invalid) == (6, 0)
    assert stored(ama) == before
    assert exported(kofi) == exported(ama)
