"""Owners hear once of a balance that falls below what they want to know of."""

import threading
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from flashsms.extensions import db, transaction
from flashsms.jobs import schedule
from flashsms.models import Message, OptSource, Role, Transaction, TransactionType, now
from flashsms.services import accounts, credits, opt_outs
from flashsms.services.alerts import low_balances
from flashsms.services.errors import InsufficientCredits
from flashsms.text.segments import count_parts
from tests.factories import Member, ledger_sum, member
from tests.services.alerts.conftest import Letters, listen, told, want


def charge(who: Member, amount: int) -> None:
    with transaction():
        credits.charge(who.account.id, amount, description="Sale", reference="c1")


def refund(who: Member, amount: int) -> None:
    with transaction():
        credits.refund(who.account.id, amount, description="Refused", reference="c1")


def grant(who: Member, amount: int, type: TransactionType = TransactionType.PURCHASE) -> None:
    credits.grant(who.account.id, amount, type=type, reason="Paid")


def low(balance: int, threshold: int = 100) -> tuple[str, dict[str, object]]:
    return ("balance.low", {"balance": balance, "threshold": threshold})


def _charge_together(who: Member, *amounts: int) -> None:
    with transaction():
        for amount in amounts:
            charge(who, amount)


def texts() -> list[Message]:
    db.session.commit()
    return list(db.session.scalars(select(Message).order_by(Message.id)))


def test_the_booking_that_crosses_tells_endpoints_and_the_tick_the_owners(
    ama: Member, kofi: Member, mailed: Letters
) -> None:
    for one in (ama, kofi):
        listen(one)
    want(ama, low_balance=100)
    with transaction():
        hashed = accounts.opening.hasher.hash("correct horse")
        accounts.add_user(ama.account.id, "esi@example.com", hashed, Role.MEMBER)
        accounts.add_user(ama.account.id, "yaw@example.com", hashed, Role.OWNER)
    charge(ama, 900)
    schedule.tick()
    assert (told(), mailed) == ([], [])  # exactly so many are enough
    charge(ama, 5)
    charge(ama, 5)
    charge(kofi, 999)
    assert told() == [low(95)]
    for _ in range(2):
        schedule.tick()
    assert [to for to, _, _ in mailed] == ["ama@example.com", "yaw@example.com"]
    assert mailed[0][1] == "90 credits left on FlashSMS"
    assert mailed[0][2] == (
        "Ama has 90 credits left. You want to know when there are fewer than 100.\n\n"
        "A message that costs more than is left is refused, so buy credits in time:\n"
        "http://127.0.0.1:8000/credits\n\n"
        "What you are told, and when, is set here:\n"
        "http://127.0.0.1:8000/settings/alerts\n"
    )
    assert texts() == []


def test_of_many_charges_at_once_exactly_one_crosses(app: Flask, ama: Member) -> None:
    listen(ama)
    want(ama, low_balance=500)
    together = threading.Barrier(8)

    def spend() -> None:
        with app.app_context():
            together.wait(10)
            for _ in range(12):
                charge(ama, 10)

    spenders = [threading.Thread(target=spend) for _ in range(8)]
    for spender in spenders:
        spender.start()
    for spender in spenders:
        spender.join()
    assert told() == [low(490, 500)]
    assert ama.balance == ledger_sum(ama.account) == 40


