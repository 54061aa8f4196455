"""The receipt of a part that was taken, of a message that was refused, is about nobody else."""

from collections.abc import Callable
from datetime import timedelta

import time_machine

from flashsms.carriers.contract import Fate, Outcome, Receipt, ReceiptState
from flashsms.models import Carrier, now
from flashsms.services import receipts, sending
from flashsms.services.sending import Order
from tests.factories import Member, phones, statuses
from tests.scripted import ScriptedSessions, answers

[PHONE] = phones(1)


def test_it_does_not_finalise_another_account_s_unknown_attempt(
    ama: Member,
    kofi: Member,
    carrier: Carrier,
    wire: ScriptedSessions,
    run_jobs: Callable[[], int],
) -> None:
    wire.answer = answers(Fate.UNKNOWN)
    unknown = sending.accept(kofi.account.id, Order(text="Hi", recipients=[PHONE])).message
    run_jobs()
    wire.answer = lambda one: Outcome(one.reference, Fate.REFUSED, ("77",), "took 1 of 2 parts")
    half = sending.accept(ama.account.id, Order(text="a" * 200, recipients=[PHONE])).message
    run_jobs()
    assert (statuses(half.id), statuses(unknown.id)) == ({"FAILED": 1}, {"UNKNOWN": 1})
    receipts.apply(carrier.id, [Receipt("77", PHONE, ReceiptState.DELIVERED)])  # Ama's first part
    for seconds in (3, 10, 100, 300):
        with time_machine.travel(now() + timedelta(seconds=seconds), tick=True):
            receipts.retry_parked()
    assert statuses(unknown.id) == {"UNKNOWN": 1}
