"""STOP and START that go unheard at a shared number."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine

from flashsms.carriers.contract import Fate, Receipt, ReceiptState
from flashsms.models import Carrier, InboundKind, InboundNumber, now
from flashsms.services import inbound, opt_outs, receipts, sending
from flashsms.services.sending import Order
from tests.factories import Member, statuses
from tests.scripted import ScriptedSessions, accepted, answers
from tests.services.inbound.conftest import ESI, text


def is_stopped(member: Member) -> bool:
    return opt_outs.find(member.account.id, ESI) is not None


def test_stop_counts_for_a_message_whose_answer_was_lost_and_that_arrived(
    ama: Member,
    carrier: Carrier,
    shared: InboundNumber,
    wire: ScriptedSessions,
    run_jobs: Callable[[], int],
) -> None:
    wire.answer = answers(Fate.UNKNOWN)
    message = sending.accept(ama.account.id, Order(text="Sale", recipients=[ESI])).message
    run_jobs()
    receipts.apply(carrier.id, [Receipt("77", ESI, ReceiptState.DELIVERED)])
    with time_machine.travel(now() + timedelta(seconds=100), tick=True):
        receipts.retry_parked()
        assert statuses(message.id) == {"DELIVERED": 1}
        inbound.take(carrier.id, [text("STOP", number="1900")])
        assert is_stopped(ama)


def test_stop_counts_while_the_answer_is_unknown(
    ama: Member,
    carrier: Carrier,
    shared: InboundNumber,
    wire: ScriptedSessions,
    run_jobs: Callable[[], int],
) -> None:
    wire.answer = answers(Fate.UNKNOWN)
    sending.accept(ama.account.id, Order(text="Sale", recipients=[ESI]))
    run_jobs()
    inbound.take(carrier.id, [text("STOP", number="1900")])
    assert is_stopped(ama)


def test_stop_counts_while_the_rest_of_the_batch_is_on_the_wire(
    ama: Member,
    carrier: Carrier,
    shared: InboundNumber,
    wire: ScriptedSessions,
    run_jobs: Callable[[], int],
) -> None:
    def answer(submission):
        inbound.take(carrier.id, [text("STOP", number="1900")])
        return accepted(submission)

    wire.answer = answer
    sending.accept(ama.account.id, Order(text="Sale", recipients=[ESI]))
    run_jobs()
    assert is_stopped(ama)


@pytest.mark.parametrize("days", [1, 31])
def test_start_is_heard_whenever_it_comes(
    ama: Member,
    carrier: Carrier,
    shared: InboundNumber,
    wire: ScriptedSessions,
    run_jobs: Callable[[], int],
    days: int,
) -> None:
    """The answer to STOP says "Reply START to get them again", without a date."""
    sending.accept(ama.account.id, Order(text="Sale", recipients=[ESI]))
    run_jobs()
    inbound.take(carrier.id, [text("STOP", number="1900", ref="1")])
    assert is_stopped(ama)
    with time_machine.travel(now() + timedelta(days=days), tick=True):
        inbound.take(carrier.id, [text("START", number="1900", ref="2")])
    assert not is_stopped(ama)


def test_stop_stops_whatever_words_an_account_chose(ama: Member, carrier: Carrier, number) -> None:
    """People know STOP from everybody else: no account may switch it off."""
    nothing = dict.fromkeys(inbound.words.KINDS, "")
    inbound.words.save(ama.account.id, nothing | {InboundKind.STOP: "zqxj"}, nothing)
    inbound.take(carrier.id, [text("STOP")])
    assert is_stopped(ama)
