"""What carriers report later."""

import contextlib
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from flashsms.carriers.contract import Fate, Outcome, Receipt, ReceiptState, Submission
from flashsms.extensions import db
from flashsms.models import Carrier, Message, MessageStatus, ParkedReceipt, Recipient, now
from flashsms.services import receipts, sending
from flashsms.services.receipts import matching
from flashsms.services.sending import Order
from tests.factories import Member, ledger_sum, phones, statuses
from tests.scripted import ScriptedSessions, answers

RunJobs = Callable[[], int]


@pytest.fixture
def sent(ama: Member, wire: ScriptedSessions, run_jobs: RunJobs) -> Message:
    """A message to three people, all handed over; their ids are 11, 12 and 13."""
    message = _send(ama, 3)
    run_jobs()
    return message


def test_receipts_make_recipients_final(sent: Message, carrier: Carrier) -> None:
    receipts.apply(carrier.id, [_delivered("11"), _delivered("12"), _failed("13")])
    assert statuses(sent.id) == {"DELIVERED": 2, "FAILED": 1}
    message = _fresh(sent)
    assert (message.status, message.delivered, message.failed) == (MessageStatus.DELIVERED, 2, 1)


def test_one_report_may_speak_of_several_messages(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs, carrier: Carrier
) -> None:
    messages = [_send(ama, 1) for _ in range(3)]
    run_jobs()
    receipts.apply(carrier.id, [_delivered("11"), _failed("12"), _delivered("13")])
    statuses = [_fresh(message).status for message in messages]
    assert statuses == [MessageStatus.DELIVERED, MessageStatus.FAILED, MessageStatus.DELIVERED]


def test_a_message_is_failed_when_every_recipient_failed(sent: Message, carrier: Carrier) -> None:
    receipts.apply(carrier.id, [_failed("11"), _failed("12")])
    assert _fresh(sent).status is MessageStatus.SENT
    receipts.apply(carrier.id, [_failed("13")])
    assert _fresh(sent).status is MessageStatus.FAILED


def test_a_receipt_that_comes_twice_counts_once(sent: Message, carrier: Carrier) -> None:
    receipts.apply(carrier.id, [_delivered("11"), _delivered("11")])
    receipts.apply(carrier.id, [_delivered("11")])
    assert statuses(sent.id) == {"DELIVERED": 1, "SENT": 2}
    assert _fresh(sent).delivered == 1
    assert _parked() == 0


def test_a_final_state_never_goes_backwards(sent: Message, carrier: Carrier) -> None:
    receipts.apply(carrier.id, [_delivered("11")])
    receipts.apply(carrier.id, [_failed("11"), Receipt("11", "", ReceiptState.ENROUTE)])
    assert statuses(sent.id) == {"DELIVERED": 1, "SENT": 2}


def test_an_intermediate_notice_changes_nothing(sent: Message, carrier: Carrier) -> None:
    receipts.apply(carrier.id, [Receipt("11", "", ReceiptState.ENROUTE)])
    receipts.apply(carrier.id, [Receipt("12", "", ReceiptState.UNKNOWN)])
    assert statuses(sent.id) == {"SENT": 3}
    assert _parked() == 0


@pytest.mark.parametrize("spelling", ["00011", " 11 ", "011"])
def test_ids_are_compared_without_zeros_and_spaces(
    sent: Message, carrier: Carrier, spelling: str
) -> None:
    receipts.apply(carrier.id, [_delivered(spelling)])
    assert statuses(sent.id) == {"DELIVERED": 1, "SENT": 2}


def test_ids_that_are_no_numbers_are_told_apart_by_case(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs, carrier: Carrier
) -> None:
    ids = iter(["xYz", "XyZ"])
    wire.answer = lambda submission: Outcome(submission.reference, Fate.ACCEPTED, (next(ids),))
    message = _send(ama, 2)
    run_jobs()
    receipts.apply(carrier.id, [_delivered("xYz")])
    assert statuses(message.id) == {"DELIVERED": 1, "SENT": 1}


def test_an_id_in_hexadecimal_finds_the_decimal_answer(sent: Message, carrier: Carrier) -> None:
    phone = phones(3)[0]
    receipts.apply(carrier.id, [_delivered("B", phone)])  # 11
    assert statuses(sent.id) == {"DELIVERED": 1, "SENT": 2}


def test_an_id_in_decimal_finds_the_hexadecimal_answer(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs, carrier: Carrier
) -> None:
    wire.answer = lambda submission: Outcome(submission.reference, Fate.ACCEPTED, ("00FF",))
    message = _send(ama, 1)
    run_jobs()
    receipts.apply(carrier.id, [_delivered("255", phones(1)[0])])
    assert statuses(message.id) == {"DELIVERED": 1}


