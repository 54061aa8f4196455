"""A carrier that says what only the operator can mend is paused once, and told of once."""

import time
from dataclasses import replace

import pytest
from flask import Flask
from rq import Queue
from sqlalchemy import select

from flashsms import queue, worker
from flashsms.carriers.contract import CarrierStats
from flashsms.carriers.smpp.bind import BindRefusedError
from flashsms.carriers.smpp.status import INVALID_PASSWORD
from flashsms.extensions import db
from flashsms.jobs import mail as mailing
from flashsms.models import AuditEntry
from flashsms.services import carriers, mail
from flashsms.services.audit import Action
from flashsms.services.carriers import WayOut
from flashsms.services.carriers.faults import Faults, pause_for_fault
from tests import factories

WRONG = CarrierStats(False, 0, 64, 0, 0, 0, fault="The password is wrong (0x0000000E).")
FINE = CarrierStats(True, 0, 64, 0, 0, 0)


@pytest.fixture
def way(app: Flask) -> WayOut:
    return carriers.read(carriers.add("MTN direct", "smpp://a:b@127.0.0.1:1"))


@pytest.fixture
def posted(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str]]:
    """Two operators, a mail server, and the letters that it gets once the jobs run."""
    factories.member("Boss", "boss@example.com", is_admin=True)
    factories.member("Deputy", "deputy@example.com", is_admin=True)
    factories.member("Shop", "shop@example.com")
    app.config["SMTP_URL"] = "smtp://127.0.0.1:1"
    sent: list[tuple[str, str, str]] = []
    monkeypatch.setattr(mail, "send", lambda to, subject, text: sent.append((to, subject, text)))
    return sent


def run_mail() -> None:
    waiting = Queue(queue.URGENT, connection=queue.redis())
    while waiting.count:
        taken = Queue.dequeue_any([waiting], None, connection=queue.redis())
        assert taken
        mailing.send(*taken[0].args)


def look(faults: Faults, stats: CarrierStats) -> list[int]:
    ways = {one.id: one for one in carriers.listening()}
    return faults.look(ways, dict.fromkeys(ways, stats))


def paused() -> list[str | None]:
    return [one.paused_for for one in carriers.every() if one.paused_at]


def audited() -> list[AuditEntry]:
    db.session.commit()
    wanted = AuditEntry.action == Action.CARRIER_PAUSED
    return list(db.session.scalars(select(AuditEntry).where(wanted)))


def test_it_is_paused_once_by_the_system_however_many_workers_see_it(
    way: WayOut, posted: list[tuple[str, str, str]]
) -> None:
    workers = [Faults() for _ in range(3)]
    for one in workers * 2:
        assert look(one, WRONG) == []
    [reason] = paused()
    assert reason == "The password is wrong (0x0000000E). Mend its settings, then resume it."
    [entry] = audited()
    assert (entry.actor, entry.address) == ("FlashSMS", None)
    run_mail()
    assert [to for to, _, _ in posted] == ["boss@example.com", "deputy@example.com"]
    subject, text = posted[0][1:]
    assert subject == "FlashSMS paused the carrier MTN direct"
    assert reason in text
    assert f"/admin/carriers/{way.public_id}" in text


def test_two_that_see_it_at_the_same_moment_pause_it_once(
    way: WayOut, posted: list[tuple[str, str, str]]
) -> None:
    before = {one.id: one for one in carriers.listening()}
    for one in (Faults(), Faults()):
        one.look(before, {way.id: WRONG})
    assert len(audited()) == 1
    run_mail()
    assert len(posted) == 2


def test_without_a_mail_server_it_is_on_the_pages(app: Flask, way: WayOut) -> None:
    factories.member("Boss", "boss@example.com", is_admin=True)
    look(Faults(), WRONG)
    assert len(paused()) == 1
    assert Queue(queue.URGENT, connection=queue.redis()).count == 0


def test_the_log_says_once_that_it_is_paused_and_why(
    way: WayOut, caplog: pytest.LogCaptureFixture
) -> None:
    fault = BindRefusedError(INVALID_PASSWORD).reason
    for one in (Faults(), Faults()):
        look(one, replace(WRONG, fault=fault))
    assert [(one.levelname, one.getMessage()) for one in caplog.records] == [
        (
            "WARNING",
            "Carrier MTN direct is paused: The carrier refused the sign-in: the password is wrong "
            "(0x0000000E). Mend its settings, then resume it.",
        )
    ]


def test_once_it_is_resumed_the_session_is_opened_anew_and_a_new_fault_pauses_again(
    way: WayOut,
) -> None:
    faults = Faults()
    look(faults, WRONG)
    carriers.resume(way.public_id)
    assert look(faults, WRONG) == [way.id]  # still what the old session says
    assert paused() == []
    assert look(faults, FINE) == []
    look(faults, WRONG)
    assert len(paused()) == 1
    assert len(audited()) == 2


def test_a_fault_that_another_worker_paused_for_does_not_pause_again(way: WayOut) -> None:
    one, other = Faults(), Faults()
    look(one, WRONG)
    look(other, WRONG)
    carriers.resume(way.public_id)
    assert look(other, WRONG) == look(one, WRONG) == [way.id]
    assert len(audited()) == 1


def test_one_that_is_off_or_paused_stays_as_it_is(way: WayOut) -> None:
    carriers.pause(way.public_id, "It costs too much.")
    assert not pause_for_fault(way.id, "The password is wrong.")
    assert paused() == ["It costs too much."]
    carriers.resume(way.public_id)
    carriers.remove(way.public_id)
    assert not pause_for_fault(way.id, "The password is wrong.")


def test_a_letter_about_what_was_mended_meanwhile_is_not_sent(
    way: WayOut, posted: list[tuple[str, str, str]]
) -> None:
    look(Faults(), WRONG)
    carriers.resume(way.public_id)
    run_mail()
    assert posted == []


def test_a_worker_pauses_it_and_opens_it_anew_when_it_is_resumed(
    app: Flask, way: WayOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "REPORT_SECONDS", 0.05)
    sessions = Sessions()
    with worker._looking_after(app, sessions, "w1", open_all=True):  # type: ignore[arg-type]
        sessions.stats_of = {way.id: WRONG}
        _until(lambda: len(paused()) == 1)
        carriers.resume(way.public_id)
        _until(lambda: sessions.reopened == [way.id])
    assert paused() == []
    assert len(audited()) == 1


class Sessions:
    """What a worker asks of its sessions."""

    def __init__(self) -> None:
        self.stats_of: dict[int, CarrierStats] = {}
        self.reopened: list[int] = []

    def stats(self) -> dict[int, CarrierStats]:
        return dict(self.stats_of)

    def keep(self, wanted: dict[int, str], *, open_all: bool) -> None:
        assert open_all

    def reopen(self, key: int) -> None:
        self.reopened.append(key)
        self.stats_of = {key: FINE}

    def trouble(self, key: int) -> str:
        return ""


def _until(fact: object) -> None:
    deadline = time.monotonic() + 10
    while not fact():  # type: ignore[operator]
        db.session.commit()
        assert time.monotonic() < deadline
        time.sleep(0.01)
