"""Ids that a carrier gives more than once, and receipts whose row another one follows."""

from collections.abc import Callable
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import select

from flashsms.carriers.contract import Fate, Outcome, Receipt, ReceiptState
from flashsms.extensions import db, transaction
from flashsms.models import Carrier, Message, ParkedReceipt
from flashsms.services import receipts, sending
from flashsms.services.receipts import parking
from flashsms.services.sending import Order
from tests.factories import Member, phones, statuses
from tests.scripted import ScriptedSessions

ONE, TWO = phones(2)
LONG = "Medaase! " * 20  # two parts
Send = Callable[..., Message]


@pytest.fixture
def send(ama: Member, wire: ScriptedSessions, run_jobs: Callable[[], int]) -> Send:
    """Send to a number by a carrier that gives these ids."""

    def sent(phone: str, *refs: str, text: str = "Akwaaba") -> Message:
        wire.answer = lambda submission: Outcome(submission.reference, Fate.ACCEPTED, refs)
        message = sending.accept(ama.account.id, Order(text=text, recipients=[phone])).message
        run_jobs()
        return message

    return sent


def tell(carrier: Carrier, ref: str, phone: str, state: ReceiptState = ReceiptState.DELIVERED):
    receipts.apply(carrier.id, [Receipt(ref, phone, state)])


def test_of_an_id_that_was_given_twice_the_number_decides(carrier: Carrier, send: Send) -> None:
    old, new = send(ONE, "1042"), send(TWO, "1042")
    tell(carrier, "1042", TWO[3:])  # as it is written at home
    assert (statuses(old.id), statuses(new.id)) == ({"SENT": 1}, {"DELIVERED": 1})
    tell(carrier, "1042", f"+{ONE}", ReceiptState.FAILED)
    assert (statuses(old.id), statuses(new.id)) == ({"FAILED": 1}, {"DELIVERED": 1})


@pytest.mark.parametrize("phone", [ONE, ""], ids=["to one number", "without a number"])
def test_of_several_that_fit_the_newest_is_meant(carrier: Carrier, send: Send, phone: str) -> None:
    old, new = send(ONE, "1042"), send(ONE if phone else TWO, "1042")
    tell(carrier, "1042", phone)
    assert (statuses(old.id), statuses(new.id)) == ({"SENT": 1}, {"DELIVERED": 1})


def test_a_receipt_that_fits_none_of_several_is_kept(carrier: Carrier, send: Send) -> None:
    old, new = send(ONE, "1042"), send(TWO, "1042")
    tell(carrier, "1042", phones(3)[2])
    assert (statuses(old.id), statuses(new.id)) == ({"SENT": 1}, {"SENT": 1})
    assert db.session.scalars(select(ParkedReceipt.carrier_ref)).all() == ["1042"]


def test_an_id_that_was_given_once_needs_no_number_that_agrees(
    carrier: Carrier, send: Send
) -> None:
    message = send(ONE, "1042")
    tell(carrier, "1042", "MyBrand")
    assert statuses(message.id) == {"DELIVERED": 1}


def test_a_receipt_told_again_is_not_taken_for_the_next_of_its_id(
    carrier: Carrier, send: Send
) -> None:
    old = send(ONE, "1042")
    tell(carrier, "1042", ONE)
    new = send(TWO, "1042")
    tell(carrier, "1042", ONE)
    assert (statuses(old.id), statuses(new.id)) == ({"DELIVERED": 1}, {"SENT": 1})
    assert db.session.scalar(select(ParkedReceipt.id)) is None


def test_parts_are_told_apart_by_their_numbers_too(carrier: Carrier, send: Send) -> None:
    old, new = send(ONE, "1", "2", text=LONG), send(TWO, "1", "2", text=LONG)
    for ref in ("1", "2"):
        tell(carrier, ref, TWO)
    assert (statuses(old.id), statuses(new.id)) == ({"SENT": 1}, {"DELIVERED": 1})
    for ref in ("1", "2"):
        tell(carrier, ref, ONE)
    assert statuses(old.id) == {"DELIVERED": 1}


def test_the_part_of_one_and_the_whole_of_another_are_told_apart(
    carrier: Carrier, send: Send
) -> None:
    parted, whole = send(ONE, "1", "2", text=LONG), send(TWO, "2")
    for ref in ("1", "2"):
        tell(carrier, ref, ONE)
    assert (statuses(parted.id), statuses(whole.id)) == ({"DELIVERED": 1}, {"SENT": 1})
    tell(carrier, "2", TWO)
    assert statuses(whole.id) == {"DELIVERED": 1}


def test_a_receipt_of_a_part_that_overtook_its_answer_is_not_taken_for_an_older_one(
    carrier: Carrier, send: Send
) -> None:
    old = send(ONE, "1", "2", text=LONG)
    for ref in ("1", "2"):
        tell(carrier, ref, ONE)
    tell(carrier, "2", TWO)
    new = send(TWO, "2")
    assert (statuses(old.id), statuses(new.id)) == ({"DELIVERED": 1}, {"DELIVERED": 1})


def test_both_of_one_recipients_parts_may_have_one_id(carrier: Carrier, send: Send) -> None:
    message = send(ONE, "7", "7", text=LONG)
    tell(carrier, "7", ONE)
    assert statuses(message.id) == {"DELIVERED": 1}


def test_what_was_parked_in_place_of_another_is_not_deleted_with_it(
    app: Flask, carrier: Carrier, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(carrier, "1001", ONE)  # it overtook its answer
    carrier_id = carrier.id
    with monkeypatch.context() as patch:
        patch.setattr("flashsms.services.receipts.match_parked", lambda *_: None)
        first = send(ONE, "1001")

    def others() -> None:
        with app.app_context():
            receipts.match_parked(carrier_id, ["1001"])  # applies it, and its row is gone
            receipts.apply(carrier_id, [Receipt("2002", TWO, ReceiptState.DELIVERED)])

    def delayed():
        """Somebody else writes between the look and the write lock."""
        monkeypatch.undo()
        thread = Thread(target=others)
        thread.start()
        thread.join()
        return transaction()

    monkeypatch.setattr(parking, "transaction", delayed)
    receipts.match_parked(carrier_id, ["1001"])
    second = send(TWO, "2002")
    assert (statuses(first.id), statuses(second.id)) == ({"DELIVERED": 1}, {"DELIVERED": 1})


def test_looking_for_parked_receipts_takes_no_write_lock_when_there_are_none(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parking, "transaction", lambda: pytest.fail("It writes."))
    receipts.match_parked(carrier.id, ["1", "2"])
