"""Between the upload and the import somebody looks, and says what the columns are."""

from functools import partial

import pytest

from flashsms.models import ContactImport, ImportStatus
from flashsms.services import contacts, imports
from flashsms.services.errors import DomainError, NotFound
from tests.factories import Member
from tests.services.imports.files import Run, uploaded

TABLE = "Phone,Name,Town\n0241234567,Ama,Kumasi\n0201234567,Kofi\n0271234567,Esi,Accra,more\n"


@pytest.fixture
def upload(ama: Member) -> ContactImport:
    return uploaded(ama, TABLE)


def test_a_preview_shows_how_the_first_rows_would_be_read(
    ama: Member, upload: ContactImport
) -> None:
    assert imports.preview(ama.account.id, upload.public_id, rows=2) == imports.Preview(
        columns=("phone", "firstName", "town", None),
        has_header=True,
        header=("Phone", "Name", "Town", ""),
        rows=[("0241234567", "Ama", "Kumasi", ""), ("0201234567", "Kofi", "", "")],
    )


def test_a_table_without_a_header_is_previewed_from_its_first_row(ama: Member) -> None:
    upload = uploaded(ama, "0241234567,Ama\n0201234567,Kofi\n")
    seen = imports.preview(ama.account.id, upload.public_id)
    assert (seen.columns, seen.has_header, seen.header) == (("phone", "firstName"), False, ())
    assert seen.rows == [("0241234567", "Ama"), ("0201234567", "Kofi")]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ([], "exactly one column as phone"),
        (["firstName"], "exactly one column as phone"),
        (["phone", "phone"], "exactly one column as phone"),
        (["phone", "town", "town"], "'town' stands for two columns"),
        (["phone", "email", "email"], "'email' stands for two columns"),
        (["phone", "two words"], "'two words' cannot be a field's name"),
        (["phone", "First_Name"], "'First_Name' is a field that every contact has"),
        (["phone", ""], "'' cannot be a field's name"),
        (["phone", *(f"field{n}" for n in range(21))], "21 fields; a contact may have at most 20"),
    ],
)
def test_columns_that_make_no_contact_are_refused(
    ama: Member, upload: ContactImport, columns: list[str | None], reason: str
) -> None:
    with pytest.raises(DomainError, match=reason) as refusal:
        imports.start(ama.account.id, upload.public_id, columns=columns, has_header=True)
    assert refusal.value.code == "bad_columns"
    assert imports.find(ama.account.id, upload.public_id).status is ImportStatus.UPLOADED


def test_an_upload_is_started_once(ama: Member, upload: ContactImport, run_turns: Run) -> None:
    def start() -> None:
        imports.start(ama.account.id, upload.public_id, columns=["phone"], has_header=True)

    start()
    for act in (start, lambda: imports.preview(ama.account.id, upload.public_id)):
        with pytest.raises(DomainError, match="started already") as refusal:
            act()
        assert refusal.value.code == "import_started"
    assert run_turns() == 1


def test_what_somebody_says_goes_over_what_was_guessed(
    ama: Member, upload: ContactImport, run_turns: Run
) -> None:
    imports.start(
        ama.account.id, upload.public_id, columns=["phone", None, "lastName"], has_header=False
    )
    run_turns()
    found = contacts.page(ama.account.id, 1, 10).items
    assert [(one.first_name, one.last_name) for one in found] == [
        (None, "Accra"),
        (None, None),
        (None, "Kumasi"),
    ]
    assert imports.progress(ama.account.id, upload.public_id).invalid == 1  # the header


def test_a_stranger_neither_sees_nor_starts_it(kofi: Member, upload: ContactImport) -> None:
    stranger, public_id = kofi.account.id, upload.public_id
    for act in (
        lambda: imports.preview(stranger, public_id),
        lambda: imports.start(stranger, public_id, columns=["phone"], has_header=True),
        lambda: imports.progress(stranger, public_id),
        lambda: imports.problems_csv(stranger, public_id),
        lambda: imports.find(stranger, "imp_\0"),
    ):
        with pytest.raises(NotFound) as refusal:
            act()
        assert refusal.value.code == "import_unknown"
    assert imports.every(stranger) == []


def test_a_new_group_is_made_with_the_start(
    ama: Member, upload: ContactImport, run_turns: Run
) -> None:
    columns = ["phone", "firstName", None, None]
    start = partial(imports.start, ama.account.id, upload.public_id, has_header=True)
    with pytest.raises(DomainError, match="phone"):
        start(columns=[None], new_group="From the fair")
    assert contacts.groups.every(ama.account.id) == []
    start(columns=columns, new_group="From the fair")
    run_turns()
    [(group, count)] = contacts.groups.counted(ama.account.id)
    assert (group.name, count) == ("From the fair", 3)
    with pytest.raises(DomainError, match="started already"):
        start(columns=columns, new_group="Another one")
    assert contacts.groups.every(ama.account.id) == [group]


def test_a_group_that_is_there_already_is_not_made_again(
    ama: Member, upload: ContactImport
) -> None:
    contacts.groups.create(ama.account.id, "VIP")
    with pytest.raises(DomainError, match="there is a group"):
        imports.start(
            ama.account.id, upload.public_id, columns=["phone"], has_header=True, new_group="vip"
        )
    assert imports.find(ama.account.id, upload.public_id).status is ImportStatus.UPLOADED
