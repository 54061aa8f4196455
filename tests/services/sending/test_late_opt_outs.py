"""Who opts out after a message was accepted is not sent to either, and is paid back."""

from collections.abc import Callable
from datetime import timedelta

import time_machine

from flashsms.models import MessageStatus, OptSource, now
from flashsms.services import history, opt_outs, sending
from flashsms.services.sending import Order
from tests.factories import Member, ledger_sum, phones, statuses
from tests.scripted import ScriptedSessions


def test_an_opt_out_before_the_batch_is_respected(
    ama: Member, kofi: Member, wire: ScriptedSessions, run_jobs: Callable[[], int]
) -> None:
    message = sending.accept(ama.account.id, Order(text="x" * 161, recipients=phones(3))).message
    opt_outs.opt_out(ama.account.id, phones(3)[1], OptSource.REPLY)
    opt_outs.opt_out(kofi.account.id, phones(3)[0], OptSource.REPLY)  # no business of Ama's
    run_jobs()
    assert sorted(one.to for one in wire.submitted) == sorted([phones(3)[0], phones(3)[2]])
    assert statuses(message.id) == {"SENT": 2, "FAILED": 1}
    assert ama.balance == ledger_sum(ama.account) == 1000 - 4
    report = history.recipients(message, history.Slice(1, 10)).items
    assert [one.reason for one in report if one.status == "FAILED"] == ["Opted out."]


def test_an_opt_out_before_the_schedule_is_respected(
    ama: Member, wire: ScriptedSessions, run_jobs: Callable[[], int]
) -> None:
    later = now() + timedelta(days=2)
    order = Order(text="Hi", recipients=phones(2), scheduled_at=later)
    message = sending.accept(ama.account.id, order).message
    with time_machine.travel(later - timedelta(hours=1), tick=False):
        opt_outs.opt_out(ama.account.id, phones(2)[0], OptSource.LINK)
    with time_machine.travel(later + timedelta(seconds=1), tick=False):
        sending.wake_due()
        run_jobs()
    assert [one.to for one in wire.submitted] == [phones(2)[1]]
    assert statuses(message.id) == {"SENT": 1, "FAILED": 1}


def test_a_message_whose_only_reader_opted_out_ends_and_costs_nothing(
    ama: Member, wire: ScriptedSessions, run_jobs: Callable[[], int]
) -> None:
    message = sending.accept(ama.account.id, Order(text="Hi", recipients=phones(1))).message
    opt_outs.opt_out(ama.account.id, phones(1)[0], OptSource.REPLY)
    run_jobs()
    assert wire.submitted == []
    assert history.message(ama.account.id, message.public_id).status is MessageStatus.FAILED
    assert ama.balance == ledger_sum(ama.account) == 1000
