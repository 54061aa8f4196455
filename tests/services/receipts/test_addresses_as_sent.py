"""Receipts of carriers that leave the addresses as sent, of messages from a short code."""

from collections.abc import Callable
from datetime import timedelta

import time_machine

from flashsms.carriers.contract import Fate, Outcome, Receipt
from flashsms.carriers.smpp.pdu import DELIVERY_RECEIPT, ShortMessage
from flashsms.carriers.smpp.receipts import read_receipt
from flashsms.models import Carrier, now
from flashsms.services import receipts, sending
from flashsms.services.sending import Order
from tests.factories import Member, phones, statuses
from tests.scripted import ScriptedSessions, answers

[PHONE] = phones(1)


def told(ref: str) -> Receipt:
    dates = "submit date:2601010101 done date:2601010102"
    text = f"id:{ref} sub:001 dlvrd:001 {dates} stat:DELIVRD err:000 "
    receipt = read_receipt(ShortMessage("1900", PHONE, text.encode(), esm_class=DELIVERY_RECEIPT))
    assert receipt is not None
    return receipt


def send(member: Member) -> int:
    order = Order(text="Hi", recipients=[PHONE], from_number="1900")
    return sending.accept(member.account.id, order).message.id


def test_an_id_in_another_spelling_is_found(
    ama: Member, carrier: Carrier, wire: ScriptedSessions, run_jobs: Callable[[], int]
) -> None:
    wire.answer = lambda one: Outcome(one.reference, Fate.ACCEPTED, ("3735928559",))
    message = send(ama)
    run_jobs()
    receipts.apply(carrier.id, [told("DEADBEEF")])
    assert statuses(message) == {"DELIVERED": 1}


def test_an_unknown_attempt_is_resolved(
    ama: Member, carrier: Carrier, wire: ScriptedSessions, run_jobs: Callable[[], int]
) -> None:
    wire.answer = answers(Fate.UNKNOWN)
    message = send(ama)
    run_jobs()
    receipts.apply(carrier.id, [told("77")])
    with time_machine.travel(now() + timedelta(seconds=100), tick=True):
        receipts.retry_parked()
    assert statuses(message) == {"DELIVERED": 1}
