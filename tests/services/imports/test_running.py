"""An import adds everybody once, whatever comes in between."""

import threading
from collections.abc import Sequence
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from flashsms import queue
from flashsms.extensions import db
from flashsms.models import Contact, ContactImport, ImportBlock, ImportProblem, ImportStatus
from flashsms.services import contacts, imports
from flashsms.services.contacts import Draft
from flashsms.services.imports import reading, running
from tests.factories import Member, phones
from tests.services.imports.files import Run, started, uploaded

HEADER = "phone,firstName,lastName,email,town\n"


def book(member: Member) -> list[tuple[str, str | None]]:
    """Everybody in the address book, oldest first."""
    db.session.commit()
    found = db.session.execute(
        select(Contact.phone, Contact.first_name)
        .where(Contact.account_id == member.account.id, Contact.number.is_not(None))
        .order_by(Contact.number)
    )
    return [(phone, name) for phone, name in found]


def progress(member: Member, upload: ContactImport) -> imports.Progress:
    db.session.commit()
    return imports.progress(member.account.id, upload.public_id)


def done(created: int, skipped: int = 0, invalid: int = 0) -> imports.Progress:
    rows = created + skipped + invalid
    return imports.Progress(ImportStatus.DONE, 100, rows, created, skipped, invalid, None)


def problems(upload: ContactImport) -> list[tuple[int, str, Sequence[str | None]]]:
    found = db.session.execute(
        select(ImportProblem.line, ImportProblem.reason, ImportProblem.cells)
        .where(ImportProblem.import_id == upload.id)
        .order_by(ImportProblem.line)
    )
    return [(line, reason, cells) for line, reason, cells in found]


def table(numbers: Sequence[str]) -> str:
    return HEADER + "".join(f"{phone},Kofi\n" for phone in numbers)


@pytest.fixture
def one_batch_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "TURN", 0.0)
    monkeypatch.setattr(running, "BATCH_ROWS", 100)


def test_every_field_comes_to_its_place(ama: Member, run_turns: Run) -> None:
    upload = started(
        ama, HEADER + "024 123 4567, Ama ,Mensah,ama@example.com,Kumasi,more\n0201234567,,,, \n"
    )
    run_turns()
    kofi, first = contacts.page(ama.account.id, 1, 10).items
    assert (first.phone, first.first_name, first.last_name) == ("233241234567", "Ama", "Mensah")
    assert (first.email, first.fields) == ("ama@example.com", {"town": "Kumasi"})
    assert (kofi.phone, kofi.first_name, kofi.fields) == ("233201234567", None, None)
    assert progress(ama, upload) == done(created=2)


def test_bad_rows_are_kept_with_their_line_and_reason(ama: Member, run_turns: Run) -> None:
    upload = started(
        ama,
        HEADER
        + "123,Ama\n"
        + '0241234567,"Two\nlines"\n'
        + "\n"
        + "0241234568,Ama,,no address\n"
        + ",Nobody\n"
        + '0241234569,"open\n'
        + "0241234570,Kofi\n"
        + f"0241234571,{'x' * 70_000}\n"
        + "0241234572,Esi\n",
    )
    run_turns()
    found = problems(upload)
    assert [(line, cells[:1]) for line, _, cells in found] == [
        (2, ["123"]),
        (3, ["0241234567"]),
        (6, ["0241234568"]),
        (7, [""]),
        (8, []),
        (10, []),
    ]
    for (_, reason, _), expected in zip(
        found,
        ["'123' cannot be sent to", "one line", "e-mail", "must not be empty", "quot", "64 KB"],
        strict=True,
    ):
        assert expected in reason
    assert [phone for phone, _ in book(ama)] == ["233241234570", "233241234572"]
    assert progress(ama, upload) == done(created=2, invalid=6)