def test_another_spelling_must_be_of_the_same_number(sent: Message, carrier: Carrier) -> None:
    receipts.apply(carrier.id, [_delivered("B", "233209999999")])
    assert statuses(sent.id) == {"SENT": 3}
    assert _parked() == 1


def test_a_receipt_of_another_carrier_is_not_mistaken(sent: Message, carrier: Carrier) -> None:
    receipts.apply(carrier.id + 1, [_delivered("11", phones(1)[0])])
    assert statuses(sent.id) == {"SENT": 3}


def test_a_receipt_before_the_answer_is_kept_and_applied(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs, carrier: Carrier
) -> None:
    def receipt_first(submission: Submission) -> Outcome:
        receipts.apply(carrier.id, [_delivered("500", submission.to)])
        return Outcome(submission.reference, Fate.ACCEPTED, ("500",))

    wire.answer = receipt_first
    message = _send(ama, 1)
    run_jobs()
    assert statuses(message.id) == {"DELIVERED": 1}
    assert _fresh(message).status is MessageStatus.DELIVERED
    assert _parked() == 0


def test_a_receipt_parked_while_the_answer_was_stored_is_found_by_the_tick(
    sent: Message, carrier: Carrier
) -> None:
    """The race of two transactions: each saw nothing of the other."""
    db.session.add(
        ParkedReceipt(carrier_id=carrier.id, carrier_ref="12", phone="", status="DELIVERED")
    )
    db.session.commit()
    receipts.retry_parked()
    assert statuses(sent.id) == {"DELIVERED": 1, "SENT": 2}
    assert _parked() == 0


def test_a_receipt_for_something_unknown_is_kept_for_days(app: Flask, carrier: Carrier) -> None:
    receipts.apply(carrier.id, [_delivered("404", "233201234567")])
    for days in (1, 3, 6):
        with time_machine.travel(now() + timedelta(days=days), tick=True):
            receipts.retry_parked()
        assert _parked() == 1
    with time_machine.travel(now() + timedelta(days=20), tick=True):
        receipts.retry_parked()
    assert _parked() == 0


def test_a_receipt_resolves_an_unknown_outcome_by_its_number(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs, carrier: Carrier
) -> None:
    wire.answer = answers(Fate.UNKNOWN)
    message = _send(ama, 2)
    run_jobs()
    receipts.apply(carrier.id, [_delivered("900", phones(2)[1])])
    receipts.retry_parked()
    assert statuses(message.id) == {"UNKNOWN": 2}, "an answer may still be under way"
    with time_machine.travel(now() + timedelta(minutes=5), tick=True):
        receipts.retry_parked()
    assert statuses(message.id) == {"UNKNOWN": 1, "DELIVERED": 1}
    fresh = _fresh(message)
    assert (fresh.unknown, fresh.delivered) == (1, 1)
    assert _parked() == 0
    left = select(Recipient.status).where(Recipient.sent_at == Recipient.claimed_at)
    assert db.session.scalars(left).all() == ["DELIVERED"], "it was sent, though no answer came"


def test_a_receipt_that_comes_twice_resolves_one_unknown_outcome(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs, carrier: Carrier
) -> None:
    wire.answer = answers(Fate.UNKNOWN)
    messages = [_send(ama, 1), _send(ama, 1)]
    run_jobs()
    for _ in range(3):
        receipts.apply(carrier.id, [_delivered("900", phones(1)[0])])
    assert _parked() == 1
    with time_machine.travel(now() + timedelta(minutes=5), tick=True):
        receipts.retry_parked()
    receipts.apply(carrier.id, [_delivered("900", phones(1)[0])])
    assert _parked() == 0
    assert [_fresh(message).delivered for message in messages] == [1, 0]


def test_an_earlier_receipt_does_not_resolve_a_later_unknown(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs, carrier: Carrier
) -> None:
    receipts.apply(carrier.id, [_delivered("900", phones(1)[0])])
    wire.answer = answers(Fate.UNKNOWN)
    message = _send(ama, 1)
    run_jobs()
    with time_machine.travel(now() + timedelta(minutes=5), tick=True):
        receipts.retry_parked()
    assert statuses(message.id) == {"UNKNOWN": 1}


@pytest.fixture
def long_sent(ama: Member, wire: ScriptedSessions, run_jobs: RunJobs) -> Message:
    """A message of two parts to one person, handed over; the ids are 71 and 72."""
    wire.answer = lambda submission: Outcome(submission.reference, Fate.ACCEPTED, ("71", "72"))
    message = _send(ama, 1, text="a" * 161)
    run_jobs()
    return message


