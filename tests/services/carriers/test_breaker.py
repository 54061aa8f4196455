"""When a carrier is left in peace, and when it is tried again."""

import logging
from collections.abc import Callable

import pytest
from flask import Flask
from redis import Redis

from flashsms import connect_redis, queue
from flashsms.carriers.contract import CarrierStats, Fate
from flashsms.models import now
from flashsms.services import carriers
from flashsms.services.carriers import WayOut, breaker, standing, watching
from flashsms.services.carriers.breaker import Gate, State
from flashsms.services.carriers.standing import Standing
from flashsms.services.carriers.watching import Reporter

GOOD, BAD = [Fate.ACCEPTED], [Fate.BUSY]


@pytest.fixture
def way(app: Flask) -> WayOut:
    return carriers.read(carriers.add("First", "smpp://a:b@127.0.0.1:1"))


def gate(way: WayOut) -> Gate:
    with queue.redis().pipeline(transaction=False) as pipe:
        breaker.ask(pipe, [way.id])
        return Gate(breaker.states([way.id], pipe.execute()[0]))


def state(way: WayOut) -> State:
    return gate(way)._states[way.id]


def pass_time(way: WayOut) -> None:
    """Let it have been open for long enough."""
    queue.redis().hset(f"flashsms:breaker:{way.id}", "until", 1)


def pause_of(way: WayOut) -> float:
    """Return for how many more seconds it is open."""
    held = of(way).condition.held  # type: ignore[union-attr]
    assert held
    return (held.until - now()).total_seconds()


def of(way: WayOut) -> Standing:
    Reporter("w1").tell({way.id: CarrierStats(True, 0, 64, 0, 0, 0)}, {})
    return standing.of(carriers.every(), [way])[0]


def test_half_of_the_answers_in_error_open_it(way: WayOut) -> None:
    watching.count_outcomes(way.id, GOOD * 10 + BAD * 9)
    assert state(way) is State.CLOSED
    watching.count_outcomes(way.id, BAD)
    assert state(way) is State.OPEN
    assert 28 < pause_of(way) <= 30


def test_few_answers_say_nothing(way: WayOut) -> None:
    watching.count_outcomes(way.id, BAD * (breaker.LEAST - 1))
    assert state(way) is State.CLOSED


def test_less_than_half_do_not_open_it(way: WayOut) -> None:
    for _ in range(10):
        watching.count_outcomes(way.id, GOOD * 6 + BAD * 4)
    assert state(way) is State.CLOSED


def test_no_answer_and_what_could_not_be_written_are_errors(way: WayOut) -> None:
    watching.count_outcomes(way.id, [Fate.UNKNOWN, Fate.UNSENT] * 10)
    assert state(way) is State.OPEN


@pytest.mark.parametrize("fate", [Fate.REFUSED, Fate.THROTTLED, Fate.ELSEWHERE])
def test_refusals_and_being_told_to_slow_down_are_no_errors(way: WayOut, fate: Fate) -> None:
    watching.count_outcomes(way.id, [fate] * 100)
    assert state(way) is State.CLOSED


def test_what_was_not_written_because_the_line_is_down_is_no_error(way: WayOut) -> None:
    watching.count_outcomes(way.id, [Fate.UNSENT] * 100, up=False)
    assert state(way) is State.CLOSED


def test_slow_answers_open_it(way: WayOut) -> None:
    watching.count_outcomes(way.id, GOOD * 30, latency=9.0)
    assert state(way) is State.CLOSED
    watching.count_outcomes(way.id, GOOD * 30, latency=12.0)
    assert state(way) is State.OPEN
    assert "answers took 10 seconds on average" in of(way).sentence


def test_only_the_last_minute_counts(way: WayOut) -> None:
    watching.count_outcomes(way.id, BAD * 19)
    redis: Redis = queue.redis()
    key = f"flashsms:breaker:{way.id}"
    for name, count in redis.hgetall(key).items():  # as if it had been a minute ago
        redis.hdel(key, name)
        redis.hset(key, f"{name[:1].decode()}{int(name[1:]) - 12}", count)
    watching.count_outcomes(way.id, BAD)
    assert state(way) is State.CLOSED
    assert len(redis.hgetall(key)) == 3


def test_one_worker_tries_and_success_closes_it(way: WayOut) -> None:
    watching.count_outcomes(way.id, BAD * 20)
    pass_time(way)
    one, two = gate(way), gate(way)
    assert one.lets(way.id)
    assert one.is_trial(way.id)
    assert not two.lets(way.id)
    assert not gate(way).lets(way.id)
    watching.count_outcomes(way.id, GOOD * 10, is_trial=True)
    assert state(way) is State.CLOSED


