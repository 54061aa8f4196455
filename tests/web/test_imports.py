"""Importing contacts in a browser."""

import re
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from rq import Queue
from werkzeug.test import TestResponse

from flashsms import queue
from flashsms.extensions import db
from flashsms.models import ContactImport
from flashsms.services import contacts, imports
from tests.factories import Member
from tests.services.imports.files import row, text, uploaded, workbook
from tests.web.browsing import fill, sign_in, token

PATH = "/contacts/import"
HTMX = {"HX-Request": "true"}
SCRIPT = '<script>alert("x")</script>'
TABLE = "Phone,Name,Town\n0241234567,Ama,Kumasi\n0201234567,Kofi,Accra\n12,Bad,\n"
AS_GUESSED = {"column-1": "phone", "column-2": "firstName", "column-3": "town", "has_header": "y"}


@pytest.fixture(autouse=True)
def _signed_in(client: FlaskClient, ama: Member) -> None:
    sign_in(client, "ama@example.com")


def upload(client: FlaskClient, content: bytes, name: str = "my list.csv") -> TestResponse:
    """Choose a file and press the button."""
    form = {"csrf_token": token(client, PATH), "file": (BytesIO(content), name)}
    return client.post(PATH, data=form, content_type="multipart/form-data")


def work() -> None:
    """Do what waits for a worker."""
    waiting = Queue(queue.BULK, connection=queue.redis())
    while (taken := Queue.dequeue_any([waiting], None, connection=queue.redis())) is not None:
        job, _ = taken
        job.delete()
        imports.run(*job.args)
    db.session.commit()


def address(one: ContactImport) -> str:
    return f"{PATH}/{one.public_id}"


def people(member: Member, group: str | None = None) -> list[tuple[str, str | None]]:
    db.session.commit()
    group_id = contacts.groups.id_of(member.account.id, group)
    found = contacts.page(member.account.id, 1, 10, group_id=group_id).items
    return sorted((one.phone, one.first_name) for one in found)


def test_a_list_is_uploaded_looked_at_imported_and_counted(
    client: FlaskClient, ama: Member
) -> None:
    contacts.add(ama.account.id, [contacts.Draft("233201234567", "Kofi")])
    here = upload(client, TABLE.encode()).location
    assert re.fullmatch(rf"{PATH}/imp_\w+", here)
    page = client.get(here).text
    assert "my list.csv" in page
    assert re.findall(r'<option value="(\w+)" selected>', page)[:3] == [
        "phone",
        "firstName",
        "town",
    ]
    assert "checked" in page
    assert fill(client, here, **AS_GUESSED).location == here
    running = client.get(here).text
    assert 'hx-trigger="every 1s"' in running
    assert ">Refresh</a>" in running
    work()
    done = client.get(here).text
    assert "hx-trigger" not in done
    assert re.findall(r"<dt>(.*?)</dt><dd[^>]*>(.*?)</dd>", done) == [
        ("Rows read", "3"),
        ("Added", "1"),
        ("Already there", "1"),
        ("Left out", "1"),
    ]
    assert people(ama) == [("233201234567", "Kofi"), ("233241234567", "Ama")]


def test_a_workbook_is_read_as_well(client: FlaskClient) -> None:
    sheet = row(1, text("Phone"), text("Name")) + row(2, text("0241234567"), text("Ama"))
    here = upload(client, workbook(sheet), "people.xlsx").location
    assert "0241234567" in client.get(here).text


def test_htmx_gets_the_progress_alone(client: FlaskClient, ama: Member) -> None:
    one = uploaded(ama, TABLE)
    fill(client, address(one), **AS_GUESSED)
    part = client.get(address(one), headers=HTMX).text.strip()
    assert part.startswith('<section class="card" id="progress"')
    assert f'hx-get="{address(one)}"' in part
    work()
    assert "hx-get" not in client.get(address(one), headers=HTMX).text


