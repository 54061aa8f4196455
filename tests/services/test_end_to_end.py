"""Real SMPP over sockets: from an accepted order to the last receipt."""

import time
from collections.abc import Callable, Sequence

import pytest
from flask import Flask

from flashsms.models import Message
from flashsms.services import sending
from flashsms.services.sending import Order
from flashsms.simulator import Simulator
from flashsms.simulator.magic import MAGIC
from tests.factories import Member, ledger_sum, member, phones, statuses

RunJobs = Callable[[], int]

ENDS = {
    "0001": "DELIVERED",
    "0002": "FAILED",
    "0003": "FAILED",
    "0004": "FAILED",
    "0005": "DELIVERED",
    "0006": "SENT",
    "0007": "DELIVERED",
    "0008": "DELIVERED",
    "0009": "DELIVERED",
    "0010": "DELIVERED",
    "0011": "DELIVERED",
}
REFUNDED = {"0004"}  # refused at submission: never handed over


def test_every_magic_number_is_expected_to_end_somewhere() -> None:
    assert set(ENDS) == set(MAGIC)


@pytest.mark.parametrize("ending", sorted(ENDS))
def test_each_magic_number_ends_as_documented(
    ama: Member, smsc: Simulator, run_jobs: RunJobs, ending: str
) -> None:
    message = _send(ama, phones(3, ending))
    _work_until(message, {ENDS[ending]: 3}, run_jobs)
    assert all(count == 1 for count in smsc.record.messages.values())
    expected = 1000 if ending in REFUNDED else 997
    assert ledger_sum(ama.account) == ama.balance == expected


def test_receipts_that_overtake_answers_need_no_tick(
    app: Flask, smsc: Simulator, run_jobs: RunJobs
) -> None:
    """The answer and the receipt are stored at once by two transactions: one finds the other."""
    rich = member("Rich", "rich@example.com", credits=10_000)
    everyone = phones(3000)
    messages = [_send(rich, everyone[start : start + 500]) for start in range(0, 3000, 500)]
    run_jobs()
    for message in messages:
        _until(lambda message=message: statuses(message.id) == {"DELIVERED": 500})
    assert set(smsc.record.messages.values()) == {1}


def test_a_long_message_arrives_in_parts_and_is_delivered(
    ama: Member, smsc: Simulator, run_jobs: RunJobs
) -> None:
    message = _send(ama, phones(5), text="Ɛyɛ dɛ " * 40)
    run_jobs()
    _until(lambda: statuses(message.id) == {"DELIVERED": 5})
    assert ama.balance == 1000 - 5 * message.parts
    assert message.parts == 5


def _send(sender: Member, to: Sequence[str], text: str = "Akwaaba") -> Message:
    return sending.accept(sender.account.id, Order(text=text, recipients=to)).message


def _work_until(message: Message, expected: dict[str, int], run_jobs: RunJobs) -> None:
    """Run jobs and ticks, as worker and cron would, until the recipients stand as expected."""

    def worked() -> bool:
        sending.wake_due()
        run_jobs()
        return statuses(message.id) == expected

    _until(worked)


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)
