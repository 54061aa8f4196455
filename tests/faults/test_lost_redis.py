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
        smsc.wait_for_more_than(flushes * share)
        assert waiting(), "Redis was emptied too late to prove anything"
        with installed.redis as client:
            client.flushall()

    wait_until_all_are(RecipientStatus.DELIVERED, len(recipients), 60)
    assert all(program.running for program in programs)
    assert smsc.taken.keys() == set(recipients)
    assert_nobody_was_texted_twice(smsc)
    assert_the_books_agree(ama)


def test_the_api_accepts_while_redis_is_away_and_everything_goes_out_when_it_is_back(
    installed: Installation, ama: Member
) -> None:
    smsc = installed.smsc()
    carriers.set_url(f"smpp://flashsms:simulated@127.0.0.1:{smsc.port}?tps=300")
    installed.start("web", "worker-1", "cron")
    campaign = send_bulk(ama, 1000)
    wait_for_web(installed)
    smsc.wait_for_more_than(200)
    installed.kill_redis()
    codes = [f"23324555100{number}" for number in range(5)]
    for code in codes:
        began = time.monotonic()
        answer = post(installed, ama, [code])
        assert answer.status == 200, answer.body
        assert time.monotonic() - began < 3
    assert waiting() > len(codes), "Redis went too late to prove anything"

    installed.start_redis()

    def handed_over() -> bool:
        installed.supervise()
        return not waiting()

    eventually(handed_over, 40, "what was accepted meanwhile goes out")
    wait_until_all_are(RecipientStatus.DELIVERED, len(campaign) + len(codes), 20)
    assert smsc.taken.keys() == {*campaign, *codes}
    assert_nobody_was_texted_twice(smsc)
    assert_the_books_agree(ama)