def test_the_bad_rows_are_downloaded(client: FlaskClient, ama: Member) -> None:
    one = uploaded(ama, TABLE)
    fill(client, address(one), **AS_GUESSED)
    work()
    assert f'href="{address(one)}/problems"' in client.get(address(one)).text
    file = client.get(f"{address(one)}/problems", buffered=True)
    assert file.mimetype == "text/csv"
    assert '"12","Bad"' in file.text
    assert "Kofi" not in file.text


def test_everybody_joins_the_group_that_is_chosen(client: FlaskClient, ama: Member) -> None:
    group = contacts.groups.create(ama.account.id, "VIP").public_id
    here = upload(client, TABLE.encode()).location
    page = client.get(f"{here}?group={group}").text
    assert re.search(rf'<option selected value="{group}">', page)
    fill(client, here, **AS_GUESSED, group=group)
    work()
    assert len(people(ama, group)) == 2
    assert f"/contacts?group={group}" in client.get(here).text


def test_a_group_of_the_page_before_is_still_chosen(client: FlaskClient, ama: Member) -> None:
    group = contacts.groups.create(ama.account.id, "VIP").public_id
    form = {"csrf_token": token(client, PATH), "file": (BytesIO(TABLE.encode()), "a.csv")}
    answer = client.post(f"{PATH}?group={group}", data=form, content_type="multipart/form-data")
    assert answer.location.endswith(f"?group={group}")


def test_everybody_joins_a_new_group(client: FlaskClient, ama: Member) -> None:
    one = uploaded(ama, TABLE)
    fill(client, address(one), **AS_GUESSED, group="new", new_group="From the fair")
    work()
    [group] = contacts.groups.every(ama.account.id)
    assert group.name == "From the fair"
    assert len(people(ama, group.public_id)) == 2


def test_the_visitor_says_what_the_columns_are(client: FlaskClient, ama: Member) -> None:
    one = uploaded(ama, "0241234567,Ama,0201234567\n")
    mapping = {"column-2": "lastName", "column-3": "phone"}
    fill(client, address(one), **mapping)
    work()
    [contact] = contacts.page(ama.account.id, 1, 10).items
    assert (contact.phone, contact.last_name) == ("233201234567", "Ama")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"column-1": ""}, "Choose exactly one column as phone."),
        ({"column-2": "phone"}, "Choose exactly one column as phone."),
        ({"column-2": "town"}, "stands for two columns"),
        ({"column-2": "two words\0"}, "cannot be a field&#39;s name"),
        ({"group": "new"}, "Name of the new group must not be empty."),
        ({"group": "new", "new_group": "vip"}, "there is a group"),
        ({"group": "new", "new_group": "n" * 10_000}, "has 10,000 characters"),
        ({"group": "nothing"}, "There is no group"),
        ({"group": "\0"}, "There is no group"),
    ],
)
def test_what_is_wrong_with_the_choice_is_said(
    client: FlaskClient, ama: Member, changed: dict[str, str], sentence: str
) -> None:
    contacts.groups.create(ama.account.id, "VIP")
    one = uploaded(ama, TABLE)
    answer = fill(client, address(one), **AS_GUESSED | changed)
    assert answer.status_code == 400
    assert sentence in answer.text
    work()
    assert people(ama) == []
    assert [group.name for group in contacts.groups.every(ama.account.id)] == ["VIP"]


def test_a_form_without_its_fields_is_shown_again(client: FlaskClient, ama: Member) -> None:
    assert fill(client, address(uploaded(ama, TABLE))).status_code == 400
    assert fill(client, PATH).status_code == 400


