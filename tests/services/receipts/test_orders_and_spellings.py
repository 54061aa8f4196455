"""Receipts in any order, at any time, with ids in any spelling: each recipient ends right, once."""

import itertools
from datetime import timedelta

import pytest
import time_machine

from flashsms.carriers.contract import Fate, Outcome, Receipt, ReceiptState
from flashsms.extensions import db
from flashsms.models import Carrier, Message, MessageStatus, now
from flashsms.services import receipts, sending
from flashsms.services.sending import Order
from tests.factories import Member, phones, statuses
from tests.scripted import ScriptedSessions

PHONE = phones(1)[0]


@pytest.fixture
def hand_over(ama: Member, wire: ScriptedSessions, run_jobs):
    """Send one message to one person; the carrier gives its parts these ids."""

    def send(*ids: str) -> Message:
        wire.answer = lambda submission: Outcome(submission.reference, Fate.ACCEPTED, ids)
        order = Order(text="a" * (153 * len(ids)), recipients=[PHONE])
        message = sending.accept(ama.account.id, order).message
        run_jobs()
        return message

    return send


def told(carrier_id: str, state: ReceiptState = ReceiptState.DELIVERED) -> Receipt:
    return Receipt(carrier_id, PHONE, state, "Not reachable", "027")


@pytest.mark.parametrize(
    ("answered", "told_as"),
    [
        ("3735928559", "DEADBEEF"),
        ("3735928559", "deadbeef"),
        ("3735928559", "00DEADBEEF"),
        ("0003735928559", "DeadBeef"),
        ("DEADBEEF", "3735928559"),
        ("deadbeef", "0003735928559"),
        ("00DEADBEEF", "3735928559"),
        ("DEADBEEF", "deadbeef"),
        ("00B8BE19", "b8be19"),
        ("1101C1-C9D03D-F000", "1101C1-C9D03D-F000"),
    ],
)
def test_an_id_is_found_in_every_spelling(
    hand_over, carrier: Carrier, answered: str, told_as: str
) -> None:
    message = hand_over(answered)
    receipts.apply(carrier.id, [told(told_as)])
    assert statuses(message.id) == {"DELIVERED": 1}


def test_the_parts_of_a_longer_message_are_found_in_every_spelling(
    hand_over, carrier: Carrier
) -> None:
    message = hand_over("3735928559", "0ABC")
    receipts.apply(carrier.id, [told("deadbeef")])
    assert statuses(message.id) == {"SENT": 1}
    receipts.apply(carrier.id, [told("2748")])
    assert statuses(message.id) == {"DELIVERED": 1}


@pytest.mark.parametrize(
    "order", list(itertools.permutations(["en route", "delivered", "again"]))[::2]
)
def test_notices_and_repetitions_in_any_order_end_as_delivered(
    hand_over, carrier: Carrier, order: tuple[str, ...]
) -> None:
    message = hand_over("77")
    said = {
        "en route": told("77", ReceiptState.ENROUTE),
        "delivered": told("77"),
        "again": told("0077"),
    }
    for name in order:
        receipts.apply(carrier.id, [said[name]])
    assert statuses(message.id) == {"DELIVERED": 1}
    fresh = db.session.get_one(Message, message.id, populate_existing=True)
    assert (fresh.status, fresh.delivered, fresh.failed) == (MessageStatus.DELIVERED, 1, 0)


@pytest.mark.parametrize("numbers", list(itertools.permutations(["71", "72", "73"]))[::2])
def test_parts_in_any_order_end_as_delivered(
    hand_over, carrier: Carrier, numbers: tuple[str, ...]
) -> None:
    message = hand_over("71", "72", "73")
    for number in numbers:
        assert statuses(message.id) == {"SENT": 1}
        receipts.apply(carrier.id, [told(number)])
    assert statuses(message.id) == {"DELIVERED": 1}


def test_of_two_that_contradict_each_other_the_first_stands(hand_over, carrier: Carrier) -> None:
    failed, delivered = hand_over("77"), hand_over("78")
    receipts.apply(carrier.id, [told("77", ReceiptState.FAILED), told("78")])
    receipts.apply(carrier.id, [told("77"), told("78", ReceiptState.FAILED)])
    assert statuses(failed.id) == {"FAILED": 1}
    assert statuses(delivered.id) == {"DELIVERED": 1}


def test_one_that_is_days_late_counts_all_the_same(hand_over, carrier: Carrier) -> None:
    message = hand_over("77")
    with time_machine.travel(now() + timedelta(days=30), tick=True):
        receipts.apply(carrier.id, [told("77")])
    assert statuses(message.id) == {"DELIVERED": 1}
