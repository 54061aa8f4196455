"""Ids that an SMSC gives anew after a restart: no receipt is forgotten or counts for another."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from config import TestConfig
from flashsms.carriers.contract import Fate, Outcome, Receipt, ReceiptState
from flashsms.extensions import db
from flashsms.models import Carrier, Message, ParkedReceipt, now
from flashsms.models.rows import change
from flashsms.services import receipts, sending
from flashsms.services.sending import Order
from tests.factories import Member, phones, statuses
from tests.scripted import ScriptedSessions

ONE, TWO, THREE = phones(3)
Send = Callable[..., Message]


@pytest.fixture
def send(wire: ScriptedSessions, run_jobs: Callable[[], int]) -> Send:
    def sent(member: Member, phone: str, ref: str, *, before_the_answer=lambda: None) -> Message:
        def answer(submission):
            before_the_answer()
            return Outcome(submission.reference, Fate.ACCEPTED, (ref,))

        wire.answer = answer
        message = sending.accept(member.account.id, Order(text="Hi", recipients=[phone])).message
        run_jobs()
        return message

    return sent


def told(phone: str, state: ReceiptState = ReceiptState.DELIVERED) -> Receipt:
    return Receipt("1042", phone, state)


def test_two_receipts_of_one_id_that_come_together_reach_both(
    ama: Member, carrier: Carrier, send: Send
) -> None:
    """Up to 500 receipts share a commit: none of them may hide another of its id."""
    old, new = send(ama, ONE, "1042"), send(ama, TWO, "1042")
    receipts.apply(carrier.id, [told(ONE), told(TWO, ReceiptState.FAILED)])
    assert (statuses(old.id), statuses(new.id)) == ({"DELIVERED": 1}, {"FAILED": 1})


def test_a_strange_parked_receipt_of_another_number_does_not_finalise_what_gets_its_id(
    ama: Member, carrier: Carrier, send: Send
) -> None:
    """Once the id is given to ONE, the parked receipt that names THREE is not about it."""
    receipts.apply(carrier.id, [told(THREE, ReceiptState.FAILED)])
    message = send(
        ama, ONE, "1042", before_the_answer=lambda: receipts.apply(carrier.id, [told(ONE)])
    )
    assert statuses(message.id) == {"DELIVERED": 1}


def test_two_parked_receipts_of_one_id_wait_for_both(
    ama: Member, carrier: Carrier, send: Send
) -> None:
    """However often and in whatever form a number comes, it is kept once."""
    receipts.apply(carrier.id, [told(ONE), told(TWO, ReceiptState.FAILED)])
    receipts.apply(carrier.id, [told(f"0{ONE[3:]}"), told(f"+{TWO}")])
    assert db.session.scalars(select(ParkedReceipt.phone)).all() == [ONE, TWO]
    one, two = send(ama, ONE, "1042"), send(ama, TWO, "1042")
    assert (statuses(one.id), statuses(two.id)) == ({"DELIVERED": 1}, {"FAILED": 1})


def test_however_many_receipts_have_one_id_none_is_lost(
    ama: Member, carrier: Carrier, send: Send
) -> None:
    sent = [send(ama, phone, "1042") for phone in phones(12)]
    receipts.apply(carrier.id, [told(phone) for phone in phones(12)])
    receipts.match_parked(carrier.id, ["1042"])
    assert [statuses(one.id) for one in sent] == [{"DELIVERED": 1}] * 12


def test_a_receipt_that_overtakes_does_not_finalise_another_account_s_old_message(
    ama: Member, kofi: Member, carrier: Carrier, send: Send
) -> None:
    """The old message of that id went to another number; the one it speaks of is on the wire."""
    old = send(ama, ONE, "1042")
    new = send(kofi, TWO, "1042", before_the_answer=lambda: receipts.apply(carrier.id, [told(TWO)]))
    assert (statuses(old.id), statuses(new.id)) == ({"SENT": 1}, {"DELIVERED": 1})


@pytest.mark.parametrize("number", [THREE, ""])
def test_a_receipt_that_came_before_a_message_is_not_about_it(
    ama: Member, carrier: Carrier, send: Send, number: str
) -> None:
    receipts.apply(carrier.id, [told(number, ReceiptState.FAILED)])
    change(update(ParkedReceipt).values(received_at=now() - timedelta(minutes=2)))
    db.session.commit()
    message = send(ama, ONE, "1042")
    assert statuses(message.id) == {"SENT": 1}
    receipts.apply(carrier.id, [told(ONE)])
    assert statuses(message.id) == {"DELIVERED": 1}


def test_a_part_is_not_that_of_a_receipt_that_came_before_it(
    ama: Member, carrier: Carrier, wire: ScriptedSessions, run_jobs: Callable[[], int]
) -> None:
    receipts.apply(carrier.id, [told(THREE, ReceiptState.FAILED)])
    change(update(ParkedReceipt).values(received_at=now() - timedelta(minutes=2)))
    db.session.commit()
    wire.answer = lambda one: Outcome(one.reference, Fate.ACCEPTED, ("1042", "1043"))
    order = Order(text="x" * 200, recipients=[ONE])
    message = sending.accept(ama.account.id, order).message
    run_jobs()
    assert statuses(message.id) == {"SENT": 1}


def test_another_spelling_that_the_number_agrees_with_goes_before_the_plain_one_that_it_does_not(
    ama: Member, kofi: Member, carrier: Carrier, send: Send
) -> None:
    """Answers are decimal and receipts hexadecimal: 0x1042 is told to TWO, 1042 is ONE's."""
    hers, his = send(ama, ONE, "1042"), send(kofi, TWO, str(0x1042))
    receipts.apply(carrier.id, [told(TWO, ReceiptState.FAILED)])
    assert (statuses(hers.id), statuses(his.id)) == ({"SENT": 1}, {"FAILED": 1})


