"""Taking an order to send."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from rq import Queue
from sqlalchemy import event, func, select

from flashsms import connect_redis, queue
from flashsms.extensions import db
from flashsms.models import Message, MessageStatus, Recipient, RecipientStatus, Transaction, now
from flashsms.services import accounts, sending
from flashsms.services.errors import DomainError, InsufficientCredits
from flashsms.services.sending import Order
from tests.factories import Member, ledger_sum, member, phones, statuses


def test_an_order_is_priced_charged_stored_and_queued(ama: Member) -> None:
    accepted = sending.accept(
        ama.account.id, Order(text="Akwaaba", recipients=["0201234567", "0241234567"])
    )
    assert (accepted.recipients, accepted.credits, accepted.balance) == (2, 2, 998)
    assert statuses(accepted.message.id) == {"QUEUED": 2}
    assert accepted.message.status is MessageStatus.PENDING
    assert ledger_sum(ama.account) == ama.balance == 998
    assert Queue(queue.URGENT, connection=queue.redis()).count == 1


def test_each_number_is_sent_to_once_however_it_is_written(ama: Member) -> None:
    spellings = ["0201234567", "+233201234567", "233 20 123 4567", "201234567"]
    accepted = sending.accept(ama.account.id, Order(text="Hi", recipients=spellings))
    assert (accepted.recipients, accepted.credits) == (1, 1)


def test_numbers_that_cannot_be_read_are_listed_as_given(ama: Member) -> None:
    accepted = sending.accept(
        ama.account.id, Order(text="Hi", recipients=["0201234567", "12", "abc", "12"])
    )
    assert (accepted.recipients, accepted.left_out.invalid) == (1, ("12", "abc"))


def test_a_long_message_costs_a_credit_for_each_part(ama: Member) -> None:
    accepted = sending.accept(
        ama.account.id, Order(text="a" * 161, recipients=["0201234567", "0241234567"])
    )
    assert (accepted.credits, accepted.message.parts) == (4, 2)


def test_billing_by_message_costs_one_credit_a_recipient(app: Flask, ama: Member) -> None:
    app.config["BILLING"] = "message"
    accepted = sending.accept(ama.account.id, Order(text="a" * 161, recipients=["0201234567"]))
    assert accepted.credits == 1


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (Order(text=" ", recipients=["0201234567"]), "bad_message"),
        (Order(text="a" * 919, recipients=["0201234567"]), "bad_message"),
        (Order(text="a\0", recipients=["0201234567"]), "bad_message"),
        (Order(text="a", recipients=[]), "no_recipients"),
        (Order(text="a", recipients=["12"]), "no_recipients"),
        (Order(text="a", recipients=["0201234567"] * 1001), "too_many_recipients"),
        (Order(text="a", recipients=["0201234567"], sender="Unknown"), "sender_not_approved"),
        (
            Order(text="a", recipients=["0201234567"], scheduled_at=now() - timedelta(seconds=1)),
            "schedule_in_past",
        ),
    ],
)
def test_a_refused_order_leaves_nothing(ama: Member, order: Order, code: str) -> None:
    with pytest.raises(DomainError) as refusal:
        sending.accept(ama.account.id, order)
    assert refusal.value.code == code
    assert ama.balance == ledger_sum(ama.account) == 1000
    assert db.session.scalar(select(func.count()).select_from(Message)) == 0
    assert db.session.scalar(select(func.count()).select_from(Recipient)) == 0
    assert Queue(queue.URGENT, connection=queue.redis()).is_empty()


def test_too_few_credits_say_how_many_are_needed(app: Flask) -> None:
    poor = member("Poor", "poor@example.com", credits=1)
    with pytest.raises(InsufficientCredits, match="needs 2 credits and the account has 1"):
        sending.accept(poor.account.id, Order(text="Hi", recipients=["0201234567", "0241234567"]))
    assert poor.balance == 1


def test_an_account_without_a_sender_is_told_to_request_one(app: Flask) -> None:
    fresh = member("Fresh", "fresh@example.com", sender=None)
    with pytest.raises(DomainError, match="Request one"):
        sending.accept(fresh.account.id, Order(text="Hi", recipients=["0201234567"]))


def test_a_thousand_recipients_take_as_many_statements_as_ten(app: Flask, ama: Member) -> None:
    few = _statements(lambda: sending.accept(ama.account.id, _order(10)))
    many = _statements(lambda: sending.accept(ama.account.id, _order(900)))
    assert len(many) == len(few) <= 7, many


def test_sixty_orders_at_once_on_25_credits_are_25(app: Flask) -> None:
    shop = member("Shop", "shop@example.com", credits=25)
    outcomes: list[str] = []

    def order(number: int) -> None:
        with app.app_context():
            try:
                sending.accept(shop.account.id, _order(1, offset=number))
                outcomes.append("accepted")
            except InsufficientCredits:
                outcomes.append("refused")

    threads = [threading.Thread(target=order, args=(number,)) for number in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (outcomes.count("accepted"), outcomes.count("refused")) == (25, 35)
    assert shop.balance == ledger_sum(shop.account) == 0
    balances = db.session.scalars(select(Transaction.balance).order_by(Transaction.id)).all()
    assert list(balances) == list(range(25, -1, -1))


def test_redis_away_loses_no_order(
    app: Flask, ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "redis", connect_redis("redis://127.0.0.1:1"))
    accepted = sending.accept(ama.account.id, _order(1))
    assert statuses(accepted.message.id) == {"QUEUED": 1}
    assert accepted.message.wake_at is not None


def test_a_scheduled_order_waits_unqueued(ama: Member) -> None:
    later = now() + timedelta(hours=1)
    accepted = sending.accept(
        ama.account.id, Order(text="Hi", recipients=["0201234567"], scheduled_at=later)
    )
    assert accepted.message.status is MessageStatus.SCHEDULED
    assert accepted.message.wake_at == later
    assert ama.balance == 999
    assert Queue(queue.URGENT, connection=queue.redis()).is_empty()


def test_a_cancelled_schedule_is_refunded_once(ama: Member) -> None:
    message = sending.accept(
        ama.account.id,
        Order(text="Hi", recipients=phones(3), scheduled_at=now() + timedelta(hours=1)),
    ).message
    sending.cancel(message)
    with pytest.raises(DomainError, match="already"):
        sending.cancel(message)
    assert statuses(message.id) == {"CANCELLED": 3}
    assert ledger_sum(ama.account) == ama.balance == 1000


def test_accounts_do_not_share_balances(ama: Member, kofi: Member) -> None:
    sending.accept(ama.account.id, _order(5))
    assert (ama.balance, kofi.balance) == (995, 1000)
    assert accounts.find_by_email("KOFI@example.com").id == kofi.account.id


def _order(count: int, offset: int = 0) -> Order:
    return Order(text="Akwaaba", recipients=phones(count + offset)[offset:])


def _statements(act: Callable[[], object]) -> list[str]:
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return [statement for statement in seen if not statement.startswith("BEGIN")]


def test_recipients_are_stored_with_their_price(ama: Member) -> None:
    message = sending.accept(
        ama.account.id, Order(text="é" * 161, recipients=["0201234567"])
    ).message
    row = db.session.scalars(select(Recipient).where(Recipient.message_id == message.id)).one()
    assert (row.phone, row.parts, row.credits) == ("233201234567", 2, 2)
    assert row.status is RecipientStatus.QUEUED
