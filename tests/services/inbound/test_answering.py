"""STOP, START and HELP do what they say, and answer once."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from flashsms.extensions import db
from flashsms.models import (
    Carrier,
    InboundKind,
    InboundNumber,
    Message,
    OptSource,
    Transaction,
    now,
)
from flashsms.services import accounts, carriers, inbound, opt_outs, sending
from flashsms.services.errors import DomainError
from flashsms.services.sending import Order
from tests.factories import Member, ledger_sum, phones
from tests.scripted import ScriptedSessions
from tests.services.inbound.conftest import ESI, NUMBER, text
from tests.services.inbound.test_taking import at_once, stored


def answers() -> list[Message]:
    db.session.commit()
    return list(db.session.scalars(select(Message).where(Message.is_answer).order_by(Message.id)))


def test_stop_opts_out_and_is_answered_once(
    ama: Member,
    kofi: Member,
    carrier: Carrier,
    number: InboundNumber,
    wire: ScriptedSessions,
    run_jobs: Callable[[], int],
) -> None:
    inbound.take(carrier.id, [text(" “Stop!” ", ref="1")])
    inbound.take(carrier.id, [text("STOPALL", ref="2")])
    assert opt_outs.find(ama.account.id, ESI).source is OptSource.REPLY
    assert opt_outs.find(kofi.account.id, ESI) is None
    run_jobs()
    [sent] = wire.submitted
    assert (sent.to, sent.sender) == (ESI, NUMBER)
    assert sent.text == "Ama: you get no more messages from us. Reply START to get them again."
    [answer] = answers()
    assert (answer.sender, answer.only_carrier_id) == ("0301234567", carrier.id)
    assert [one.answer_id for one in stored()] == [answer.id, None]
    assert [one.kind for one in stored()] == [InboundKind.STOP] * 2
    assert ama.balance == ledger_sum(ama.account) == 1000 - answer.credits_used
    with pytest.raises(DomainError, match="opted out"):
        sending.accept(ama.account.id, Order(text="Sale", recipients=[ESI]))


def test_start_ends_an_opt_out_and_is_answered_only_then(
    ama: Member, carrier: Carrier, number: InboundNumber
) -> None:
    inbound.take(
        carrier.id, [text("START", ref="1"), text("stop", ref="2"), text("start", ref="3")]
    )
    assert opt_outs.find(ama.account.id, ESI) is None
    assert [one.answer_id is not None for one in stored()] == [False, True, True]
    assert "messages again" in answers()[1].text


def test_help_is_answered_once_a_day(ama: Member, carrier: Carrier, number: InboundNumber) -> None:
    inbound.take(carrier.id, [text("help", ref="1"), text("INFO?", ref="2")])
    inbound.take(carrier.id, [text("help", ref="3"), text("Help", ref="4", phone="0242001001")])
    assert len(answers()) == 2  # another person is another
    assert "0201234567" in answers()[0].text
    with time_machine.travel(now() + timedelta(hours=25), tick=False):
        inbound.take(carrier.id, [text("help", ref="5")])
    assert len(answers()) == 3


@pytest.mark.parametrize("word", ["STOP", "HELP"])
def test_a_word_over_several_workers_is_answered_once(
    app: Flask, ama: Member, carrier: Carrier, number: InboundNumber, word: str
) -> None:
    other = carriers.add("Other", "smpp://id:pw@127.0.0.1:2")
    at_once(app, carrier.id, [[text(word, ref=str(at))] for at in range(3)])
    at_once(app, other.id, [[text(word, ref="8")], [text(word, ref="9")]])
    assert len(stored()) == 5
    assert len(answers()) == 1


def test_a_sentence_that_begins_with_a_word_is_no_word(
    ama: Member, carrier: Carrier, number: InboundNumber
) -> None:
    inbound.take(carrier.id, [text("Stop by my shop"), text("help me"), text("?!"), text("YES")])
    assert {one.kind for one in stored()} == {InboundKind.TEXT}
    assert answers() == []


def test_machines_are_not_answered(ama: Member, carrier: Carrier, number: InboundNumber) -> None:
    inbound.numbers.add("1900", account=None, carrier=None)
    inbound.numbers.add("233242009999", account=None, carrier=None)
    robots = [text("HELP", phone=phone) for phone in ("1900", "MTN", "233242009999", NUMBER)]
    inbound.take(carrier.id, robots)
    assert len(stored()) == 4
    assert answers() == []


def test_an_account_that_cannot_send_does_not_answer_and_takes_the_text(
    ama: Member, carrier: Carrier, number: InboundNumber
) -> None:
    accounts.suspend(ama.account.public_id, "unpaid")
    inbound.take(carrier.id, [text("STOP")])
    assert (answers(), len(stored())) == ([], 1)
    assert opt_outs.find(ama.account.id, ESI)


def test_an_answer_that_cannot_be_paid_leaves_nothing_behind(
    ama: Member, carrier: Carrier, number: InboundNumber
) -> None:
    sending.accept(
        ama.account.id, Order(text="x", recipients=[f"02430{at:05d}" for at in range(999)])
    )
    inbound.take(carrier.id, [text("HELP", phone="0242001001"), text("HELP"), text("Thanks")])
    assert (len(answers()), len(stored()), ama.balance) == (1, 3, 0)
    assert len(list(db.session.scalars(select(Transaction)))) == 3


def test_an_answer_leaves_by_the_carrier_of_the_number(
    ama: Member,
    carrier: Carrier,
    shared: InboundNumber,
    wire: ScriptedSessions,
    run_jobs: Callable[[], int],
) -> None:
    sending.accept(ama.account.id, Order(text="Sale", recipients=[ESI]))
    run_jobs()
    other = carriers.add("Other", "smpp://id:pw@127.0.0.1:2")
    inbound.take(other.id, [text("stop", number="1900")])
    assert opt_outs.find(ama.account.id, ESI)  # of the account that the number was given to
    run_jobs()
    assert wire.submitted[-1].sender == "1900"
    assert answers()[0].only_carrier_id == carrier.id


def test_a_paused_carrier_sends_no_answers(
    ama: Member,
    carrier: Carrier,
    number: InboundNumber,
    wire: ScriptedSessions,
    run_jobs: Callable[[], int],
) -> None:
    carriers.pause(carrier.public_id, "maintenance")
    inbound.take(carrier.id, [text("STOP")])
    run_jobs()
    assert wire.submitted == []


def test_words_and_answers_are_the_accounts_own(
    ama: Member, kofi: Member, carrier: Carrier, number: InboundNumber
) -> None:
    kinds = InboundKind.STOP, InboundKind.START, InboundKind.HELP
    words = dict(zip(kinds, ("gyae, stop", "", "boa"), strict=True))
    said = dict(zip(kinds, ("Yoo.", "Akwaaba!", ""), strict=True))
    assert inbound.words.save(ama.account.id, words, said)
    assert not inbound.words.save(ama.account.id, words, said)
    texts = [text(one, ref=one) for one in ("GYAE", "quit", "start", "boa", "help")]
    inbound.take(carrier.id, texts)
    assert [one.kind.value for one in stored()] == ["STOP", "TEXT", "START", "HELP", "TEXT"]
    assert [one.text for one in answers()] == ["Yoo.", "Akwaaba!"]
    assert inbound.words.of([kofi.account.id])[kofi.account.id].kind_of("quit") is kinds[0]


@pytest.mark.parametrize(
    ("words", "answer", "fault"),
    [
        ("STOP ME-NOW", "", "stop_words"),
        ("x" * 21, "", "stop_words"),
        ("START", "", "stop_words must not have 'START'"),
        ("", "Hello {{name}}", "stop_answer"),
        ("", "x" * 321, "stop_answer"),
    ],
)
def test_words_that_cannot_be_are_refused(ama: Member, words: str, answer: str, fault: str) -> None:
    kinds = inbound.words.KINDS
    given = dict.fromkeys(kinds, "") | {InboundKind.STOP: words}
    with pytest.raises(DomainError, match=fault):
        inbound.words.save(
            ama.account.id, given, dict.fromkeys(kinds, "") | {InboundKind.STOP: answer}
        )


def test_stop_never_means_anything_else(ama: Member) -> None:
    kinds = inbound.words.KINDS
    nothing = dict.fromkeys(kinds, "")
    own = nothing | {InboundKind.STOP: "gyae"}
    for kind in (InboundKind.START, InboundKind.HELP):
        with pytest.raises(DomainError, match=f"^{kind.lower()}_words must not have 'QUIT': it"):
            inbound.words.save(ama.account.id, own | {kind: "akwaaba quit"}, nothing)
    with pytest.raises(DomainError, match="'BOA': it means START"):
        inbound.words.save(
            ama.account.id, {one: "boa" if one != "STOP" else "gyae" for one in kinds}, nothing
        )
    assert inbound.words.save(ama.account.id, own, nothing)


def test_one_person_gets_five_answers_a_day_and_every_word_counts(
    ama: Member, carrier: Carrier, number: InboundNumber
) -> None:
    for at in range(9):
        inbound.take(carrier.id, [text(("STOP", "START")[at % 2], ref=str(at))])
        assert (opt_outs.find(ama.account.id, ESI) is None) is (at % 2 == 1)
    inbound.take(carrier.id, [text("HELP", ref="help"), text("HELP", phone="0242001001")])
    assert [one.answer_id is not None for one in stored()] == [True] * 5 + [False] * 5 + [True]
    with time_machine.travel(now() + timedelta(hours=25), tick=False):
        inbound.take(carrier.id, [text("START", ref="next day")])
    assert len(answers()) == 7


def test_words_beside_opt_outs_and_replies_never_wait_for_each_other_in_a_ring(
    app: Flask, ama: Member, kofi: Member, carrier: Carrier, number: InboundNumber
) -> None:
    other = carriers.add("Other", "smpp://id:pw@127.0.0.1:2")
    inbound.numbers.add("0301234568", account=kofi.account.public_id, carrier=None)
    people, failed = phones(6), []
    inbound.take(carrier.id, [text("Hello", phone=one) for one in people])
    start = threading.Barrier(4)

    def words(carrier_id: int, order: int, at: int) -> None:
        said = ("STOP", "START", "HELP")[at]
        to = (NUMBER, "233301234568")[::order]
        inbound.take(
            carrier_id,
            [text(said, phone=p, number=n, ref=f"{at}{p}{n}") for p in people[::order] for n in to],
        )

    def reply(at: int) -> None:
        with suppress(DomainError):  # they opted out
            inbound.reply(ama.account.id, people[at], "Hi", attempt=str(at))

    def run(act: Callable[[int], object]) -> None:
        with app.app_context():
            start.wait()
            try:
                for at in range(3):
                    act(at)
            except Exception as error:
                failed.append(error)

    acts = (
        partial(words, carrier.id, 1),
        partial(words, other.id, -1),
        lambda _: opt_outs.opt_out_many(ama.account.id, people, OptSource.API),
        reply,
    )
    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(stored()) == 6 + 2 * 3 * 12
    for member in (ama, kofi):
        assert member.balance == ledger_sum(member.account)
