"""Longer texts: their parts become one text, whatever order they come in and how often."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from flashsms.carriers.contract import Inbound, TextPart
from flashsms.extensions import db
from flashsms.jobs import schedule
from flashsms.models import Carrier, InboundNumber, InboundPart, now
from flashsms.services import inbound, opt_outs
from tests.factories import Member
from tests.services.inbound.conftest import ESI, text
from tests.services.inbound.test_taking import at_once, stored


def texts() -> list[str]:
    return [one.text for one in stored()]


def parts(*said: str, reference: int = 9) -> list[Inbound]:
    return [
        text(one, part=TextPart(reference, at, len(said))) for at, one in enumerate(said, start=1)
    ]


def test_parts_become_one_text_in_their_order(
    ama: Member, carrier: Carrier, number: InboundNumber
) -> None:
    first, second, third = parts("one ", "two ", "three")
    inbound.take(carrier.id, [third, first])
    assert stored() == []
    inbound.take(carrier.id, [first, second])
    inbound.take(carrier.id, [second, third, first])  # whose acknowledgements were lost
    assert [one.text for one in stored()] == ["one two three"]
    assert inbound.conversations.find(ama.account.id, ESI).unread == 1


def test_parts_over_several_workers_become_one_text(
    app: Flask, ama: Member, carrier: Carrier, number: InboundNumber
) -> None:
    one, two, three = parts("one ", "two ", "three")
    at_once(app, carrier.id, [[one], [two], [three], [two], [three, one]])
    assert [one.text for one in stored()] == ["one two three"]


def test_a_phone_that_counts_anew_begins_another_text(
    ama: Member, carrier: Carrier, number: InboundNumber
) -> None:
    inbound.take(carrier.id, parts("one ", "two"))
    inbound.take(carrier.id, parts("three ", "four"))
    inbound.take(carrier.id, parts("five ", "lost")[:1])
    inbound.take(carrier.id, parts("six ", "seven"))
    assert [one.text for one in stored()] == ["one two", "three four", "five …", "six seven"]


def test_what_is_incomplete_after_an_hour_is_stored_with_a_gap(
    ama: Member, carrier: Carrier, number: InboundNumber
) -> None:
    whole = parts("never", "told", reference=3)
    inbound.take(carrier.id, [*whole, *parts("a", "b ", "c", "d")[1:2]])
    inbound.wake_due()
    assert [one.text for one in stored()] == ["nevertold"]
    with time_machine.travel(now() + timedelta(minutes=61), tick=False):
        schedule.tick()
        schedule.tick()
    assert [one.text for one in stored()] == ["nevertold", "…b …"]
    assert list(db.session.scalars(select(InboundPart))) == []


def test_texts_of_one_reference_that_begin_alike_are_both_kept(
    ama: Member, carrier: Carrier, number: InboundNumber
) -> None:
    for end in ("A", "B"):
        inbound.take(carrier.id, parts("Dear sir, ", end))
    assert texts() == ["Dear sir, A", "Dear sir, B"]
    inbound.take(carrier.id, parts("Dear sir, ", "B"))  # again
    assert texts() == ["Dear sir, A", "Dear sir, B"]


def test_the_same_text_is_a_repetition_for_two_minutes(
    ama: Member, carrier: Carrier, number: InboundNumber
) -> None:
    start = now()
    for minute in (0, 1, 50):
        with time_machine.travel(start + timedelta(minutes=minute), tick=False):
            inbound.take(carrier.id, parts("Send me ", "ten"))
    assert texts() == ["Send me ten"] * 2


def test_a_part_that_came_again_is_not_mixed_with_a_later_text(
    ama: Member, carrier: Carrier, number: InboundNumber
) -> None:
    start = now()
    with time_machine.travel(start, tick=False):
        inbound.take(carrier.id, parts("one ", "two"))
        inbound.take(carrier.id, parts("one ", "two")[:1])
    with time_machine.travel(start + timedelta(minutes=50), tick=False):
        inbound.take(carrier.id, parts("three ", "four")[::-1])
        assert texts() == ["one two", "three four"]
        inbound.take(carrier.id, parts("three ", "four")[1:])
    with time_machine.travel(start + timedelta(minutes=120), tick=False):
        inbound.wake_due()
        inbound.wake_due()
    assert texts() == ["one two", "three four"]
    assert list(db.session.scalars(select(InboundPart))) == []


def test_an_unfinished_text_is_given_up_when_another_takes_its_reference(
    ama: Member, carrier: Carrier, number: InboundNumber
) -> None:
    inbound.take(carrier.id, [*parts("one ", "lost")[:1], *parts("two ", "three")])
    assert texts() == ["one \u2026", "two three"]


def test_texts_whose_parts_still_come_do_not_hold_up_others(
    ama: Member, carrier: Carrier, number: InboundNumber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbound.parts, "PER_TICK", 1)

    def slow(position: int) -> list[Inbound]:
        return [text("x", phone="0241", part=TextPart(at, position, 250)) for at in range(30)]

    start = now()
    with time_machine.travel(start, tick=False):
        inbound.take(carrier.id, slow(1))
    with time_machine.travel(start + timedelta(minutes=1), tick=False):
        inbound.take(carrier.id, parts("STOP", "")[:1])
    with time_machine.travel(start + timedelta(minutes=59), tick=False):
        inbound.take(carrier.id, slow(2))
    with time_machine.travel(start + timedelta(minutes=62), tick=False):
        inbound.wake_due()
    assert opt_outs.find(ama.account.id, ESI)
    assert len(stored()) == 1