def test_an_import_starts_once(client: FlaskClient, ama: Member) -> None:
    one = uploaded(ama, TABLE)
    form = AS_GUESSED | {"csrf_token": token(client, address(one))}
    assert client.post(address(one), data=form).status_code == 302
    again = client.post(address(one), data=form)
    assert again.status_code == 400
    assert "has been started already" in again.text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty."),
        (b"\n\n\n", "has no rows that can be read"),
        (bytes(range(256)) * 40, "neither text nor a workbook"),
        (b"PK\x03\x04 broken", ""),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_at_its_field(
    client: FlaskClient, content: bytes, sentence: str
) -> None:
    answer = upload(client, content)
    assert answer.status_code == 400
    assert re.search(rf'class="invalid-feedback" id="file-hint">[^<]*{sentence}', answer.text)


def test_no_file_is_said_at_its_field(client: FlaskClient) -> None:
    answer = upload(client, b"", name="")
    assert answer.status_code == 400
    assert "Choose a file." in answer.text


def test_a_file_beyond_what_other_forms_may_have_is_taken(
    app: Flask, client: FlaskClient, ama: Member
) -> None:
    size = app.config["MAX_CONTENT_LENGTH"]
    line = b"0241234567,Ama\n"
    head = (
        f'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token(client, PATH)}'
        '\r\n--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    )
    body = head.encode() + line * (size // len(line) + 1000) + b"\r\n--x--\r\n"
    answer = client.post(PATH, data=body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 302


def test_a_file_that_is_too_large_is_said_at_its_field(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "MAX_UPLOAD", 1000)
    for size in (1001, 1000 + 65 * 1024):
        monkeypatch.setattr("flashsms.services.imports.uploading.MAX_UPLOAD", 1000)
        answer = upload(client, b"0" * size)
        assert answer.status_code in {400, 413}
        assert re.search(r'id="file-hint">This file is larger than \d+ MB', answer.text)


def test_an_upload_without_the_token_or_signed_out_is_refused(client: FlaskClient) -> None:
    form = {"file": (BytesIO(TABLE.encode()), "a.csv")}
    answer = client.post(PATH, data=form, content_type="multipart/form-data")
    assert answer.status_code == 400
    assert "Reload it and try again" in answer.text
    fill(client, PATH, to="/logout")
    form = {"file": (BytesIO(TABLE.encode()), "a.csv")}
    away = client.post(PATH, data=form, content_type="multipart/form-data")
    assert away.location.startswith("/login")


def test_past_imports_are_listed(client: FlaskClient, ama: Member) -> None:
    assert "Your last imports" not in client.get(PATH).text
    one = uploaded(ama, TABLE, name="spring.csv")
    page = client.get(PATH).text
    assert f'href="{address(one)}">spring.csv</a>' in page
    assert "not started" in page


def test_script_in_a_file_is_text(client: FlaskClient, ama: Member) -> None:
    quoted = SCRIPT.replace('"', '""')
    file = f'Phone,"{quoted}"\n0241234567,"{quoted}"\n12,"{quoted}"\n'
    one = uploaded(ama, file, name=f"{SCRIPT}.csv")
    assert SCRIPT not in client.get(PATH).text
    page = client.get(address(one)).text
    assert SCRIPT not in page
    assert "&lt;script&gt;" in page
    fill(client, address(one), **{"column-1": "phone", "column-2": "firstName"})
    work()
    assert SCRIPT not in client.get(address(one)).text


def test_another_accounts_imports_are_unknown(
    client: FlaskClient, ama: Member, kofi: Member
) -> None:
    one = uploaded(kofi, TABLE, name="secret.csv")
    form = AS_GUESSED | {"csrf_token": token(client, PATH)}
    assert "secret" not in client.get(PATH).text
    for path in (address(one), f"{PATH}/nothing", f"{PATH}/%00"):
        assert client.get(path).status_code == 404
        assert client.post(path, data=form).status_code == 404
        assert client.get(f"{path}/problems").status_code == 404


def test_their_groups_cannot_be_joined(client: FlaskClient, ama: Member, kofi: Member) -> None:
    theirs = contacts.groups.create(kofi.account.id, "Theirs").public_id
    one = uploaded(ama, TABLE)
    assert fill(client, address(one), **AS_GUESSED, group=theirs).status_code == 400