@pytest.mark.parametrize("order", [1, -1])
def test_two_receipts_with_one_other_spelling_in_common_reach_whom_they_name(
    ama: Member, kofi: Member, carrier: Carrier, send: Send, order: int
) -> None:
    """As hexadecimal 412 is 1042, and 1042 is 4162 in decimal: both respell as 1042."""
    one, strange, three = send(ama, ONE, "1042"), send(kofi, TWO, "412"), send(ama, THREE, "16738")
    batch = [
        Receipt("412", ONE, ReceiptState.FAILED),
        Receipt("4162", THREE, ReceiptState.DELIVERED),
    ]
    receipts.apply(carrier.id, batch[::order])
    assert statuses(strange.id) == {"SENT": 1}
    assert (statuses(one.id), statuses(three.id)) == ({"FAILED": 1}, {"DELIVERED": 1})


def test_a_strange_parked_receipt_does_not_hide_another_with_that_spelling(
    ama: Member, carrier: Carrier, send: Send
) -> None:
    message = send(ama, ONE, "1042")
    receipts.apply(
        carrier.id,
        [
            Receipt("412", ONE, ReceiptState.DELIVERED),
            Receipt("4162", THREE, ReceiptState.DELIVERED),
        ],
    )
    assert statuses(message.id) == {"DELIVERED": 1}


def test_a_receipt_with_two_other_spellings_makes_one_message_final(
    ama: Member, kofi: Member, carrier: Carrier, send: Send
) -> None:
    """1042 may be 412 or 4162, and both went to that number: the newest is meant."""
    old, new = send(ama, ONE, "412"), send(kofi, ONE, "4162")
    receipts.apply(carrier.id, [told(ONE, ReceiptState.FAILED)])
    assert (statuses(old.id), statuses(new.id)) == ({"SENT": 1}, {"FAILED": 1})


class TestAbroad:
    """Numbers that are not Ghana's."""

    EMIRATES = "971501234567"

    @pytest.fixture
    def config(self, config: TestConfig) -> TestConfig:
        config.COUNTRIES = ("AE", "TK")
        return config

    @pytest.mark.parametrize("form", ["00{}", "+{}", "{}"])
    def test_a_receipt_that_overtakes_does_not_finalise_a_stranger_s_old_message(
        self, ama: Member, kofi: Member, carrier: Carrier, send: Send, form: str
    ) -> None:
        said = told(form.format(self.EMIRATES), ReceiptState.FAILED)
        old = send(ama, ONE, "1042")
        new = send(
            kofi,
            self.EMIRATES,
            "1042",
            before_the_answer=lambda: receipts.apply(carrier.id, [said]),
        )
        assert (statuses(old.id), statuses(new.id)) == ({"SENT": 1}, {"FAILED": 1})

    def test_a_short_number_is_compared_as_a_whole(
        self, ama: Member, carrier: Carrier, send: Send
    ) -> None:
        old, new = send(ama, "6907290", "1042"), send(ama, ONE, "1042")
        receipts.apply(carrier.id, [told("6907290")])
        assert (statuses(old.id), statuses(new.id)) == ({"DELIVERED": 1}, {"SENT": 1})
