"""When messages leave: schedules, one-time codes behind a campaign, the carrier's limit."""

import time
from datetime import timedelta

import pytest

from flashsms.models import RecipientStatus, now
from flashsms.services import carriers, sending
from tests.factories import Member
from tests.faults.installation import Installation, Smsc, eventually
from tests.faults.verdict import (
    assert_nobody_was_texted_twice,
    assert_the_books_agree,
    send,
    send_bulk,
    wait_until_all_are,
    waiting,
)

pytestmark = [pytest.mark.database, pytest.mark.alone]


def test_a_scheduled_message_leaves_within_ten_seconds_of_its_time_and_not_before(
    installed: Installation, ama: Member
) -> None:
    smsc = installed.smsc()
    carriers.set_url(f"smpp://flashsms:simulated@127.0.0.1:{smsc.port}")
    installed.start("worker-1", "urgent", "cron")
    due = now() + timedelta(seconds=3)
    order = sending.Order(text="Hello", recipients=["0245551000"], scheduled_at=due)
    sending.accept(ama.account.id, order)
    eventually(lambda: smsc.lines, 20, "it leaves")
    assert timedelta(0) <= now() - due < timedelta(seconds=10)
    wait_until_all_are(RecipientStatus.DELIVERED, 1, 10)


def seconds_until_taken(smsc: Smsc, phone: str) -> float:
    began = time.monotonic()
    eventually(lambda: phone in smsc.taken, 10, f"{phone} is sent to")
    return time.monotonic() - began


def test_one_time_codes_leave_within_a_second_while_a_campaign_goes_out(
    installed: Installation, ama: Member
) -> None:
    smsc = installed.smsc()
    carriers.set_url(f"smpp://flashsms:simulated@127.0.0.1:{smsc.port}?tps=200")
    send_bulk(ama)
    installed.start("urgent", "worker-1", "cron")
    smsc.wait_for_more_than(100)
    waits = []
    for number in range(20):
        phone = f"2332055510{number:02d}"
        send(ama, [phone])
        waits.append(seconds_until_taken(smsc, phone))
    assert max(waits) < 1, waits
    assert waiting() > 100, "the campaign was over"


def test_two_workers_hold_the_limit_of_the_carrier_together(
    installed: Installation, ama: Member
) -> None:
    smsc = installed.smsc()
    carriers.set_url(f"smpp://flashsms:simulated@127.0.0.1:{smsc.port}?tps=500")
    recipients = send_bulk(ama)
    workers = installed.start("worker-1", "worker-2", "cron")[:2]
    smsc.wait_for_more_than(500)
    before, began = len(smsc.lines), time.monotonic()
    smsc.wait_for_more_than(4500)
    rate = (len(smsc.lines) - before) / (time.monotonic() - began)
    assert 475 <= rate <= 525
    wait_until_all_are(RecipientStatus.DELIVERED, len(recipients), 30)
    assert all("bound to 127.0.0.1" in worker.said for worker in workers)
    assert smsc.taken.keys() == set(recipients)
    assert_nobody_was_texted_twice(smsc)
    assert_the_books_agree(ama)
