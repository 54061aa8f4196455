"""Two transactions with receipts of one id in another order: PostgreSQL must end neither."""

import contextlib
import threading
from collections.abc import Callable

import pytest
from flask import Flask

from flashsms.carriers.contract import Fate, Outcome, Receipt, ReceiptState
from flashsms.models import Carrier, Message
from flashsms.services import receipts, sending
from flashsms.services.receipts import matching
from flashsms.services.sending import Order
from tests.factories import Member, phones, statuses
from tests.scripted import ScriptedSessions

ONE, TWO = phones(2)
LONG = "Medaase! " * 20  # two parts


@pytest.fixture
def send(ama: Member, wire: ScriptedSessions, run_jobs: Callable[[], int]):
    def sent(phone: str, *refs: str) -> Message:
        wire.answer = lambda one: Outcome(one.reference, Fate.ACCEPTED, refs)
        text = LONG if len(refs) > 1 else "Hi"
        message = sending.accept(ama.account.id, Order(text=text, recipients=[phone])).message
        run_jobs()
        return message

    return sent


@pytest.fixture
def meet(app: Flask, monkeypatch: pytest.MonkeyPatch):
    """Apply two batches at once, each of which has its first round before the other's second."""
    barrier, match = threading.Barrier(2), matching._match

    def matched(*args):
        left = match(*args)
        if not getattr(mine, "met", False):
            mine.met = True
            with contextlib.suppress(threading.BrokenBarrierError):  # SQLite has but one writer
                barrier.wait(1)
        return left

    mine = threading.local()
    monkeypatch.setattr(matching, "_match", matched)

    def met(carrier_id: int, *batches: list[Receipt]) -> list[Exception]:
        failed: list[Exception] = []

        def run(batch: list[Receipt]) -> None:
            with app.app_context():
                try:
                    receipts.apply(carrier_id, batch)
                except Exception as error:
                    failed.append(error)

        threads = [threading.Thread(target=run, args=(batch,)) for batch in batches]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return failed

    return met


def told(ref: str, phone: str) -> Receipt:
    return Receipt(ref, phone, ReceiptState.DELIVERED)


def test_receipts_told_again_over_another_bind(carrier: Carrier, send, meet) -> None:
    one, two = send(ONE, "1042"), send(TWO, "1042")
    batch = [told("1042", ONE), told("1042", TWO)]
    assert meet(carrier.id, batch, batch[::-1]) == []
    assert (statuses(one.id), statuses(two.id)) == ({"DELIVERED": 1}, {"DELIVERED": 1})


def test_the_parts_of_two_long_messages(carrier: Carrier, send, meet) -> None:
    """Nothing is told twice: one batch has the first parts, the other the second ones."""
    one, two = send(ONE, "1", "2"), send(TWO, "1", "2")
    firsts, seconds = [[told(ref, ONE), told(ref, TWO)] for ref in ("1", "2")]
    assert meet(carrier.id, firsts, seconds[::-1]) == []
    assert (statuses(one.id), statuses(two.id)) == ({"DELIVERED": 1}, {"DELIVERED": 1})
