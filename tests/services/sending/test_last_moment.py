"""What an operator decides while a job waits for its pace counts at once."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from flashsms.carriers.contract import Fate, Outcome, Receipt, ReceiptState
from flashsms.extensions import db
from flashsms.models import Message, Recipient
from flashsms.services import accounts, carriers, receipts
from flashsms.services.carriers import WayOut
from flashsms.services.sending import batches
from tests.factories import Member, statuses
from tests.services.sending.test_routing import ByCarrier, add, numbers, run_one, send
from tests.services.sending.test_routing import sessions as sessions


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Do something while the next job waits for its pace."""
    pace = batches._pace

    def install(act: Callable[[], object]) -> None:
        def late(carrier: WayOut, message: Message, most: int | None) -> int:
            monkeypatch.setattr(batches, "_pace", pace)
            act()
            return pace(carrier, message, most)

        monkeypatch.setattr(batches, "_pace", late)

    return install


def test_nothing_leaves_once_the_account_is_suspended(
    sessions: ByCarrier, ama: Member, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    add("one", priority=1)
    message = send(ama, numbers("23324", 3))
    meanwhile(lambda: accounts.suspend(ama.account.public_id, "Fraud"))
    run_one()
    assert sessions.left == []
    assert statuses(message.id) == {"QUEUED": 3}


def test_nothing_leaves_by_a_carrier_once_it_is_paused(
    sessions: ByCarrier, ama: Member, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    way = add("one", priority=1)
    other = add("two", priority=2)
    send(ama, numbers("23324", 3))
    meanwhile(lambda: carriers.pause(way.public_id, "Maintenance"))
    run_one()
    assert sessions.left == []
    run_one()
    assert {key for key, _ in sessions.left} == {other.id}


def test_ids_in_receipts_of_another_service_are_not_those_of_the_old_one(
    sessions: ByCarrier, ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many services count their ids from the beginning; the carrier keeps its name alone."""
    way = add("one", priority=1)
    old = send(ama, ["233241000001"])
    run_one()
    ref = db.session.scalar(select(Recipient.carrier_ref).where(Recipient.message_id == old.id))
    edited = carriers.edit(
        way.public_id, "one", "smpp://x:y@other.example:2775", priority=1, operators=()
    )
    assert edited.id != way.id
    new = send(ama, ["233241000002"])

    def accept(_key: int, _url: str, submissions: list[object]) -> list[Outcome]:
        return [Outcome(one.reference, Fate.ACCEPTED, (ref,)) for one in submissions]  # type: ignore[attr-defined]

    monkeypatch.setattr(sessions, "submit", accept)
    run_one()
    receipts.apply(edited.id, [Receipt(str(ref), "233241000002", ReceiptState.DELIVERED)])
    assert (statuses(old.id), statuses(new.id)) == ({"SENT": 1}, {"DELIVERED": 1})
    standing = {one.id: (one.name, one.active) for one in carriers.every()}
    assert standing[edited.id] == ("one", True)
    assert standing[way.id][1] is False