def test_each_failed_trial_opens_it_for_twice_as_long(way: WayOut) -> None:
    watching.count_outcomes(way.id, BAD * 20)
    for pause in (60, 120, 240, 480, 600, 600):
        pass_time(way)
        assert gate(way).lets(way.id)
        watching.count_outcomes(way.id, BAD * 10, is_trial=True)
        assert pause - 2 < pause_of(way) <= pause
    assert of(way).condition.opened == 7  # type: ignore[union-attr]


def test_a_trial_that_was_not_made_is_another_workers(way: WayOut) -> None:
    watching.count_outcomes(way.id, BAD * 20)
    pass_time(way)
    one = gate(way)
    assert one.lets(way.id)
    one.keep(None)
    assert not one.is_trial(way.id)
    assert gate(way).lets(way.id)
    watching.count_outcomes(way.id, [Fate.UNSENT] * 10, up=False, is_trial=True)
    assert gate(way).lets(way.id)


def test_what_was_on_its_way_when_it_opened_changes_nothing(way: WayOut) -> None:
    watching.count_outcomes(way.id, BAD * 20)
    watching.count_outcomes(way.id, BAD * 500)
    watching.count_outcomes(way.id, GOOD * 500)
    assert state(way) is State.OPEN
    assert of(way).condition.opened == 1  # type: ignore[union-attr]


def test_it_is_told_in_words(way: WayOut) -> None:
    assert of(way).state is standing.State.UP
    watching.count_outcomes(way.id, BAD * 34 + GOOD * 16)
    told = of(way)
    assert told.state is standing.State.HELD
    until = told.condition.held.until  # type: ignore[union-attr]
    expected = f"open until {until:%H:%M:%S} UTC: 34 of 50 answers were errors."
    assert told.sentence.endswith(expected)
    assert standing.nothing_leaves([told])


def test_opening_and_closing_are_logged_once_by_name(
    way: WayOut, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "flashsms")
    for _ in range(4):
        watching.count_outcomes(way.id, BAD * 10, name="First", code="0x00000008")
    pass_time(way)
    assert gate(way).lets(way.id)
    for _ in range(2):
        watching.count_outcomes(way.id, GOOD * 10, is_trial=True, name="First")
    assert [(one.levelname, one.getMessage()) for one in caplog.records] == [
        ("WARNING", "Carrier First is held back: its circuit breaker opened."),
        ("INFO", "Carrier First is used again: its circuit breaker closed."),
    ]


def test_it_names_an_error_that_it_saw(way: WayOut) -> None:
    watching.count_outcomes(way.id, BAD * 19, code="0x00000008")
    watching.count_outcomes(way.id, [Fate.UNKNOWN])
    assert "20 of 20 answers were errors, such as 0x00000008." in of(way).sentence
    pass_time(way)
    assert gate(way).lets(way.id)
    watching.count_outcomes(way.id, BAD * 10, is_trial=True, code="0x00000064")
    assert of(way).condition.held.code == "0x00000064"  # type: ignore[union-attr]


@pytest.mark.parametrize("act", ["resume", "edit", "close"])
def test_an_operator_closes_it(way: WayOut, act: str) -> None:
    watching.count_outcomes(way.id, BAD * 20)
    acts: dict[str, Callable[[], object]] = {
        "resume": lambda: carriers.resume(way.public_id),
        "edit": lambda: carriers.edit(way.public_id, "First", way.url, priority=1, operators=()),
        "close": lambda: carriers.close_breaker(way.public_id),
    }
    carriers.pause(way.public_id, "To see what is wrong.")
    acts[act]()
    assert state(way) is State.CLOSED


def test_without_redis_it_is_closed(
    app: Flask, way: WayOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "redis", connect_redis("redis://127.0.0.1:1"))
    watching.count_outcomes(way.id, BAD * 20)
    breaker.close(way.id)
    assert Gate({}).lets(way.id)
    assert Gate({way.id: State.HALF_OPEN}).lets(way.id)


def test_each_carrier_has_its_part_of_what_was_taken(way: WayOut) -> None:
    other = carriers.read(carriers.add("Other", "smpp://a:b@127.0.0.1:2"))
    assert of(way).share is None
    watching.count_outcomes(way.id, GOOD * 30)
    watching.count_outcomes(other.id, GOOD * 10 + BAD)
    assert [of(one).share for one in (way, other)] == [0.75, 0.25]
