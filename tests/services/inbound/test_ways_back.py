"""Answers and replies leave by a carrier that is there, also when the one of before is not."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from flashsms.extensions import db
from flashsms.models import Carrier, InboundNumber, Message
from flashsms.services import carriers, inbound
from tests.factories import Member
from tests.scripted import ScriptedSessions
from tests.services.inbound.conftest import ESI, text


@pytest.fixture
def bound(ama: Member, carrier: Carrier) -> InboundNumber:
    """A number of Ama's whose answers leave by the carrier."""
    return inbound.numbers.add(
        "0301234567", account=ama.account.public_id, carrier=carrier.public_id
    )


def moved(carrier: Carrier) -> Carrier:
    """Give the carrier another host: that is another row."""
    return carriers.edit(
        carrier.public_id,
        carrier.name,
        "smpp://id:pw@127.0.0.2:1",
        priority=carrier.priority,
        operators=(),
    )


def left_by() -> list[int | None]:
    db.session.commit()
    return list(db.session.scalars(select(Message.only_carrier_id).order_by(Message.id)))


def test_a_number_follows_its_carrier_to_another_host(
    ama: Member, carrier: Carrier, bound: InboundNumber, wire: ScriptedSessions, run_jobs
) -> None:
    new = moved(carrier)
    assert new.id != carrier.id
    db.session.refresh(bound)
    assert bound.carrier_id == new.id
    inbound.take(carrier.id, [text("HELP")])  # heard by the old one still
    run_jobs()
    assert [one.to for one in wire.submitted] == [ESI]
    assert left_by() == [new.id]


def test_what_came_by_a_carrier_that_moved_is_answered_by_any(
    ama: Member,
    carrier: Carrier,
    number: InboundNumber,
    wire: ScriptedSessions,
    run_jobs: Callable[[], int],
) -> None:
    inbound.take(carrier.id, [text("Are you open?")])
    moved(carrier)
    inbound.take(carrier.id, [text("HELP")])
    inbound.reply(ama.account.id, ESI, "Yes", attempt="1")
    run_jobs()
    assert [one.to for one in wire.submitted] == [ESI] * 2
    assert left_by() == [None, None]


def test_a_number_of_a_carrier_that_is_off_is_answered_by_the_one_that_brought_the_text(
    ama: Member, carrier: Carrier, bound: InboundNumber
) -> None:
    other = carriers.add("Other", "smpp://id:pw@127.0.0.1:2")
    carriers.remove(carrier.public_id)
    inbound.take(other.id, [text("HELP")])
    inbound.reply(ama.account.id, ESI, "Yes", attempt="1")
    assert left_by() == [other.id, other.id]
