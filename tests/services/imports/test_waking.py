"""The tick finds in the database what nobody works on."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from flashsms.extensions import db
from flashsms.jobs import schedule
from flashsms.models import ContactImport, ImportBlock, ImportStatus, now
from flashsms.services import imports
from flashsms.services.imports import ending
from tests.factories import Member, phones
from tests.services.imports.files import Run, started, uploaded

TABLE = "phone\n" + "\n".join(phones(10))


def later(upload: ContactImport, by: timedelta = timedelta(minutes=1)) -> None:
    """Let time pass for an import."""
    [wake_at] = db.session.scalars(
        select(ContactImport.wake_at).where(ContactImport.id == upload.id)
    )
    assert wake_at is not None
    db.session.execute(
        update(ContactImport).where(ContactImport.id == upload.id).values(wake_at=wake_at - by)
    )
    db.session.commit()


def found(member: Member, upload: ContactImport) -> ContactImport:
    db.session.commit()
    return imports.find(member.account.id, upload.public_id)


def test_a_turn_whose_job_was_lost_is_queued_again(app: Flask, ama: Member, run_turns: Run) -> None:
    upload = started(ama, TABLE)
    app.extensions["redis"].flushall()
    schedule.tick()
    assert run_turns() == 0, "it may still be at work"
    later(upload)
    schedule.tick()
    assert run_turns() == 1
    assert found(ama, upload).status is ImportStatus.DONE


def test_a_turn_that_waits_for_a_worker_is_left_alone(ama: Member, run_turns: Run) -> None:
    upload = started(ama, TABLE)
    later(upload)
    imports.wake_due()
    assert found(ama, upload).ticket == 1
    later(upload)
    assert run_turns() == 1


def test_a_turn_that_raised_is_tried_again(
    ama: Member, run_turns: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = started(ama, TABLE)
    with monkeypatch.context() as patch:
        patch.setattr("flashsms.services.contacts.add", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run_turns()
    assert found(ama, upload).attempts == 1
    later(upload)
    imports.wake_due()
    run_turns()
    assert found(ama, upload).status is ImportStatus.DONE


def test_an_upload_that_nobody_starts_loses_its_file_after_a_day(ama: Member) -> None:
    upload = uploaded(ama, TABLE)
    later(upload, timedelta(hours=23))
    imports.wake_due()
    assert found(ama, upload).status is ImportStatus.UPLOADED
    later(upload, timedelta(hours=2))
    imports.wake_due()
    ended = found(ama, upload)
    assert (ended.status, ended.wake_at) == (ImportStatus.FAILED, None)
    assert "never started" in (ended.error or "")
    assert db.session.scalar(select(func.count()).select_from(ImportBlock)) == 0


def test_a_file_that_was_half_dropped_is_dropped_by_the_tick(
    ama: Member, run_turns: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = started(ama, TABLE)
    with monkeypatch.context() as patch:
        patch.setattr(ending, "_drop_some", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run_turns()
    assert found(ama, upload).status is ImportStatus.DONE
    later(upload)
    imports.wake_due()
    assert found(ama, upload).wake_at is None
    assert db.session.scalar(select(func.count()).select_from(ImportBlock)) == 0
    imports.wake_due()
    assert found(ama, upload).finished_at is not None
    assert found(ama, upload).finished_at < now()
