"""What happened hour by hour: it adds up to the recipients, whatever carriers do."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from flashsms.carriers.contract import Fate, Outcome, Receipt, ReceiptState, Submission
from flashsms.extensions import db, transaction
from flashsms.models import ActivityHour, Carrier, Message, OptSource, Recipient, now
from flashsms.services import activity, opt_outs, progress, receipts, sending
from flashsms.services.progress import Delta
from flashsms.services.sending import Order, batches, settling
from flashsms.simulator import Simulator
from flashsms.simulator.magic import MAGIC
from flashsms.text.phones import operator
from tests.factories import Member, statuses
from tests.scripted import ScriptedSessions, accepted, answers

RunJobs = Callable[[], int]

BLOCKS = ("24", "20", "26", "28")  # MTN, Telecel, AT, and one that nobody has
MTN, TELECEL = "233240000111", "233200000111"


def test_a_campaign_over_every_outcome_adds_up_to_its_recipients(
    ama: Member, smsc: Simulator, run_jobs: RunJobs
) -> None:
    everyone = [
        f"233{block}{number:03d}{ending}"
        for block in BLOCKS
        for ending in MAGIC
        for number in range(3)
    ]
    message = _send(ama, everyone)
    deadline = time.monotonic() + 30
    while not _over(message):
        assert time.monotonic() < deadline, statuses(message.id)
        sending.wake_due()
        run_jobs()
        receipts.retry_parked()
        time.sleep(0.05)
    assert _counted(ama) == _recipients(message)
    assert {name for name, _ in _counted(ama)} == {"MTN", "Telecel", "AT", "Other"}


def test_what_is_handed_over_counts_as_sent_and_then_as_delivered_or_failed(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs, carrier: Carrier
) -> None:
    _send(ama, [MTN, TELECEL])
    run_jobs()
    assert _counted(ama) == {("MTN", "sent"): 1, ("Telecel", "sent"): 1}
    receipts.apply(carrier.id, [_delivered("11"), _failed("12")])
    after = {("MTN", "delivered"): 1, ("Telecel", "failed"): 1}
    assert _counted(ama) == {("MTN", "sent"): 1, ("Telecel", "sent"): 1, **after}


def test_receipts_that_come_twice_late_or_changed_their_mind_count_once(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs, carrier: Carrier
) -> None:
    _send(ama, [MTN])
    run_jobs()
    for late in (0, 1, 48):
        with time_machine.travel(now() + timedelta(hours=late), tick=True):
            receipts.apply(carrier.id, [_delivered("11"), _delivered("011")])
            receipts.apply(carrier.id, [_failed("11")])
            receipts.retry_parked()
    assert _counted(ama) == {("MTN", "sent"): 1, ("MTN", "delivered"): 1}


def test_a_long_message_counts_once_however_many_parts_it_has(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs, carrier: Carrier
) -> None:
    wire.answer = lambda submission: Outcome(submission.reference, Fate.ACCEPTED, ("71", "72"))
    _send(ama, [MTN], text="a" * 161)
    run_jobs()
    for ref in ("71", "72", "71"):
        receipts.apply(carrier.id, [_delivered(ref)])
    assert _counted(ama) == {("MTN", "sent"): 1, ("MTN", "delivered"): 1}


def test_a_refusal_at_submission_was_never_sent(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    wire.answer = answers(Fate.REFUSED)
    _send(ama, [MTN, TELECEL])
    run_jobs()
    assert _counted(ama) == {("MTN", "failed"): 1, ("Telecel", "failed"): 1}


@pytest.mark.parametrize("fate", [Fate.BUSY, Fate.THROTTLED, Fate.UNSENT])
def test_what_goes_back_to_the_queue_counts_when_it_leaves(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs, fate: Fate
) -> None:
    wire.answer = answers(fate)
    message = _send(ama, [MTN])
    sending.send_next_batch(message.id, 1)
    assert _counted(ama) == {}
    wire.answer = accepted
    _work_after(run_jobs, minutes=1)
    assert _counted(ama) == {("MTN", "sent"): 1}


def test_an_unknown_outcome_counts_as_sent_once_a_receipt_tells(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs, carrier: Carrier
) -> None:
    wire.answer = answers(Fate.UNKNOWN)
    _send(ama, [MTN, TELECEL])
    run_jobs()
    assert _counted(ama) == {}
    receipts.apply(carrier.id, [_delivered("900", MTN), _failed("901", TELECEL)])
    with time_machine.travel(now() + timedelta(minutes=5), tick=True):
        receipts.retry_parked()
        receipts.apply(carrier.id, [_delivered("900", MTN), _failed("901", TELECEL)])
        receipts.retry_parked()
    assert _counted(ama) == {
        ("MTN", "sent"): 1,
        ("MTN", "delivered"): 1,
        ("Telecel", "sent"): 1,
        ("Telecel", "failed"): 1,
    }


def test_an_outcome_that_stays_unknown_is_failed_and_never_sent(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    wire.answer = answers(Fate.UNKNOWN)
    message = _send(ama, [MTN])
    run_jobs()
    _tick_after(hours=49)
    assert statuses(message.id) == {"FAILED": 1}
    assert _counted(ama) == {("MTN", "failed"): 1}


def test_an_answer_later_than_its_lease_counts_once(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs, carrier: Carrier
) -> None:
    message = _send(ama, [MTN])

    def answer_late(submission: Submission) -> Outcome:
        _tick_after(minutes=30)
        assert statuses(message.id) == {"UNKNOWN": 1}
        return accepted(submission)

    wire.answer = answer_late
    run_jobs()
    assert statuses(message.id) == {"SENT": 1}
    assert _counted(ama) == {("MTN", "sent"): 1}


def test_what_expires_is_failed_together_with_what_stayed_unknown(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    wire.answer = lambda submission: Outcome(
        submission.reference, Fate.UNKNOWN if submission.to == MTN else Fate.BUSY
    )
    message = _send(ama, [MTN, TELECEL])
    run_jobs()
    _tick_after(hours=49)
    assert statuses(message.id) == {"FAILED": 2}
    assert _counted(ama) == {("MTN", "failed"): 1, ("Telecel", "failed"): 1}


def test_a_schedule_that_was_missed_is_failed_and_a_cancelled_one_is_nothing(
    ama: Member, wire: ScriptedSessions
) -> None:
    later = now() + timedelta(hours=1)
    cancelled = _send(ama, [MTN], scheduled_at=later)
    _send(ama, [TELECEL], scheduled_at=later)
    sending.cancel(cancelled)
    _tick_after(hours=9)
    assert _counted(ama) == {("Telecel", "failed"): 1}


def test_who_opted_out_meanwhile_is_failed(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    _send(ama, [MTN, TELECEL])
    opt_outs.opt_out(ama.account.id, MTN, OptSource.API)
    run_jobs()
    assert _counted(ama) == {("MTN", "failed"): 1, ("Telecel", "sent"): 1}


def test_a_settlement_that_is_tried_again_counts_once(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    stumbles = iter([True, True])
    refund = settling.credits.refund_message

    def stumble(*given: object) -> None:
        if next(stumbles, False):
            raise OperationalError("UPDATE", {}, Exception("server closed the connection"))
        refund(*given)

    monkeypatch.setattr(settling.credits, "refund_message", stumble)
    monkeypatch.setattr(batches, "SETTLE_PAUSES", (0, 0, 0))
    _send(ama, [MTN])
    run_jobs()
    assert _counted(ama) == {("MTN", "sent"): 1}


def test_accounts_in_one_report_are_told_apart(
    ama: Member, kofi: Member, wire: ScriptedSessions, run_jobs: RunJobs, carrier: Carrier
) -> None:
    _send(ama, [MTN])
    _send(kofi, [TELECEL])
    run_jobs()
    receipts.apply(carrier.id, [_delivered("11"), _failed("12")])
    assert _counted(ama) == {("MTN", "sent"): 1, ("MTN", "delivered"): 1}
    assert _counted(kofi) == {("Telecel", "sent"): 1, ("Telecel", "failed"): 1}


def test_a_batch_costs_one_statement_for_it(
    ama: Member, wire: ScriptedSessions, carrier: Carrier
) -> None:
    message = _send(
        ama, [f"233{block}000{number}" for block in BLOCKS for number in range(1000, 1020)]
    )
    told = [_delivered(f"1{number}") for number in range(1, 81)]
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "activity_hours" in statement:
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    sending.send_next_batch(message.id, 1)
    assert len(seen) == 1
    receipts.apply(carrier.id, told)
    event.remove(db.engine, "before_cursor_execute", note)
    assert len(seen) == 2
    assert statuses(message.id) == {"DELIVERED": 80}


def test_those_who_count_at_once_neither_deadlock_nor_lose_anything(
    app: Flask, ama: Member, kofi: Member, wire: ScriptedSessions
) -> None:
    """Workers that settle different messages of the same accounts meet in the same hours."""
    sent = {
        member.account.id: [_send(member, [f"23324555{number:04d}"]).id for number in range(4)]
        for member in (ama, kofi)
    }
    together = threading.Barrier(4)
    faults: list[Exception] = []

    def work(number: int) -> None:
        names = ["AT", "MTN", "Other", "Telecel"]
        mine = [ids[number] for ids in sent.values()]
        together.wait(10)
        try:
            for turn in range(25):
                names.append(names.pop(0))
                ids = mine if (turn + number) % 2 else mine[::-1]
                with app.app_context(), transaction():
                    progress.record({id: Delta(sent=Counter(names)) for id in ids})
        except Exception as error:
            faults.append(error)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert faults == []
    everything = {(name, "sent"): 100 for name in ("AT", "MTN", "Other", "Telecel")}
    assert (_counted(ama), _counted(kofi)) == (everything, everything)


@pytest.mark.parametrize(
    ("timezone", "days"),
    [
        ("Africa/Accra", {date(2026, 3, 1): 1, date(2026, 3, 2): 2}),
        ("America/New_York", {date(2026, 2, 28): 1, date(2026, 3, 1): 1, date(2026, 3, 2): 1}),
        ("Asia/Tokyo", {date(2026, 3, 1): 1, date(2026, 3, 2): 1, date(2026, 3, 3): 1}),
        ("Asia/Kolkata", {date(2026, 3, 1): 1, date(2026, 3, 2): 2}),
    ],
)
def test_days_are_those_of_the_account(ama: Member, timezone: str, days: dict[date, int]) -> None:
    for moment in ("2026-03-01T02:59", "2026-03-02T00:30", "2026-03-02T16:00"):
        _happen(ama, datetime.fromisoformat(moment).replace(tzinfo=UTC), "MTN", sent=1)
    with time_machine.travel(datetime(2026, 3, 4, 12, tzinfo=UTC), tick=False):
        found = activity.by_day(ama.account.id, timezone, days=7)
    assert [one.day for one in found] == [date(2026, 2, 26) + timedelta(n) for n in range(7)]
    assert {one.day: one.sent for one in found if one.sent} == days


def test_every_day_is_there_and_nothing_older(ama: Member, kofi: Member) -> None:
    _happen(ama, now() - timedelta(days=30), "MTN", sent=9)
    _happen(ama, now() - timedelta(days=29), "MTN", sent=5, delivered=2, failed=1)
    _happen(ama, now(), "AT", sent=1, failed=3)
    _happen(ama, now() + timedelta(days=1), "AT", sent=9)  # by a clock that was wrong
    _happen(kofi, now(), "AT", sent=7)
    found = activity.by_day(ama.account.id, "Africa/Accra")
    assert len(found) == 30
    assert found[0][1:] == (5, 2, 1)
    assert found[-1] == (now().date(), 1, 0, 3)
    assert all(one[1:] == (0, 0, 0) for one in found[1:-1])


def test_ranges_are_of_the_same_days_most_first(ama: Member, kofi: Member) -> None:
    _happen(ama, now() - timedelta(days=31), "Other", sent=9)
    _happen(ama, now() - timedelta(days=3), "AT", sent=2, delivered=2)
    _happen(ama, now(), "MTN", sent=4, failed=1)
    _happen(ama, now() - timedelta(days=1), "MTN", sent=1, delivered=3)
    _happen(kofi, now(), "Telecel", sent=9)
    found = activity.by_operator(ama.account.id, "Africa/Accra")
    assert found == [("MTN", 5, 3, 1), ("AT", 2, 2, 0)]


def test_an_account_where_nothing_happened_has_empty_days_and_no_ranges(ama: Member) -> None:
    assert activity.by_operator(ama.account.id, "Africa/Accra") == []
    days = activity.by_day(ama.account.id, "Africa/Accra", days=3)
    assert [one[1:] for one in days] == [(0, 0, 0)] * 3


def _send(
    member: Member, to: Sequence[str], text: str = "Akwaaba", scheduled_at: object = None
) -> Message:
    order = Order(text=text, recipients=to, scheduled_at=scheduled_at)
    return sending.accept(member.account.id, order).message


def _counted(member: Member) -> dict[tuple[str, str], int]:
    """Return what the hours of an account add up to, by operator and column, without zeros."""
    db.session.commit()
    columns = ("sent", "delivered", "failed")
    sums = (func.sum(getattr(ActivityHour, column)) for column in columns)
    query = select(ActivityHour.operator, *sums).group_by(ActivityHour.operator)
    found = db.session.execute(query.where(ActivityHour.account_id == member.account.id))
    return {
        (name, column): int(count)
        for name, *counts in found
        for column, count in zip(columns, counts, strict=True)
        if count
    }


def _recipients(message: Message) -> dict[tuple[str, str], int]:
    """Count the same by the recipients themselves: whoever was taken has a time of that."""
    counted: Counter[tuple[str, str]] = Counter()
    rows = select(Recipient.phone, Recipient.status, Recipient.sent_at)
    for phone, status, sent_at in db.session.execute(
        rows.where(Recipient.message_id == message.id)
    ):
        name = operator(phone)
        if sent_at is not None:
            counted[name, "sent"] += 1
        if status in ("DELIVERED", "FAILED"):
            counted[name, status.lower()] += 1
    return dict(counted)


def _over(message: Message) -> bool:
    """Whether all but those who never get a receipt are final."""
    standing = statuses(message.id)
    return set(standing) <= {"DELIVERED", "FAILED", "SENT"} and standing.get("SENT") == 12


def _happen(
    member: Member, moment: datetime, name: str, sent: int = 0, delivered: int = 0, failed: int = 0
) -> None:
    hour = moment.replace(minute=0, second=0, microsecond=0)
    counts = {"sent": sent, "delivered": delivered, "failed": failed}
    db.session.add(ActivityHour(account_id=member.account.id, hour=hour, operator=name, **counts))
    db.session.commit()


def _tick_after(**duration: float) -> None:
    with time_machine.travel(now() + timedelta(**duration), tick=True):
        sending.wake_due()


def _work_after(run_jobs: RunJobs, **duration: float) -> None:
    with time_machine.travel(now() + timedelta(**duration), tick=True):
        sending.wake_due()
        run_jobs()


def _delivered(ref: str, phone: str = "") -> Receipt:
    return Receipt(ref, phone, ReceiptState.DELIVERED)


def _failed(ref: str, phone: str = "") -> Receipt:
    return Receipt(ref, phone, ReceiptState.FAILED, "Not reachable")