def test_turns_that_follow_each_other_read_what_one_would_have_read(
    ama: Member, kofi: Member, run_turns: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        (f"{phone},Kofi", f'{phone},"a\r\nb"', "", "bad,x", f'{phone},"open', "024,Ɔ")[number % 6]
        for number, phone in enumerate(phones(2000))
    ]
    ends = ("\n", "\r\n", "\r")
    file = HEADER + "".join(line + ends[number % 3] for number, line in enumerate(lines))
    at_once = started(kofi, file)
    monkeypatch.setattr(running, "TURN", 60.0)
    assert run_turns() == 1
    monkeypatch.setattr(running, "TURN", 0.0)
    monkeypatch.setattr(running, "BATCH_ROWS", 7)
    step_by_step = started(ama, file)
    assert run_turns() > 200
    assert problems(step_by_step) == problems(at_once)
    assert len(problems(at_once)) > 1000
    assert book(ama) == book(kofi)
    assert progress(ama, step_by_step) == progress(kofi, at_once)


def test_long_rows_make_small_batches() -> None:
    row = reading.Row(0, 1, ["x"], None)
    long = [row._replace(end=(n + 1) * reading.MOST_BYTES // 4) for n in range(9)]
    assert [len(batch) for batch in reading.batches(long, 100)] == [4, 4, 1]
    short = [row._replace(end=n) for n in range(250)]
    assert [len(batch) for batch in reading.batches(short, 100)] == [100, 100, 50]


def test_who_is_known_is_skipped_and_joins_the_group(ama: Member, run_turns: Run) -> None:
    contacts.add(ama.account.id, [Draft("233201234567", "Ama")])
    group = contacts.groups.create(ama.account.id, "VIP")
    upload = started(
        ama,
        HEADER + "0201234567,Someone else\n0241234567,Kofi\n+233 24 123 4567,Again\n",
        group_id=group.id,
    )
    run_turns()
    assert book(ama) == [("233201234567", "Ama"), ("233241234567", "Kofi")]
    assert contacts.page(ama.account.id, 1, 10, group_id=group.id).total == 2
    assert progress(ama, upload) == done(created=1, skipped=2)


def test_the_same_file_again_creates_nothing(ama: Member, run_turns: Run) -> None:
    started(ama, table(phones(300)))
    run_turns()
    before = book(ama)
    again = started(ama, table(phones(300)))
    run_turns()
    assert book(ama) == before
    assert progress(ama, again) == done(created=0, skipped=300)


def test_a_file_of_nothing_but_a_header_is_done_at_once(ama: Member, run_turns: Run) -> None:
    upload = started(ama, HEADER)
    assert run_turns() == 1
    assert progress(ama, upload) == done(created=0)


@pytest.mark.usefixtures("one_batch_a_turn")
def test_progress_is_seen_between_turns_and_the_file_is_dropped_at_the_end(ama: Member) -> None:
    upload = started(ama, table(phones(200)))
    imports.run(upload.id, 1)
    half = progress(ama, upload)
    assert (half.status, half.rows, half.percent) == (ImportStatus.RUNNING, 100, 50)
    imports.run(upload.id, 2)
    imports.run(upload.id, 3)
    assert progress(ama, upload) == done(created=200)
    ended = imports.find(ama.account.id, upload.public_id)
    assert ended.finished_at is not None
    assert ended.wake_at is None
    assert db.session.scalar(select(func.count()).select_from(ImportBlock)) == 0


@pytest.mark.usefixtures("one_batch_a_turn")
def test_a_ticket_lets_one_job_in_once(ama: Member) -> None:
    upload = started(ama, table(phones(300)))
    imports.run(upload.id, 1)
    imports.run(upload.id, 1)
    imports.run(upload.id, 3)
    assert progress(ama, upload).rows == 100


def test_an_upload_that_was_not_started_does_not_run(ama: Member) -> None:
    upload = uploaded(ama, table(phones(10)))
    imports.run(upload.id, upload.ticket)
    assert progress(ama, upload).status is ImportStatus.UPLOADED
    assert book(ama) == []


@pytest.mark.usefixtures("one_batch_a_turn")
def test_who_was_overtaken_stores_nothing_and_stops(
    ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second batch of the first turn is read, and then another turn does all the work."""
    upload = started(ama, table(phones(300)))
    monkeypatch.setattr(running, "TURN", 60.0)
    read, calls = running._read, []

    def overtaken(*given: Any) -> Any:
        calls.append(given)
        if len(calls) == 2:
            imports.run(upload.id, 2)
        return read(*given)

    monkeypatch.setattr(running, "_read", overtaken)
    imports.run(upload.id, 1)
    assert len(calls) == 1 + 1 + 2  # nothing behind the batch that was taken away
    assert len(book(ama)) == 300
    assert progress(ama, upload) == done(created=300)


@pytest.mark.usefixtures("one_batch_a_turn")
def test_a_group_that_is_deleted_meanwhile_ends_the_import(ama: Member, run_turns: Run) -> None:
    group = contacts.groups.create(ama.account.id, "VIP")
    upload = started(ama, table(phones(300)), group_id=group.id)
    imports.run(upload.id, 1)
    contacts.groups.delete(ama.account.id, group.public_id)
    run_turns()
    ended = progress(ama, upload)
    assert (ended.status, ended.rows) == (ImportStatus.FAILED, 100)
    assert ended.error == "The group was deleted meanwhile."
    assert len(book(ama)) == 100
    assert db.session.scalar(select(func.count()).select_from(ImportBlock)) == 0


def test_what_fails_again_and_again_is_given_up_at_its_row(
    ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "BATCH_ROWS", 512)
    sizes = []
    add = contacts.add

    def stumble(account_id: int, drafts: list[Draft], group_id: int | None) -> contacts.Added:
        sizes.append(len(drafts))
        if any(draft.first_name == "Poison" for draft in drafts):
            raise RuntimeError("poison")
        return add(account_id, drafts, group_id)

    monkeypatch.setattr(contacts, "add", stumble)
    numbers = phones(2001)
    good, bad = table(numbers[:2000]), f"{numbers[2000]},Poison\n"
    upload = started(ama, good + bad)
    ticket = 1
    while progress(ama, upload).status is ImportStatus.RUNNING:
        try:
            imports.run(upload.id, ticket)
        except RuntimeError:
            assert progress(ama, upload).status is ImportStatus.RUNNING
        ticket += 1
        assert ticket < 50
    assert sizes[:4] == [512, 512, 512, 465]
    assert sizes[-1] == 1
    ended = progress(ama, upload)
    assert (ended.status, ended.created, len(book(ama))) == (ImportStatus.FAILED, 2000, 2000)
    assert "from line 2,002 on could not be stored" in (ended.error or "")


def test_two_imports_of_overlapping_files_at_once_add_everybody_once(
    app: Flask, ama: Member
) -> None:
    numbers = phones(3000)
    files = [numbers[:2000], [*reversed(numbers[1000:])]]
    uploads = [started(ama, table(file)) for file in files]
    app.extensions["redis"].flushall()
    together = threading.Barrier(2)
    failures: list[BaseException] = []

    def run(upload_id: int) -> None:
        with app.app_context():
            together.wait()
            try:
                for ticket in range(1, 50):
                    imports.run(upload_id, ticket)
            except BaseException as error:
                failures.append(error)
                raise

    threads = [threading.Thread(target=run, args=(upload.id,)) for upload in uploads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(phone for phone, _ in book(ama)) == sorted(numbers)
    ended = [progress(ama, upload) for upload in uploads]
    assert {one.status for one in ended} == {ImportStatus.DONE}
    assert sum(one.created for one in ended) == 3000
    assert sum(one.skipped for one in ended) == 1000


def test_a_turn_is_queued_behind_what_is_urgent(app: Flask, ama: Member) -> None:
    upload = started(ama, table(phones(10)))
    assert queue.still_queued([(upload.id, 1)], queue.RUN_IMPORT) == {upload.id}
    assert queue.still_queued([(upload.id, 1)]) == set()  # a message with these numbers
    assert app.extensions["redis"].llen(f"rq:queue:{queue.BULK}") == 1
