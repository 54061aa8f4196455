"""Whose a text to a shared number is: of whoever wrote to that person last."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from flashsms.carriers.contract import Fate, Receipt, ReceiptState
from flashsms.models import Carrier, InboundKind, InboundNumber, OptSource, now
from flashsms.services import inbound, opt_outs, receipts, sending
from flashsms.services.sending import Order
from tests.factories import Member
from tests.scripted import ScriptedSessions, accepted, answers
from tests.services.inbound.conftest import ESI, text
from tests.services.inbound.test_taking import stored


@pytest.fixture
def write(wire: ScriptedSessions, run_jobs: Callable[[], int]) -> Callable[[Member], str]:
    """Send Esi a message of an account, and return the carrier's id of it."""

    def send(member: Member) -> str:
        sending.accept(member.account.id, Order(text="Sale", recipients=[ESI]))
        run_jobs()
        return f"1{wire.submitted[-1].reference}"

    return send


def say(carrier: Carrier, *said: str) -> None:
    """Let Esi write these texts to the shared number, each with an id of its own."""
    at = len(stored())
    inbound.take(
        carrier.id,
        [text(one, number="1900", ref=str(at + more)) for more, one in enumerate(said)],
    )


def stopped(*members: Member) -> list[bool]:
    return [opt_outs.find(one.account.id, ESI) is not None for one in members]


@pytest.mark.parametrize("together", [True, False])
def test_stop_again_reaches_the_next_account_that_wrote(
    ama: Member,
    kofi: Member,
    carrier: Carrier,
    shared: InboundNumber,
    write: Callable[[Member], str],
    run_jobs: Callable[[], int],
    together: bool,
) -> None:
    write(ama)
    write(kofi)
    if together:
        say(carrier, "STOP", "STOP", "STOP")
    else:
        say(carrier, "STOP")
        run_jobs()  # the answer to it does not count as having written
        assert stopped(ama, kofi) == [False, True]
        say(carrier, "STOP")
        say(carrier, "STOP")
    assert stopped(ama, kofi) == [True, True]
    owners = [kofi.account.id, ama.account.id, kofi.account.id]
    assert [one.account_id for one in stored()] == owners


def test_start_ends_the_last_of_several_opt_outs(
    ama: Member,
    kofi: Member,
    carrier: Carrier,
    shared: InboundNumber,
    write: Callable[[Member], str],
) -> None:
    write(ama)
    write(kofi)
    for said in ("STOP", "STOP", "START"):
        say(carrier, said)
    assert stopped(ama, kofi) == [False, True]
    say(carrier, "START", "Hello")
    assert stopped(ama, kofi) == [False, False]
    kept = [one.account_id for one in stored()[2:]]
    assert kept == [ama.account.id, kofi.account.id, kofi.account.id]


def test_start_to_whoever_wrote_last_ends_no_other_opt_out(
    ama: Member,
    kofi: Member,
    carrier: Carrier,
    shared: InboundNumber,
    write: Callable[[Member], str],
) -> None:
    write(ama)
    write(kofi)
    opt_outs.opt_out(ama.account.id, ESI, OptSource.DASHBOARD)
    say(carrier, "START")
    assert stopped(ama, kofi) == [True, False]


def test_words_mean_what_they_do_for_the_account_that_they_reach(
    ama: Member,
    kofi: Member,
    carrier: Carrier,
    shared: InboundNumber,
    write: Callable[[Member], str],
) -> None:
    nothing = dict.fromkeys(inbound.words.KINDS, "")
    inbound.words.save(kofi.account.id, nothing | {InboundKind.STOP: "gyae"}, nothing)
    write(ama)
    write(kofi)
    say(carrier, "gyae", "gyae", "STOP")
    assert stopped(ama, kofi) == [True, True]  # STOP itself stops everybody, one after the other
    assert [one.kind.value for one in stored()] == ["STOP", "STOP", "STOP"]


def test_what_never_arrived_does_not_count(
    ama: Member,
    kofi: Member,
    carrier: Carrier,
    shared: InboundNumber,
    wire: ScriptedSessions,
    write: Callable[[Member], str],
) -> None:
    receipts.apply(carrier.id, [Receipt(write(ama), ESI, ReceiptState.DELIVERED)])
    receipts.apply(carrier.id, [Receipt(write(kofi), ESI, ReceiptState.FAILED, "Blocked")])
    wire.answer = answers(Fate.REFUSED)
    write(kofi)
    wire.answer = accepted
    say(carrier, "STOP")
    assert stopped(ama, kofi) == [True, False]


def test_what_is_only_scheduled_hides_nobody(
    ama: Member,
    kofi: Member,
    carrier: Carrier,
    shared: InboundNumber,
    write: Callable[[Member], str],
) -> None:
    write(ama)
    later = now() + timedelta(days=300)
    for _ in range(51):
        sending.accept(kofi.account.id, Order(text="Later", recipients=[ESI], scheduled_at=later))
    say(carrier, "STOP")
    assert stopped(ama, kofi) == [True, False]


def test_tests_with_a_number_hide_nobody_who_wrote_to_it(
    ama: Member,
    kofi: Member,
    carrier: Carrier,
    shared: InboundNumber,
    write: Callable[[Member], str],
    run_jobs: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They cost nothing, so anybody could make more of them than are looked at."""
    monkeypatch.setattr(inbound.owners, "_WALKED", 3)
    write(ama)
    for _ in range(4):
        order = Order(text="Hello", recipients=[ESI], is_test=True)
        sending.accept(kofi.account.id, order)
    run_jobs()
    say(carrier, "STOP")
    assert stopped(ama, kofi) == [True, False]