def test_of_two_ticks_at_once_one_tells(
    app: Flask, ama: Member, mailed: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    want(ama, low_balance=100, low_balance_sms=True)
    charge(ama, 950)
    both = threading.Barrier(2)
    fallen = low_balances._fallen

    def look() -> list[int]:
        found = fallen()
        both.wait(10)
        return found

    monkeypatch.setattr(low_balances, "_fallen", look)

    def tell() -> None:
        with app.app_context():
            low_balances.wake_due()

    ticks = [threading.Thread(target=tell) for _ in range(2)]
    for tick in ticks:
        tick.start()
    for tick in ticks:
        tick.join()
    assert len(mailed) == len(texts()) == 1


def test_refunds_to_and_fro_tell_once_an_hour(ama: Member, mailed: Letters) -> None:
    listen(ama)
    want(ama, low_balance=100)
    with time_machine.travel(now(), tick=False) as clock:
        charge(ama, 901)
        for _ in range(5):
            schedule.tick()
            refund(ama, 1)
            charge(ama, 1)
        assert (told(), len(mailed)) == ([low(99)], 1)
        clock.shift(timedelta(minutes=59, seconds=59))
        refund(ama, 1)
        charge(ama, 1)
        assert len(told()) == 1
        clock.shift(timedelta(seconds=1))
        refund(ama, 1)
        charge(ama, 1)
        schedule.tick()
    assert (told(), len(mailed)) == ([low(99), low(99)], 2)


def test_whoever_buys_is_told_anew(ama: Member, mailed: Letters) -> None:
    listen(ama)
    want(ama, low_balance=100)
    charge(ama, 950)
    grant(ama, 20)  # not enough: it stays below, and crosses nothing
    charge(ama, 20)
    assert told() == [low(50)]
    grant(ama, 50, TransactionType.BONUS)
    grant(ama, -1, TransactionType.ADJUSTMENT)
    assert told() == [low(50), low(99)]
    schedule.tick()
    assert [subject for _, subject, _ in mailed] == ["99 credits left on FlashSMS"]


def test_what_does_not_hold_any_more_is_not_mailed(ama: Member, mailed: Letters) -> None:
    for mend in (lambda: grant(ama, 50), lambda: want(ama)):
        want(ama, low_balance=100, low_balance_sms=True)
        charge(ama, ama.balance - 60)
        mend()
        schedule.tick()
        assert (mailed, texts()) == ([], [])


def test_a_fall_that_a_refund_undid_before_it_was_mailed_is_mailed_when_it_comes_again(
    ama: Member, mailed: Letters
) -> None:
    listen(ama)
    want(ama, low_balance=100)
    charge(ama, 950)
    refund(ama, 60)
    schedule.tick()
    assert mailed == []
    charge(ama, 20)
    for _ in range(2):
        schedule.tick()
    assert [subject for _, subject, _ in mailed] == ["90 credits left on FlashSMS"]
    assert told() == [low(50)]


def test_another_threshold_is_told_anew_but_is_no_crossing_by_itself(
    ama: Member, mailed: Letters
) -> None:
    listen(ama)
    want(ama, low_balance=500)
    charge(ama, 600)
    want(ama, low_balance=300, low_balance_sms=True)
    assert told() == [low(400, 500)]
    charge(ama, 200)
    assert told() == [low(400, 500), low(200, 300)]
    schedule.tick()
    want(ama, low_balance=1000)
    schedule.tick()
    assert (len(told()), len(mailed), len(texts())) == (2, 1, 1)
    assert "fewer than 300" in mailed[0][2]


def test_a_charge_that_is_refused_or_undone_tells_nothing(ama: Member, mailed: Letters) -> None:
    listen(ama)
    want(ama, low_balance=100)
    with pytest.raises(InsufficientCredits):
        charge(ama, 1001)
    with pytest.raises(InsufficientCredits):
        _charge_together(ama, 950, 51)
    schedule.tick()
    assert (told(), mailed, ama.balance) == ([], [], 1000)


def test_a_text_goes_to_the_account_as_a_message_that_it_pays(ama: Member, mailed: Letters) -> None:
    listen(ama)
    want(ama, low_balance=100, low_balance_sms=True)
    charge(ama, 950)
    for _ in range(2):
        schedule.tick()
    [message] = texts()
    assert (message.text, message.campaign_name, message.urgent, message.sender) == (
        "FlashSMS: 50 credits are left, fewer than the 100 that you want to know of. What costs "
        "more is refused, so buy credits in time.",
        "Low balance alert",
        True,
        "MyBrand",
    )
    paid = select(Transaction).where(Transaction.reference == message.public_id)
    [row] = db.session.scalars(paid)
    assert (row.amount, row.description) == (
        -1,
        "Automatic SMS: Low balance alert (1 recipient)",
    )
    assert ama.balance == ledger_sum(ama.account) == 49
    assert (told(), len(mailed)) == ([low(50)], 1)  # the text itself alerts nobody


def test_a_text_always_fits_one_part() -> None:
    for balance, threshold in ((0, 1), (1, 2), (999_999_999, 1_000_000_000)):
        assert count_parts(low_balances.text(balance, threshold)) == 1


def test_a_text_that_cannot_be_sent_is_left_out_and_the_letter_goes(
    app: Flask, ama: Member, kofi: Member, mailed: Letters, caplog: pytest.LogCaptureFixture
) -> None:
    nameless = member("Esi", "esi@example.com", sender=None)
    opted_out = member("Yaw", "yaw@example.com")
    opt_outs.opt_out(opted_out.account.id, "233201234567", OptSource.REPLY)
    accounts.suspend(kofi.account.public_id, "Unpaid")
    for one in (ama, kofi, nameless, opted_out):
        want(one, low_balance=100, low_balance_sms=True)
        charge(one, 1000)
    grant(kofi, 50)
    grant(nameless, 50)
    grant(opted_out, 50)
    schedule.tick()
    assert {to for to, _, _ in mailed} == {f"{one}@example.com" for one in
                                           ("ama", "kofi", "esi", "yaw")}  # fmt: skip
    assert texts() == []
    lines = [record.getMessage() for record in caplog.records if "got no text" in record.msg]
    for why in ("needs 1 credit", "suspended: Unpaid", "no approved sender", "nobody to send to"):
        assert len([line for line in lines if why in line]) == 1, lines


def test_only_a_crossing_costs_a_statement(ama: Member) -> None:
    ran: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        ran.append(statement)

    def cost(amount: int) -> int:
        ran.clear()
        charge(ama, amount)
        return len(ran)

    event.listen(db.engine, "before_cursor_execute", note)
    off = cost(1)
    want(ama, low_balance=100)
    assert (cost(1), cost(900), cost(1)) == (off, off + 2, off)
    event.remove(db.engine, "before_cursor_execute", note)


def test_a_mark_that_cannot_be_dealt_with_stays_and_keeps_nobody_waiting(
    ama: Member, kofi: Member, mailed: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in (ama, kofi):
        want(one, low_balance=100)
        charge(one, 950)
    tell_owners = low_balances.letters.tell_owners

    def stumble(account_id: int, *letter: object) -> None:
        if account_id == ama.account.id:
            raise OperationalError("SELECT", {}, Exception("server closed the connection"))
        tell_owners(account_id, *letter)

    with monkeypatch.context() as away:
        away.setattr(low_balances.letters, "tell_owners", stumble)
        low_balances.wake_due()
    assert [to for to, _, _ in mailed] == ["kofi@example.com"]
    low_balances.wake_due()
    assert [to for to, _, _ in mailed] == ["kofi@example.com", "ama@example.com"]
