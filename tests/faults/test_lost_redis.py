"""Redis emptied and Redis gone: the database alone says what is due."""

import time

import pytest

from flashsms.models import RecipientStatus
from flashsms.services import carriers
from tests.factories import Member
from tests.faults.calls import post, wait_for_web
from tests.faults.installation import LONG, Installation, eventually
from tests.faults.verdict import (
    assert_nobody_was_texted_twice,
    assert_the_books_agree,
    send_bulk,
    wait_until_all_are,
    waiting,
)

pytestmark = pytest.mark.database

FLUSHES = 12 if LONG else 4


def test_an_emptied_redis_delays_5000_messages_and_loses_none(
    installed: Installation, ama: Member
) -> None:
    smsc = installed.smsc()
    carriers.set_url(f"smpp://flashsms:simulated@127.0.0.1:{smsc.port}?tps=600")
    recipients = send_bulk(ama)
    programs = installed.start("worker-1", "worker-2", "cron")
    share = len(recipients) // (FLUSHES + 1)
    for flushes in range(1, FLUSHES + 1):
        eventually(lambda n=flushes: len(smsc.lines) > n * share, 40, "the work goes on")
        assert waiting(), "Redis was emptied too late to prove anything"
        with installed.redis as client:
            client.flushall()

    wait_until_all_are(RecipientStatus.DELIVERED, len(recipients), 60)
    assert all(program.running for program in programs)
    assert smsc.taken.keys() == set(recipients)
    assert_nobody_was_texted_twice(smsc)
    assert_the_books_agree(ama)


def test_the_api_accepts_while_redis_is_away_and_the_message_goes_out_when_it_is_back(
    installed: Installation, ama: Member
) -> None:
    smsc = installed.smsc()
    carriers.set_url(f"smpp://flashsms:simulated@127.0.0.1:{smsc.port}")
    installed.start("web", "worker-1", "cron")
    wait_for_web(installed)
    assert post(installed, ama, ["0245551000"]).status == 200
    installed.kill_redis()
    for number in range(1, 6):
        began = time.monotonic()
        answer = post(installed, ama, [f"024555100{number}"])
        assert answer.status == 200, answer.body
        assert time.monotonic() - began < 3

    installed.start_redis()

    def delivered() -> bool:
        installed.supervise()
        return not waiting() and len(smsc.taken) == 6

    eventually(delivered, 30, "what was accepted meanwhile goes out")
    wait_until_all_are(RecipientStatus.DELIVERED, 6, 10)
    assert_nobody_was_texted_twice(smsc)
    assert_the_books_agree(ama)
