"""Ids that an SMSC gives anew after a restart: no receipt may be acknowledged and forgotten."""

from collections.abc import Callable

import pytest

from flashsms.carriers.contract import Fate, Outcome, Receipt, ReceiptState
from flashsms.models import Carrier, Message
from flashsms.services import receipts, sending
from flashsms.services.sending import Order
from tests.factories import Member, phones, statuses
from tests.scripted import ScriptedSessions

ONE, TWO = phones(2)
Send = Callable[..., Message]


@pytest.fixture
def send(wire: ScriptedSessions, run_jobs: Callable[[], int]) -> Send:
    def sent(member: Member, phone: str, ref: str) -> Message:
        wire.answer = lambda one: Outcome(one.reference, Fate.ACCEPTED, (ref,))
        message = sending.accept(member.account.id, Order(text="Hi", recipients=[phone])).message
        run_jobs()
        return message

    return sent


def told(phone: str, state: ReceiptState = ReceiptState.DELIVERED) -> Receipt:
    return Receipt("1042", phone, state)


def test_two_receipts_of_one_id_that_come_together_reach_both(
    ama: Member, carrier: Carrier, send: Send
) -> None:
    """Up to 500 receipts share a commit: of one id only the first was applied."""
    old, new = send(ama, ONE, "1042"), send(ama, TWO, "1042")
    receipts.apply(carrier.id, [told(ONE), told(TWO, ReceiptState.FAILED)])
    assert (statuses(old.id), statuses(new.id)) == ({"DELIVERED": 1}, {"FAILED": 1})
