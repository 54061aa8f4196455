"""What one carrier refuses leaves by another, each is asked at most once, and traffic is shared."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event

from flashsms import queue
from flashsms.carriers.contract import Fate, Outcome, Submission
from flashsms.extensions import db
from flashsms.models import Recipient, now
from flashsms.services import carriers, sending
from flashsms.services.carriers import WayOut, breaker, watching
from flashsms.services.sending import Order, routing
from tests import scripted
from tests.factories import Member, ledger_sum, phones, statuses
from tests.services.sending.test_routing import (
    AT,
    MTN,
    ByCarrier,
    RunJobs,
    add,
    numbers,
    run_one,
    send,
    work_after,
)

URL = "smpp://a:b@127.0.0.1:1"


class EachSays(ByCarrier):
    """Each carrier answers everything with its own fate: `says` by id, ACCEPTED else."""

    def __init__(self) -> None:
        super().__init__()
        self.says: dict[int, Fate] = {}

    def submit(self, key: int, url: str, submissions: Sequence[Submission]) -> list[Outcome]:
        fate = self.says.get(key, Fate.ACCEPTED)
        self.answer = (
            scripted.accepted if fate is Fate.ACCEPTED else scripted.answers(fate, f"{key} says no")
        )
        return super().submit(key, url, submissions)

    def took(self, phone: str) -> list[int]:
        """Return which carriers were asked to send to a number, in order."""
        return [key for key, number in self.left if number == phone]


@pytest.fixture
def sessions(app: Flask) -> EachSays:
    found = app.extensions["carriers"] = EachSays()
    return found


def reasons(message_id: int) -> set[str | None]:
    db.session.commit()
    found = db.session.query(Recipient.reason).filter(Recipient.message_id == message_id)
    return {reason for (reason,) in found}


def work_on(run_jobs: RunJobs, seconds: int = 60) -> None:
    """Let time pass until what waits for other carriers had its turns."""
    for passed in range(0, seconds, 10):
        work_after(run_jobs, seconds=passed + 10)


def test_what_one_carrier_refuses_leaves_by_the_next(
    ama: Member, sessions: EachSays, run_jobs: RunJobs
) -> None:
    first, second = add("First", priority=1), add("Second", priority=2)
    sessions.says[first.id] = Fate.ELSEWHERE
    message = send(ama, phones(20))
    work_on(run_jobs)
    assert statuses(message.id) == {"SENT": 20}
    assert all(sessions.took(phone) == [first.id, second.id] for phone in phones(20))
    assert ama.balance == 980
    assert reasons(message.id) == {None}


def test_each_is_asked_once_and_the_last_refusal_is_refunded(
    ama: Member, sessions: EachSays, run_jobs: RunJobs
) -> None:
    ways = [add(f"Way {at}", priority=at) for at in (1, 2, 3)]
    sessions.says = {one.id: Fate.ELSEWHERE for one in ways}
    message = send(ama, phones(7))
    work_on(run_jobs)
    assert statuses(message.id) == {"FAILED": 7}
    assert all(sorted(sessions.took(phone)) == [one.id for one in ways] for phone in phones(7))
    assert reasons(message.id) == {f"{ways[-1].id} says no"}
    assert ama.balance == ledger_sum(ama.account) == 1000


def test_what_the_only_carrier_refuses_fails_at_once(
    ama: Member, sessions: EachSays, run_jobs: RunJobs
) -> None:
    first = add("First", priority=1)
    add("For others", URL, "AT", priority=2)
    sessions.says[first.id] = Fate.ELSEWHERE
    message = send(ama, numbers(MTN, 3) + numbers(AT, 2))
    work_on(run_jobs)
    assert statuses(message.id) == {"FAILED": 3, "SENT": 2}
    assert ama.balance == 998


def test_what_waits_for_a_carrier_that_is_down_is_not_asked_for_in_a_loop(
    ama: Member, sessions: EachSays, run_jobs: RunJobs
) -> None:
    first, second = add("First", priority=1), add("Second", priority=2)
    sessions.says[first.id], sessions.down = Fate.ELSEWHERE, {second.id}
    message = send(ama, phones(5))
    assert run_jobs() < 10
    assert statuses(message.id) == {"QUEUED": 5}
    sessions.down.clear()
    work_on(run_jobs)
    assert statuses(message.id) == {"SENT": 5}
    assert len(sessions.left) == 10


def test_what_waits_for_a_carrier_that_was_paused_meanwhile_is_not_asked_for_in_a_loop(
    ama: Member, sessions: EachSays, run_jobs: RunJobs
) -> None:
    first, second = add("First", priority=1), add("Second", priority=2)
    sessions.says[first.id], sessions.down = Fate.ELSEWHERE, {second.id}
    message = send(ama, phones(5))
    run_jobs()
    carriers.pause(second.public_id, "It costs too much.")
    work_after(run_jobs, seconds=5)
    assert statuses(message.id) == {"QUEUED": 5}
    assert len(sessions.left) == 5
    work_after(run_jobs, hours=25)
    assert ama.balance == 1000


def test_what_was_taken_in_part_is_never_sent_elsewhere(
    ama: Member, sessions: EachSays, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = add("First", priority=1)
    add("Second", priority=2)

    def half(_key: int, _url: str, given: Sequence[Submission]) -> list[Outcome]:
        return [Outcome(one.reference, Fate.ELSEWHERE, ("77",), "No more") for one in given]

    monkeypatch.setattr(sessions, "submit", half)
    order = Order(text="a" * 300, recipients=phones(1), only_carrier_id=None)
    message = sending.accept(ama.account.id, order).message
    work_on(run_jobs)
    assert statuses(message.id) == {"FAILED": 1}
    assert ama.balance == 999
    assert first.id


def test_a_carrier_that_is_busy_twice_is_left_for_another(
    ama: Member, sessions: EachSays, run_jobs: RunJobs
) -> None:
    first, second = add("First", priority=1), add("Second", priority=2)
    sessions.says[first.id] = Fate.BUSY
    message = send(ama, phones(4))
    work_on(run_jobs)
    assert statuses(message.id) == {"SENT": 4}
    assert all(sessions.took(phone) == [first.id, first.id, second.id] for phone in phones(4))


def test_a_busy_carrier_without_another_is_asked_again(
    ama: Member, sessions: EachSays, run_jobs: RunJobs
) -> None:
    first = add("First", priority=1)
    sessions.says[first.id] = Fate.BUSY
    message = send(ama, phones(2))
    work_on(run_jobs, seconds=20)
    assert statuses(message.id) == {"QUEUED": 2}
    sessions.says.clear()
    work_on(run_jobs, seconds=80)
    assert statuses(message.id) == {"SENT": 2}


def test_a_carrier_that_is_full_twice_is_left_for_another(
    ama: Member, sessions: EachSays, run_jobs: RunJobs
) -> None:
    first, second = add("First", priority=1), add("Second", priority=2)
    sessions.says[first.id] = Fate.THROTTLED
    message = send(ama, phones(4))
    work_on(run_jobs)
    assert statuses(message.id) == {"SENT": 4}
    assert all(sessions.took(phone) == [first.id, first.id, second.id] for phone in phones(4))


def test_a_full_carrier_without_another_is_asked_again_as_soon_as_ever(
    ama: Member, sessions: EachSays, run_jobs: RunJobs
) -> None:
    only = add("Only", priority=1)
    sessions.says[only.id] = Fate.THROTTLED
    message = send(ama, phones(2))
    for passed in range(2, 20, 2):
        work_after(run_jobs, seconds=passed)
    assert len(sessions.left) >= 18
    db.session.commit()
    found = db.session.query(Recipient.refusals, Recipient.due_at)
    due = {at for refusals, at in found if refusals == routing.PATIENCE}
    assert max(due) <= now() + timedelta(seconds=20)
    sessions.says.clear()
    work_after(run_jobs, seconds=22)
    assert statuses(message.id) == {"SENT": 2}


def test_a_carrier_that_takes_some_is_not_full(
    ama: Member, sessions: EachSays, run_jobs: RunJobs
) -> None:
    add("First", priority=1)
    add("Second", priority=2)
    lucky = phones(1)[0]
    sessions.submit = lambda _key, _url, given: [  # type: ignore[method-assign]
        scripted.accepted(one) if one.to == lucky else Outcome(one.reference, Fate.THROTTLED)
        for one in given
    ]
    send(ama, phones(3))
    run_one()
    db.session.commit()
    assert {refusals for (refusals,) in db.session.query(Recipient.refusals)} == {0}


def test_so_many_refusals_that_no_more_can_be_noted_are_a_refusal_for_good(
    ama: Member, sessions: EachSays, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routing, "_ROOM", 5)  # ",1,2," of the 64 that there are
    ways = [add(f"Way {at}", priority=at) for at in (1, 2, 3, 4)]
    sessions.says = {one.id: Fate.ELSEWHERE for one in ways[:3]}
    message = send(ama, phones(3))
    work_on(run_jobs)
    assert statuses(message.id) == {"FAILED": 3}
    assert len(sessions.left) == 9
    assert ama.balance == ledger_sum(ama.account) == 1000


def test_the_marks_of_fifteen_carriers_have_room() -> None:
    marks = ""
    for carrier_id in range(100, 115):
        longer = routing.marked(marks, carrier_id)
        assert longer is not None
        marks = longer
    assert len(marks) <= 64
    assert all(routing.refused_by(id) in marks for id in range(100, 115))
    assert routing.refused_by(1) not in marks
    assert routing.marked(marks, 115) is None


def test_an_unknown_outcome_is_never_sent_by_another(
    ama: Member, sessions: EachSays, run_jobs: RunJobs
) -> None:
    first = add("First", priority=1)
    add("Second", priority=2)
    sessions.says[first.id] = Fate.UNKNOWN
    message = send(ama, phones(3))
    work_on(run_jobs)
    assert statuses(message.id) == {"UNKNOWN": 3}
    assert len(sessions.left) == 3


def test_refused_ones_do_not_wait_for_the_end_of_a_long_message(
    app: Flask, ama: Member, sessions: EachSays, run_jobs: RunJobs
) -> None:
    app.config["BATCH_SIZE"] = 5
    first, second = add("First", priority=1), add("Second", priority=2)
    send(ama, phones(100))
    sessions.answer = scripted.accepted
    sessions.says[first.id] = Fate.ELSEWHERE
    for _ in range(4):
        run_one()
    sessions.says.clear()
    for _ in range(8):
        run_one()
    assert [key for key, _ in sessions.left].count(second.id) >= 10


# --- weights


def test_carriers_of_one_priority_share_by_weight_even_small_messages(
    ama: Member, sessions: EachSays, run_jobs: RunJobs
) -> None:
    heavy = carriers.read(carriers.add("Heavy", URL, priority=1, weight=3))
    light = carriers.read(carriers.add("Light", URL, priority=1, weight=1))
    later = add("Later", priority=2)
    for phone in phones(200):
        send(ama, [phone])
    run_jobs()
    left = Counter(key for key, _ in sessions.left)
    assert left[heavy.id] + left[light.id] == 200
    assert 125 <= left[heavy.id] <= 175  # four standard deviations around 150
    assert left[later.id] == 0


def test_those_that_are_up_take_over_in_proportion() -> None:
    ways = [way(id, weight) for id, weight in ((1, 5), (2, 3), (3, 1))]
    firsts = Counter(
        next(one.id for one in routing._drawn(ways, message, 1) if one.id != 1)
        for message in range(4000)
    )
    assert firsts[2] / firsts[3] == pytest.approx(3, rel=0.15)


def test_the_same_batch_always_leaves_by_the_same_carrier() -> None:
    ways = [way(1, 1), way(2, 1)]
    for ticket in range(20):
        drawn = [routing._drawn(ways, 7, ticket) for _ in range(3)]
        assert drawn[0] == drawn[1] == drawn[2]


def way(id: int, weight: int) -> WayOut:
    return WayOut(id, f"car_{id}", f"{id}", URL, 1, frozenset(), True, None, None, weight)


# --- accounts


def test_a_carrier_for_some_accounts_takes_no_others(
    ama: Member, kofi: Member, sessions: EachSays, run_jobs: RunJobs
) -> None:
    own = carriers.read(carriers.add("Own", URL, priority=1, accounts=["ama@example.com"]))
    general = add("General", priority=2)
    send(ama, phones(3))
    send(kofi, phones(5))
    run_jobs()
    assert Counter(key for key, _ in sessions.left) == {own.id: 3, general.id: 5}
    sessions.down.add(own.id)
    send(ama, phones(2))
    run_jobs()
    assert Counter(key for key, _ in sessions.left)[general.id] == 7


def test_others_wait_when_every_carrier_is_somebodys_own(
    kofi: Member, ama: Member, sessions: EachSays, run_jobs: RunJobs
) -> None:
    carriers.use_environment("simulator://127.0.0.1:1")
    carriers.add("Own", URL, priority=1, accounts=[ama.account.public_id])
    message = send(kofi, phones(2))
    run_jobs()
    assert statuses(message.id) == {"QUEUED": 2}
    assert sessions.left == []


def test_which_carriers_an_account_has_is_one_statement(
    ama: Member, sessions: EachSays, count_statements: Callable[[Callable[[], object]], int]
) -> None:
    for at in range(5):
        carriers.add(f"Way {at}", URL, priority=at + 1, accounts=["ama@example.com"])
    account_id = ama.account.id  # which begins the transaction, a statement of SQLite's own
    db.session.connection()
    assert count_statements(lambda: carriers.in_order_for(account_id)) == 1


@pytest.fixture
def count_statements(app: Flask) -> Callable[[Callable[[], object]], int]:
    def count(act: Callable[[], object]) -> int:
        ran: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            ran.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        act()
        event.remove(db.engine, "before_cursor_execute", note)
        return len(ran)

    return count


# --- circuit breakers


def open_breaker(one: WayOut) -> None:
    watching.count_outcomes(one.id, [Fate.BUSY] * breaker.LEAST)


def test_a_carrier_whose_breaker_is_open_is_left_to_the_others(
    ama: Member, sessions: EachSays, run_jobs: RunJobs
) -> None:
    first, second = add("First", priority=1), add("Second", priority=2)
    open_breaker(first)
    send(ama, phones(30))
    run_jobs()
    assert {key for key, _ in sessions.left} == {second.id}
    carriers.edit(first.public_id, "First", URL, priority=1, operators=())
    send(ama, phones(3))
    run_jobs()
    assert {key for key, _ in sessions.left[30:]} == {first.id}


def test_with_a_single_carrier_messages_wait_for_its_trial(
    ama: Member, sessions: EachSays, run_jobs: RunJobs
) -> None:
    only = add("Only", priority=1)
    open_breaker(only)
    message = send(ama, phones(30))
    run_jobs()
    assert statuses(message.id) == {"QUEUED": 30}
    queue.redis().hset(f"flashsms:breaker:{only.id}", "until", 1)
    sessions.says[only.id] = Fate.BUSY
    work_after(run_jobs, seconds=5)
    assert len(sessions.left) == breaker.PROBE
    queue.redis().hset(f"flashsms:breaker:{only.id}", "until", 1)
    sessions.says.clear()
    work_after(run_jobs, seconds=60)
    assert statuses(message.id) == {"SENT": 30}
    assert queue.redis().hget(f"flashsms:breaker:{only.id}", "until") is None


def test_a_message_for_one_carrier_alone_passes_its_open_breaker(
    ama: Member, sessions: EachSays, run_jobs: RunJobs
) -> None:
    first = add("First", priority=1)
    open_breaker(first)
    message = send(ama, phones(1), only=first.id)
    run_jobs()
    assert statuses(message.id) == {"SENT": 1}


def test_a_trial_that_finds_nothing_to_send_is_given_back(
    ama: Member, sessions: EachSays, run_jobs: RunJobs
) -> None:
    first, second = add("First", URL, "MTN", priority=1), add("Second", priority=2)
    open_breaker(first)
    queue.redis().hset(f"flashsms:breaker:{first.id}", "until", 1)
    send(ama, numbers(AT, 3))
    run_jobs()
    assert {key for key, _ in sessions.left} == {second.id}
    assert queue.redis().hget(f"flashsms:breaker:{first.id}", "probe") is None


def test_what_is_not_written_by_a_worker_that_stops_opens_no_breaker(
    ama: Member, sessions: EachSays, run_jobs: RunJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    only = add("Only", priority=1)
    sessions.says[only.id] = Fate.UNSENT
    submit = sessions.submit

    def stop(key: int, url: str, given: Sequence[Submission]) -> list[Outcome]:
        sessions.down.add(key)
        return submit(key, url, given)

    monkeypatch.setattr(sessions, "submit", stop)
    send(ama, phones(100))
    run_jobs()
    assert len(sessions.left) == 100
    assert queue.redis().hget(f"flashsms:breaker:{only.id}", "until") is None


def test_numbers_that_are_refused_on_every_try_do_not_keep_the_carrier_from_others(
    ama: Member, kofi: Member, sessions: EachSays, run_jobs: RunJobs
) -> None:
    only = add("Only", priority=1)
    bad = set(numbers(MTN, breaker.LEAST + 5))

    def submit(key: int, _url: str, given: Sequence[Submission]) -> list[Outcome]:
        sessions.left += [(key, one.to) for one in given]
        return [
            Outcome(one.reference, Fate.BUSY) if one.to in bad else scripted.accepted(one)
            for one in given
        ]

    sessions.submit = submit  # type: ignore[method-assign]
    for start in range(0, len(bad), 5):  # too few at once to say anything about the carrier
        send(kofi, [f"23320{start:06d}{at}" for at in range(8)])
        send(ama, sorted(bad)[start : start + 5])
    run_jobs()
    tries = len(sessions.left)
    for seconds in (3, 10, 20, 40, 80):
        work_after(run_jobs, seconds=seconds)
    assert len(sessions.left) > tries + 3 * len(bad)
    assert queue.redis().hget(f"flashsms:breaker:{only.id}", "until") is None
    assert watching.conditions([only.id])[only.id].outcomes[Fate.BUSY] > 4 * len(bad)  # type: ignore[index]


def test_a_carrier_that_refuses_new_numbers_is_held_back(
    ama: Member, sessions: EachSays, run_jobs: RunJobs
) -> None:
    only = add("Only", priority=1)
    sessions.says[only.id] = Fate.BUSY
    send(ama, phones(breaker.LEAST))
    run_jobs()
    assert queue.redis().hget(f"flashsms:breaker:{only.id}", "until") is not None


# --- what a submission says


def test_a_submission_says_from_which_number_and_how_long_it_is_worth_it(
    ama: Member, sessions: EachSays, run_jobs: RunJobs
) -> None:
    add("Only", priority=1)
    message = send(ama, phones(1))
    message.from_number = "233201112222"
    db.session.commit()
    run_jobs()
    [submitted] = sessions.submitted
    assert submitted.sender == "233201112222"
    assert 24 * 3600 - 60 < submitted.validity <= 24 * 3600
