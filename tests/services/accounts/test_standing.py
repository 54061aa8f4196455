"""A suspended account waits, and the terms of an account are what it pays."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from flashsms.extensions import db
from flashsms.models import AuditEntry, Message, MessageStatus, now
from flashsms.services import accounts, campaigns, estimates, sending
from flashsms.services.campaigns import Wish
from flashsms.services.errors import DomainError
from flashsms.services.sending import Order
from tests.factories import Member, ledger_sum, phones, statuses
from tests.scripted import ScriptedSessions

RunJobs = Callable[[], int]
TWO_PARTS = "a" * 161


def test_a_scheduled_message_waits_and_goes_after_reactivation(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    message = accept(ama, scheduled_at=now() + timedelta(hours=1))
    accounts.suspend(ama.account.public_id, "Spam")
    with later(hours=2):
        sending.wake_due()
        assert run_jobs() == 0
        assert fresh(message).status is MessageStatus.SCHEDULED
        accounts.reactivate(ama.account.public_id)
        sending.wake_due()
        assert run_jobs() == 1
    assert statuses(message.id) == {"SENT": 3}
    assert ama.balance == ledger_sum(ama.account) == 997


def test_a_schedule_that_was_missed_by_too_much_fails_and_refunds(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    message = accept(ama, scheduled_at=now() + timedelta(hours=1))
    accounts.suspend(ama.account.public_id, "Spam")
    with later(hours=8):
        accounts.reactivate(ama.account.public_id)
        sending.wake_due()
        assert run_jobs() == 0
    assert statuses(message.id) == {"FAILED": 3}
    assert ama.balance == ledger_sum(ama.account) == 1000


def test_a_queued_message_is_not_handed_over_until_reactivation(
    app: Flask, ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    message = accept(ama)
    accounts.suspend(ama.account.public_id, "Spam")
    run_jobs()
    assert wire.submitted == []
    with later(minutes=10):
        sending.wake_due()
        run_jobs()
        assert wire.submitted == []
        assert statuses(message.id) == {"QUEUED": 3}
        accounts.reactivate(ama.account.public_id)
        sending.wake_due()
        run_jobs()
    assert statuses(message.id) == {"SENT": 3}
    assert len(wire.submitted) == 3


def test_others_send_meanwhile(
    ama: Member, kofi: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    accounts.suspend(ama.account.public_id, "Spam")
    message = accept(kofi)
    run_jobs()
    assert statuses(message.id) == {"SENT": 3}


def test_a_suspended_account_accepts_nothing(ama: Member) -> None:
    accounts.suspend(ama.account.public_id, "Spam.")
    with pytest.raises(accounts.Suspended, match=r"suspended: Spam\. Ask the operator"):
        accept(ama)
    assert ama.balance == 1000


def test_each_change_of_standing_is_noted_once(ama: Member) -> None:
    accounts.suspend(ama.account.public_id, "Spam")
    with pytest.raises(DomainError, match="already"):
        accounts.suspend(ama.account.public_id, "Spam again")
    accounts.reactivate(ama.account.public_id)
    with pytest.raises(DomainError, match="not suspended"):
        accounts.reactivate(ama.account.public_id)
    assert actions(ama)[-2:] == ["account suspended", "account reactivated"]
    assert len([one for one in actions(ama) if one.startswith("account ")]) == 2


def test_the_price_is_charged_and_said_everywhere(ama: Member) -> None:
    accounts.set_terms(ama.account.public_id, rate_limit=None, price=3)
    account_id, order = ama.account.id, Order(text=TWO_PARTS, recipients=phones(4))
    wish = Wish(text=TWO_PARTS, numbers="\n".join(phones(4)))
    assert sending.preflight(account_id, order).credits == 24
    assert campaigns.glance.look(account_id, wish).credits == 24
    assert estimates.estimate(account_id, Order(text=TWO_PARTS), 4).credits == 24
    assert sending.accept(account_id, order).message.credits_used == 24
    assert ama.balance == ledger_sum(ama.account) == 976


def test_each_is_refunded_at_the_price_that_it_paid(
    ama: Member, wire: ScriptedSessions, run_jobs: RunJobs
) -> None:
    accounts.set_terms(ama.account.public_id, rate_limit=None, price=3)
    order = Order(text=TWO_PARTS, recipients=phones(2), scheduled_at=now() + timedelta(hours=1))
    message = sending.accept(ama.account.id, order).message
    accounts.set_terms(ama.account.public_id, rate_limit=None, price=1)
    assert ama.balance == 988
    sending.cancel(message)
    assert ama.balance == ledger_sum(ama.account) == 1000


@pytest.mark.parametrize(
    ("rate_limit", "price", "named"),
    [
        (-1, 1, "rate limit"),
        (10**9, 1, "rate limit"),
        (None, 0, "price"),
        (None, 101, "price"),
        (None, 10**40, "price"),
    ],
)
def test_wrong_terms_name_their_field(
    ama: Member, rate_limit: int | None, price: int, named: str
) -> None:
    with pytest.raises(DomainError, match=f"^{named} "):
        accounts.set_terms(ama.account.public_id, rate_limit=rate_limit, price=price)


def accept(whose: Member, scheduled_at: object = None) -> Message:
    order = Order(text="Akwaaba", recipients=phones(3), scheduled_at=scheduled_at)
    return sending.accept(whose.account.id, order).message


def fresh(message: Message) -> Message:
    db.session.commit()
    return db.session.get_one(Message, message.id, populate_existing=True)


def actions(whose: Member) -> list[str]:
    query = select(AuditEntry.action).where(AuditEntry.account_id == whose.account.id)
    return list(db.session.scalars(query.order_by(AuditEntry.id)))


@contextmanager
def later(**duration: float) -> Iterator[None]:
    with time_machine.travel(now() + timedelta(**duration), tick=True):
        yield