def test_a_long_message_is_delivered_when_all_its_parts_are(
    long_sent: Message, carrier: Carrier
) -> None:
    receipts.apply(carrier.id, [_delivered("72")])
    assert statuses(long_sent.id) == {"SENT": 1}
    receipts.apply(carrier.id, [_delivered("72")])
    assert statuses(long_sent.id) == {"SENT": 1}
    receipts.apply(carrier.id, [_delivered("71")])
    assert statuses(long_sent.id) == {"DELIVERED": 1}
    assert _parked() == 0


def test_a_long_message_fails_with_one_of_its_parts(long_sent: Message, carrier: Carrier) -> None:
    receipts.apply(carrier.id, [_delivered("71")])
    receipts.apply(carrier.id, [_failed("72")])
    assert statuses(long_sent.id) == {"FAILED": 1}
    assert _fresh(long_sent).status is MessageStatus.FAILED


def test_parts_reported_at_the_same_moment_finish_the_recipient(
    app: Flask, long_sent: Message, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two workers, one part each: neither may count before the other's part is in."""
    together = threading.Barrier(2)
    finish = matching._finish_parted

    def meet(reasons: object, progress: object) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            together.wait(
                0.5
            )  # on SQLite the second waits for the first to commit: they never meet
        finish(reasons, progress)

    def report(ref: str) -> None:
        with app.app_context():
            receipts.apply(carrier.id, [_delivered(ref)])

    monkeypatch.setattr(matching, "_finish_parted", meet)
    reporters = [threading.Thread(target=report, args=(ref,)) for ref in ("71", "72")]
    for reporter in reporters:
        reporter.start()
    for reporter in reporters:
        reporter.join()
    assert statuses(long_sent.id) == {"DELIVERED": 1}


def test_a_receipt_that_cannot_be_stored_as_written_costs_the_others_nothing(
    sent: Message, carrier: Carrier
) -> None:
    receipts.apply(carrier.id, [_delivered("11"), _delivered("4\x004", "233209999999")])
    assert statuses(sent.id) == {"DELIVERED": 1, "SENT": 2}


def test_a_part_of_a_long_message_decides_no_other_unknown_message(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs, carrier: Carrier
) -> None:
    wire.answer = answers(Fate.UNKNOWN)
    messages = [_send(ama, 1, text="a" * 161), _send(ama, 1)]
    run_jobs()
    receipts.apply(carrier.id, [_delivered("900", phones(1)[0]), _delivered("901", phones(1)[0])])
    with time_machine.travel(now() + timedelta(minutes=5), tick=True):
        receipts.retry_parked()
    assert [statuses(message.id) for message in messages] == [{"UNKNOWN": 1}, {"UNKNOWN": 1}]


def test_an_id_that_the_carrier_uses_again_is_told_apart_by_its_number(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs, carrier: Carrier
) -> None:
    def receipt_first(submission: Submission) -> Outcome:
        receipts.apply(carrier.id, [_delivered("77", submission.to)])
        return Outcome(submission.reference, Fate.ACCEPTED, ("77",))

    wire.answer = receipt_first
    first, second = phones(2)
    for phone in (first, second):
        order = Order(text="Akwaaba", recipients=[phone])
        message = sending.accept(ama.account.id, order).message
        run_jobs()
        assert statuses(message.id) == {"DELIVERED": 1}


def test_undelivered_is_not_refunded(sent: Message, ama: Member, carrier: Carrier) -> None:
    receipts.apply(carrier.id, [_failed("11")])
    assert ama.balance == 997


def test_undelivered_is_refunded_when_so_configured(
    app: Flask, sent: Message, ama: Member, carrier: Carrier
) -> None:
    app.config["REFUND_UNDELIVERED"] = True
    receipts.apply(carrier.id, [_failed("11"), _failed("12"), _delivered("13")])
    receipts.apply(carrier.id, [_failed("11")])
    assert ledger_sum(ama.account) == ama.balance == 999


def test_a_failure_says_why(sent: Message, carrier: Carrier) -> None:
    receipts.apply(
        carrier.id, [Receipt("11", "", ReceiptState.FAILED, "The number is barred", "045")]
    )
    reasons = db.session.scalars(select(Recipient.reason).where(Recipient.carrier_ref == "11"))
    assert reasons.all() == ["The number is barred (045)"]


def _send(member: Member, count: int, text: str = "Akwaaba") -> Message:
    return sending.accept(member.account.id, Order(text=text, recipients=phones(count))).message


def _delivered(carrier_id: str, phone: str = "") -> Receipt:
    return Receipt(carrier_id, phone, ReceiptState.DELIVERED)


def _failed(carrier_id: str) -> Receipt:
    return Receipt(carrier_id, "", ReceiptState.FAILED, "Not reachable")


def _parked() -> int:
    return db.session.scalar(select(func.count()).select_from(ParkedReceipt)) or 0


def _fresh(message: Message) -> Message:
    db.session.commit()
    return db.session.get_one(Message, message.id, populate_existing=True)
