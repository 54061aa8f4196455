"""How fast a carrier is fed."""

import time

import pytest
from flask import Flask

from flashsms import connect_redis
from flashsms.services import pacing


def _take(tps: float, recipients: int = 100, parts: int = 1, urgent: bool = False) -> pacing.Grant:
    return pacing.take(7, tps, recipients=recipients, parts=parts, urgent=urgent)


def test_a_carrier_without_a_limit_is_given_everything(app: Flask) -> None:
    assert _take(0, recipients=5000) == pacing.Grant(5000, 0)


def test_no_more_than_a_tenth_of_a_second_goes_at_once(app: Flask) -> None:
    assert _take(200).recipients <= 20
    assert _take(200).recipients == 0
    assert 0 < _take(200).wait < 0.1


def test_bulk_leaves_a_reserve_for_urgent_work(app: Flask) -> None:
    while _take(200).recipients:
        pass
    assert _take(200, recipients=1, urgent=True).recipients == 1


def test_a_message_of_more_parts_than_the_bucket_holds_still_goes(app: Flask) -> None:
    assert _take(1, parts=6).recipients == 1
    assert _take(1, parts=6).recipients == 0


def test_the_rate_is_held_over_time(app: Flask) -> None:
    """The bucket holds a fifth of a second: who comes later, on a busy machine, has lost more."""
    started = asked = time.monotonic()
    sent, earned = 0, 0.0
    while (passed := time.monotonic() - started) < 1.5:
        grant = _take(400)
        earned += min(0.2, time.monotonic() - asked) * 400
        asked = time.monotonic()
        sent += grant.recipients
        time.sleep(grant.wait)
    assert earned * 0.9 <= sent <= 400 * passed + 80


def test_nothing_of_the_rate_is_lost_while_the_workers_are_busy_for_a_moment(app: Flask) -> None:
    _take(400)
    started, sent = time.monotonic(), 0
    while (passed := time.monotonic() - started) < 1.5:
        time.sleep(0.12)
        while grant := _take(400).recipients:
            sent += grant
    assert 400 * passed * 0.9 <= sent <= 400 * passed + 80


def test_bulk_work_is_given_blocks_and_not_single_parts(app: Flask) -> None:
    granted = []
    while len(granted) < 10:
        grant = _take(400)
        if grant.recipients:
            granted.append(grant.recipients)
        time.sleep(grant.wait)
    assert min(granted) >= 20
    assert _take(400, recipients=3).recipients in (0, 3)


def test_what_was_not_used_is_given_back(app: Flask) -> None:
    granted = _take(200).recipients
    pacing.give_back(7, granted)
    assert _take(200).recipients == granted


def test_a_carrier_that_throttles_is_fed_a_quarter_less(app: Flask) -> None:
    _take(1000)
    pacing.slow_down(7)
    assert 500 < _rate(1000) < 950


def test_a_carrier_without_a_limit_gets_one_when_it_throttles(app: Flask) -> None:
    pacing.slow_down(7)
    assert _take(0, recipients=5000).recipients < 200


def test_slowing_down_counts_once_for_a_burst_of_refusals(app: Flask) -> None:
    for _ in range(10):
        pacing.slow_down(7)
    assert _rate(1000) > 500


def test_redis_away_costs_no_claim(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told to the pace after the claim may be lost; the claim must go on to the wire."""
    monkeypatch.setitem(app.extensions, "redis", connect_redis("redis://127.0.0.1:1"))
    pacing.give_back(7, 5)
    pacing.slow_down(7)


def _rate(tps: float) -> float:
    """Return what the carrier is given a second just now."""
    started, sent = time.monotonic(), 0
    while (passed := time.monotonic() - started) < 0.5:
        grant = _take(tps, recipients=1000)
        sent += grant.recipients
        time.sleep(grant.wait)
    return sent / passed
