"""Texts from people: stored once, for whom they are meant, however they come."""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from flashsms.carriers.contract import Inbound, TextPart
from flashsms.extensions import db
from flashsms.models import (
    Carrier,
    Conversation,
    InboundKind,
    InboundMessage,
    InboundNumber,
    now,
)
from flashsms.services import inbound, opt_outs, sending
from flashsms.services.sending import Order
from tests.factories import Member
from tests.scripted import ScriptedSessions
from tests.services.inbound.conftest import ESI, NUMBER, text


def stored() -> list[InboundMessage]:
    db.session.commit()
    return list(db.session.scalars(select(InboundMessage).order_by(InboundMessage.id)))


def at_once(app: Flask, carrier_id: int, groups: Sequence[Sequence[Inbound]]) -> None:
    """Take groups over as many workers at the same moment."""
    start, failed = threading.Barrier(len(groups)), []

    def take(group: Sequence[Inbound]) -> None:
        with app.app_context():
            start.wait()
            try:
                inbound.take(carrier_id, group)
            except Exception as error:
                failed.append(error)

    threads = [threading.Thread(target=take, args=(group,)) for group in groups]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_a_text_reaches_the_account_that_owns_the_number(
    ama: Member, carrier: Carrier, number: InboundNumber
) -> None:
    inbound.take(carrier.id, [text("Are you open?", phone="0242001000", number="0301234567")])
    [one] = stored()
    assert (one.account_id, one.phone, one.number) == (ama.account.id, ESI, NUMBER)
    assert (one.text, one.kind) == ("Are you open?", InboundKind.TEXT)
    conversation = inbound.conversations.find(ama.account.id, ESI)
    assert (conversation.text, conversation.unread) == ("Are you open?", 1)
    inbound.take(carrier.id, [text("Hello?"), text("x" * 500)])
    conversation = inbound.conversations.find(ama.account.id, ESI)
    assert (conversation.text, conversation.unread) == ("x" * 200, 3)


def test_a_shared_number_reaches_whoever_wrote_last(
    ama: Member,
    kofi: Member,
    carrier: Carrier,
    shared: InboundNumber,
    wire: ScriptedSessions,
    run_jobs: Callable[[], int],
) -> None:
    for member in (kofi, ama):
        sending.accept(member.account.id, Order(text="Sale", recipients=[ESI]))
        run_jobs()
    later = now() + timedelta(days=1)
    sending.accept(kofi.account.id, Order(text="Later", recipients=[ESI], scheduled_at=later))
    inbound.take(carrier.id, [text("Thanks", number="1900"), text("Hi", number="4444")])
    assert [one.account_id for one in stored()] == [ama.account.id] * 2
    with time_machine.travel(now() + timedelta(days=31), tick=False):
        inbound.take(carrier.id, [text("Who are you?", number="1900")])
    assert stored()[-1].account_id is None


def test_what_nobody_owns_is_kept_for_operators(ama: Member, carrier: Carrier) -> None:
    inbound.take(carrier.id, [text("Stop", number="9999", phone="MTN/Info")])
    [one] = inbound.numbers.unowned(10).items
    assert (one.account_id, one.phone, one.kind) == (None, "MTN-Info", InboundKind.TEXT)
    assert list(db.session.scalars(select(Conversation))) == []


def test_one_that_comes_twice_is_stored_once(
    ama: Member, carrier: Carrier, number: InboundNumber
) -> None:
    again = [text("Hello", ref="7"), text("Yes")]
    inbound.take(carrier.id, [*again, *again])
    inbound.take(carrier.id, again)
    assert [one.text for one in stored()] == ["Hello", "Yes"]
    inbound.take(carrier.id + 1, [text("Hello", ref="7")])  # another carrier's id is another's
    with time_machine.travel(now() + timedelta(seconds=61), tick=False):
        inbound.take(carrier.id, [text("Yes")])  # somebody says it again
    assert [one.text for one in stored()] == ["Hello", "Yes", "Hello", "Yes"]
    assert inbound.conversations.find(ama.account.id, ESI).unread == 4


def test_what_is_said_again_after_something_else_is_kept(
    ama: Member, carrier: Carrier, number: InboundNumber
) -> None:
    for at, word in enumerate(("STOP", "START", "STOP", "STOP")):
        with time_machine.travel(now() + timedelta(seconds=10 * at), tick=False):
            inbound.take(carrier.id, [text(word)])
    assert [one.text for one in stored()] == ["STOP", "START", "STOP"]
    assert opt_outs.find(ama.account.id, ESI)
    inbound.take(carrier.id, [text(one, phone="0242001001") for one in ("Yes", "No", "No", "Yes")])
    assert [one.text for one in stored()[3:]] == ["Yes", "No", "Yes"]


def test_long_names_that_differ_at_their_end_are_two_people(
    ama: Member, carrier: Carrier, number: InboundNumber
) -> None:
    names = "whatsapp:+233242001000", "whatsapp:+233242001099", "9" * 25, "9" * 26
    inbound.take(carrier.id, [text("Hi", phone=one) for one in (*names, *names)])
    people = [one.phone for one in stored()]
    assert len(set(people)) == len(people) == 4
    assert [len(one) for one in people] == [20] * 4
    assert people[0].startswith("whatsapp-")


def test_long_ids_that_differ_at_their_end_are_two(
    ama: Member, carrier: Carrier, number: InboundNumber
) -> None:
    inbound.take(carrier.id, [text("One", ref="x" * 80 + "1"), text("One", ref="x" * 80 + "2")])
    assert len(stored()) == 2


@pytest.mark.parametrize("ref", ["", "7"])
def test_one_that_comes_over_several_workers_is_stored_once(
    app: Flask, ama: Member, carrier: Carrier, number: InboundNumber, ref: str
) -> None:
    at_once(app, carrier.id, [[text("Hello", ref=ref)]] * 4)
    assert len(stored()) == 1
    assert inbound.conversations.find(ama.account.id, ESI).unread == 1


def test_nonsense_is_stored_as_it_is(ama: Member, carrier: Carrier, number: InboundNumber) -> None:
    strange = [
        text("a\0b\ud800", ref="\n1"),
        text("c", part=TextPart(1, 5, 2)),
        text("", phone=""),
        text("d", part=TextPart(2**40, 1, 1)),
    ]
    inbound.take(carrier.id, strange)
    assert [one.text for one in stored()] == ["ab?", "c", "", "d"]
    assert {one.phone for one in stored()} == {ESI, "unknown"}
