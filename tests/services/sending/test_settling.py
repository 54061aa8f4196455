"""What carriers say is stored whatever it is made of, and one bad answer costs one recipient."""

from collections.abc import Callable, Sequence

import pytest
from sqlalchemy.exc import DataError

from flashsms.carriers.contract import Fate, Outcome, Receipt, ReceiptState, Submission
from flashsms.extensions import db
from flashsms.models import Carrier, Message, Recipient, RecipientPart
from flashsms.services import receipts, sending
from flashsms.services.sending import Order, settling
from tests.factories import Member, phones, statuses
from tests.scripted import Answer, ScriptedSessions, accepted

NUL, HALF = "\x00", "\ud83d"  # what PostgreSQL does not take, and what nothing can encode


def say(fate: Fate, reason: str, code: str = "", *ids: str) -> Answer:
    return lambda sub: Outcome(sub.reference, fate, ids, reason, code)


def send(member: Member, count: int, text: str = "Hi") -> Message:
    order = Order(text=text, recipients=phones(count))
    return sending.accept(member.account.id, order).message


@pytest.mark.parametrize("odd", [NUL, HALF], ids=["NUL", "half a character"])
@pytest.mark.parametrize(
    ("fate", "status"),
    [
        (Fate.REFUSED, "FAILED"),
        (Fate.ELSEWHERE, "FAILED"),
        (Fate.UNKNOWN, "UNKNOWN"),
        (Fate.BUSY, "QUEUED"),
        (Fate.ACCEPTED, "SENT"),
    ],
)
def test_words_of_any_characters_are_stored_without_those_that_cannot_be(
    ama: Member,
    wire: ScriptedSessions,
    run_jobs: Callable[[], int],
    odd: str,
    fate: Fate,
    status: str,
) -> None:
    wire.answer = say(fate, f"bad {odd}sender", f"4{odd}2")
    message = send(ama, 30)
    run_jobs()
    assert statuses(message.id) == {status: 30}
    said = None if fate is Fate.ACCEPTED else "bad sender (42)"
    assert {why for (why,) in db.session.query(Recipient.reason)} == {said}
    assert ama.balance == (1000 if status == "FAILED" else 970)


@pytest.mark.parametrize("odd", [NUL, HALF], ids=["NUL", "half a character"])
def test_ids_of_any_characters_are_kept_and_found_again(
    ama: Member, carrier: Carrier, wire: ScriptedSessions, run_jobs: Callable[[], int], odd: str
) -> None:
    wire.answer = lambda sub: Outcome(sub.reference, Fate.ACCEPTED, (f"{odd}z{sub.to}",))
    message = send(ama, 2)
    run_jobs()
    assert statuses(message.id) == {"SENT": 2}
    heard = [Receipt(f"{odd}z{to}", to, ReceiptState.DELIVERED) for to in phones(2)]
    receipts.apply(carrier.id, heard)
    assert statuses(message.id) == {"DELIVERED": 2}


def test_an_id_of_nothing_that_can_be_stored_is_none(
    ama: Member, wire: ScriptedSessions, run_jobs: Callable[[], int]
) -> None:
    wire.answer = say(Fate.ACCEPTED, "", "", NUL)
    send(ama, 1)
    wire.answer = lambda sub: Outcome(
        sub.reference, Fate.ACCEPTED, (HALF, NUL) if len(sub.text) > 160 else (NUL,)
    )
    send(ama, 1, "a" * 200)
    run_jobs()
    assert {ref for (ref,) in db.session.query(Recipient.carrier_ref)} == {None}
    assert db.session.query(RecipientPart.id).first() is None


@pytest.mark.parametrize(
    "error", [TypeError("what is that?"), DataError("UPDATE", {}, Exception())]
)
def test_one_outcome_that_cannot_be_stored_costs_one_recipient(
    ama: Member,
    wire: ScriptedSessions,
    run_jobs: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    bad = phones(40)[17]
    move = settling._move

    def fail(
        claimed: Sequence[tuple[settling.Claim, str | None]], *given: object, **more: object
    ) -> set[int]:
        pairs = list(claimed)
        if any(claim.phone == bad for claim, _ in pairs):
            raise error
        return move(pairs, *given, **more)  # type: ignore[arg-type]

    def answer(sub: Submission) -> Outcome:
        refused = Outcome(sub.reference, Fate.REFUSED, reason="No.")
        return refused if sub.to in phones(40)[30:] else accepted(sub)

    wire.answer = answer
    with monkeypatch.context() as broken:
        broken.setattr(settling, "_move", fail)
        message = send(ama, 40)
        run_jobs()
    assert statuses(message.id) == {"SENT": 29, "FAILED": 10, "SUBMITTING": 1}
    assert ama.balance == 970
    assert len(wire.submitted) == 40


def test_the_next_batch_goes_on_after_one_that_cannot_be_stored_together(
    app: object,
    ama: Member,
    wire: ScriptedSessions,
    run_jobs: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app.config["BATCH_SIZE"] = 10  # type: ignore[attr-defined]
    expect = receipts.expect

    def fail(carrier_id: int, outcomes: Sequence[Outcome]) -> None:
        if len(outcomes) > 1:
            raise TypeError("not together")
        expect(carrier_id, outcomes)

    monkeypatch.setattr(receipts, "expect", fail)
    message = send(ama, 25)
    run_jobs()
    assert statuses(message.id) == {"SENT": 25}
    assert len(wire.submitted) == 25
