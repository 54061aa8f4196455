"""Receipts that speak of nothing we know: kept, tried again, and counted where operators look."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from redis.exceptions import ConnectionError
from sqlalchemy import func, select

from flashsms import queue
from flashsms.carriers.contract import Fate, Outcome, Receipt, ReceiptState, Submission
from flashsms.extensions import db
from flashsms.models import Carrier, ParkedReceipt, now
from flashsms.services import receipts, sending
from flashsms.services.carriers import watching
from flashsms.services.sending import Order
from tests.factories import Member, phones, statuses
from tests.scripted import ScriptedSessions, answers


def unmatched(carrier: Carrier) -> int:
    found = watching.conditions([carrier.id])
    assert found is not None
    return found[carrier.id].unmatched


def parked() -> int:
    return db.session.scalar(select(func.count()).select_from(ParkedReceipt)) or 0


def retry(after: timedelta) -> None:
    with time_machine.travel(now() + after, tick=True):
        receipts.retry_parked()


def strange(number: int, state: ReceiptState = ReceiptState.DELIVERED) -> Receipt:
    return Receipt(f"strange-{number}", "233209999999", state)


def test_each_is_counted_once_however_often_it_comes_and_is_tried(carrier: Carrier) -> None:
    receipts.apply(carrier.id, [strange(1), strange(2)])
    receipts.apply(carrier.id, [strange(2)])
    assert unmatched(carrier) == 0
    for seconds in (3, 8, 30):
        retry(timedelta(seconds=seconds))
    receipts.apply(carrier.id, [strange(1)])
    retry(timedelta(seconds=90))
    assert (unmatched(carrier), parked()) == (2, 2)


def test_one_whose_number_holds_what_cannot_be_stored_is_kept_without_it(carrier: Carrier) -> None:
    strange = Receipt("7\0", "2332\x0042\ud8001\x1b000", ReceiptState.FAILED, "a\0b", "\x00")
    receipts.apply(carrier.id, [strange])
    [one] = db.session.scalars(select(ParkedReceipt))
    assert (one.carrier_ref, one.phone, one.reason) == ("7", "2332421000", "ab ()")


def test_those_of_one_carrier_are_not_counted_for_another(carrier: Carrier) -> None:
    receipts.apply(carrier.id, [strange(1)])
    receipts.apply(carrier.id + 1, [strange(1), strange(2)])
    retry(timedelta(seconds=3))
    found = watching.conditions([carrier.id, carrier.id + 1])
    assert found is not None
    assert [found[carrier.id].unmatched, found[carrier.id + 1].unmatched] == [1, 2]


def test_one_that_changes_nothing_is_not_counted(carrier: Carrier) -> None:
    receipts.apply(carrier.id, [strange(1, ReceiptState.ENROUTE), strange(2, ReceiptState.UNKNOWN)])
    retry(timedelta(seconds=3))
    assert (unmatched(carrier), parked()) == (0, 0)


def test_one_before_its_answer_is_not_counted(
    ama: Member, wire: ScriptedSessions, run_jobs, carrier: Carrier
) -> None:
    def receipt_first(submission: Submission) -> Outcome:
        receipts.apply(carrier.id, [Receipt("500", submission.to, ReceiptState.DELIVERED)])
        return Outcome(submission.reference, Fate.ACCEPTED, ("500",))

    wire.answer = receipt_first
    message = sending.accept(ama.account.id, Order(text="Akwaaba", recipients=phones(1))).message
    run_jobs()
    retry(timedelta(seconds=3))
    assert statuses(message.id) == {"DELIVERED": 1}
    assert (unmatched(carrier), parked()) == (0, 0)


def test_one_that_resolves_an_unknown_outcome_is_kept_until_it_does(
    ama: Member, wire: ScriptedSessions, run_jobs, carrier: Carrier
) -> None:
    wire.answer = answers(Fate.UNKNOWN)
    message = sending.accept(ama.account.id, Order(text="Akwaaba", recipients=phones(1))).message
    run_jobs()
    receipts.apply(carrier.id, [Receipt("900", phones(1)[0], ReceiptState.DELIVERED)])
    retry(timedelta(minutes=5))
    assert statuses(message.id) == {"DELIVERED": 1}
    assert (unmatched(carrier), parked()) == (0, 0)


def test_what_cannot_be_counted_is_tried_all_the_same(
    app: Flask, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> object:
        raise ConnectionError("Redis is away")

    receipts.apply(carrier.id, [strange(1)])
    before = db.session.scalars(select(ParkedReceipt.try_at)).one()
    monkeypatch.setattr(queue, "redis", away)
    retry(timedelta(seconds=3))
    assert db.session.scalars(select(ParkedReceipt.try_at)).one() > before
