"""The session against a faulty SMSC: the right outcome, back again, nothing submitted twice."""

import asyncio
import logging

import pytest

from flashsms.carriers.contract import Fate, Inbound
from flashsms.carriers.smpp import carrier as carrier_module
from flashsms.carriers.smpp import outbox, pdu
from flashsms.carriers.smpp.pdu import ShortMessage
from tests.carriers.faulty import (
    FaultySmsc,
    accept,
    after,
    close_in_the_middle,
    refuse,
    say_nothing,
    write,
)
from tests.carriers.helpers import Taken, open_carrier, receipt_of, some, to, until

LONG = "x" * 400  # three parts
GARBAGE = {
    "a command that does not exist": pdu.encode(0x7777, 1),
    "an oversized length": b"\xff\xff\xff\xff" + bytes(12),
    "a length below the header's": bytes(3) + b"\x0f" + bytes(12),
    "another protocol": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "an answer whose id does not end": pdu.encode(pdu.SUBMIT_SM_RESP, 2, b"no end"),
}


def run(scenario) -> None:
    asyncio.run(asyncio.wait_for(scenario, 20))


def test_a_batch_is_accepted_in_order_with_the_ids_of_the_carrier():
    async def scenario():
        async with FaultySmsc() as smsc, open_carrier(smsc.url) as carrier:
            outcomes = await carrier.submit(some(200))
            assert [o.reference for o in outcomes] == [s.reference for s in some(200)]
            assert [o.carrier_ids for o in outcomes] == [(f"id{n}",) for n in range(1, 201)]
            assert {o.fate for o in outcomes} == {Fate.ACCEPTED}

    run(scenario())


def test_the_window_is_never_exceeded_and_is_shared_by_calls():
    async def scenario():
        held = []

        def hold(peer, request):
            held.append(request.sequence)
            assert len(held) <= 8
            asyncio.get_running_loop().call_later(0.002, release, peer)

        def release(peer):
            if held:
                peer.send(pdu.SUBMIT_SM_RESP, held.pop(0), b"1\0")

        async with FaultySmsc(hold) as smsc, open_carrier(f"{smsc.url}?window=8") as carrier:
            results = await asyncio.gather(carrier.submit(some(60)), carrier.submit(some(60)))
            assert [len(outcomes) for outcomes in results] == [60, 60]
            assert smsc.most_in_one_read == 8

    run(scenario())


@pytest.mark.parametrize("name", GARBAGE)
def test_after_garbage_the_outcome_is_unknown_and_the_carrier_comes_back(name):
    async def scenario():
        smsc = FaultySmsc(after(write(GARBAGE[name]), then=say_nothing))
        async with smsc, open_carrier(f"{smsc.url}?window=2") as carrier:
            outcomes = await carrier.submit(some(4))
            assert [o.fate for o in outcomes] == [Fate.UNKNOWN] * 2 + [Fate.UNSENT] * 2
            smsc.misdeed = accept
            await until(lambda: carrier.ready)
            assert (await carrier.submit([to(7777)]))[0].fate is Fate.ACCEPTED
            assert set(smsc.seen.values()) == {1}
            assert carrier.stats.reconnects == 1

    run(scenario())


def test_a_connection_closed_in_the_middle_of_an_answer_leaves_the_written_unknown():
    async def scenario():
        smsc = FaultySmsc(after(close_in_the_middle, then=say_nothing))
        async with smsc, open_carrier(f"{smsc.url}?window=3") as carrier:
            outcomes = await carrier.submit(some(5))
            assert [o.fate for o in outcomes] == [Fate.UNKNOWN] * 3 + [Fate.UNSENT] * 2
            assert all("lost" in o.reason for o in outcomes)
            await until(lambda: carrier.ready)
            assert len(smsc.seen) == 3

    run(scenario())


def test_no_answer_in_time_is_unknown_and_a_late_one_is_ignored(caplog):
    async def scenario():
        late = []
        smsc = FaultySmsc(after(lambda peer, request: late.append((peer, request))))
        async with smsc, open_carrier(f"{smsc.url}?response_timeout=0.2") as carrier:
            first, second = await carrier.submit(some(2))
            assert (first.fate, second.fate) == (Fate.UNKNOWN, Fate.ACCEPTED)
            accept(*late[0])
            assert (await carrier.submit([to(9)]))[0].fate is Fate.ACCEPTED
            assert carrier.stats.reconnects == 0

    with caplog.at_level(logging.WARNING):
        run(scenario())
    assert "an answer to nothing" in caplog.text


def test_a_carrier_that_never_answers_is_left_and_what_waited_comes_back_unsent():
    async def scenario():
        async with FaultySmsc(say_nothing) as smsc:
            url = f"{smsc.url}?response_timeout=0.2&window=2"
            async with open_carrier(url) as carrier:
                outcomes = await carrier.submit(some(4))
                fates = [Fate.UNKNOWN, Fate.UNKNOWN, Fate.UNSENT, Fate.UNSENT]
                assert [o.fate for o in outcomes] == fates
                await until(lambda: smsc.binds == 2)

    run(scenario())


@pytest.mark.parametrize("status", [0x0D, 0x0E, 0x0F])
def test_a_refused_sign_in_is_said_in_plain_words_and_not_tried_in_a_loop(status):
    async def scenario():
        smsc = FaultySmsc(bind_status=status)
        async with smsc, open_carrier(smsc.url, bound=False) as carrier:
            await until(lambda: "refused the sign-in" in carrier.trouble)
            (outcome,) = await carrier.submit([to(1)])
            assert outcome.fate is Fate.UNSENT
            assert outcome.reason == carrier.trouble
            await asyncio.sleep(0.7)  # longer than the pause after any other failure
            assert smsc.binds == 1

    run(scenario())


def test_a_carrier_that_was_away_is_found_again():
    async def scenario():
        async with FaultySmsc() as smsc, open_carrier(smsc.url) as carrier:
            await smsc.vanish()
            await until(lambda: "Cannot connect" in carrier.trouble)
            assert (await carrier.submit([to(1)]))[0].fate is Fate.UNSENT
            await smsc.listen()
            await until(lambda: carrier.ready)
            assert (await carrier.submit([to(1)]))[0].fate is Fate.ACCEPTED
            assert smsc.seen["233201000001"] == 1

    run(scenario())


def test_a_throttled_session_halves_its_window_pauses_and_grows_back():
    async def scenario():
        smsc = FaultySmsc(after(refuse(0x58)))
        async with smsc, open_carrier(f"{smsc.url}?window=8") as carrier:
            outcomes = await carrier.submit(some(8))
            assert [o.fate for o in outcomes] == [Fate.THROTTLED] + [Fate.ACCEPTED] * 7
            assert carrier.stats.window == 5
            await carrier.submit(some(40))
            assert carrier.stats.window == 8

    run(scenario())


def test_a_carrier_that_only_throttles_gets_a_few_and_the_rest_comes_back():
    async def scenario():
        async with (
            FaultySmsc(refuse(0x58)) as smsc,
            open_carrier(f"{smsc.url}?window=4") as carrier,
        ):
            outcomes = await carrier.submit(some(500))
            assert {o.fate for o in outcomes} == {Fate.THROTTLED, Fate.UNSENT}
            assert smsc.seen.total() < 20

    run(scenario())


@pytest.mark.parametrize(
    ("status", "fate"), [(0x0B, Fate.REFUSED), (0x08, Fate.BUSY), (0x0400, Fate.BUSY)]
)
def test_a_refusal_keeps_its_code_and_says_why(status, fate):
    async def scenario():
        async with FaultySmsc(refuse(status)) as smsc, open_carrier(smsc.url) as carrier:
            (outcome,) = await carrier.submit([to(1)])
            assert (outcome.fate, outcome.code) == (fate, f"0x{status:08X}")
            assert outcome.reason.endswith(".")

    run(scenario())


def test_a_bind_that_the_carrier_forgot_is_made_again_without_blaming_the_message():
    async def scenario():
        smsc = FaultySmsc(after(refuse(0x04)))
        async with smsc, open_carrier(smsc.url) as carrier:
            (outcome,) = await carrier.submit([to(1)])
            assert outcome.fate is Fate.UNSENT
            await until(lambda: smsc.binds == 2 and carrier.ready)

    run(scenario())


def test_a_generic_nack_refuses_the_message_that_it_names():
    async def scenario():
        def nack(peer, request):
            peer.send(pdu.GENERIC_NACK, request.sequence, status=0x02)

        async with FaultySmsc(nack) as smsc, open_carrier(smsc.url) as carrier:
            (outcome,) = await carrier.submit([to(1)])
            assert outcome.fate is Fate.REFUSED

    run(scenario())


def test_a_part_refused_for_a_moment_is_tried_again_when_the_others_were_taken():
    async def scenario():
        smsc = FaultySmsc(after(refuse(0x58)))
        async with smsc, open_carrier(smsc.url) as carrier:
            (outcome,) = await carrier.submit([to(1, LONG)])
            assert outcome.fate is Fate.ACCEPTED
            assert outcome.carrier_ids == ("id3", "id1", "id2")
            numbers = [message.text[5] for message in smsc.messages]
            assert numbers == [1, 2, 3, 1]

    run(scenario())


def test_a_part_that_stays_refused_ends_as_refused_with_the_ids_of_the_others(monkeypatch):
    async def scenario():
        def only_later_parts(peer, request):
            number = pdu.decode_message(request.body).text[5]
            (refuse(0x08) if number == 1 else accept)(peer, request)

        async with FaultySmsc(only_later_parts) as smsc, open_carrier(smsc.url) as carrier:
            (outcome,) = await carrier.submit([to(1, LONG)])
            assert (outcome.fate, outcome.carrier_ids) == (Fate.REFUSED, ("id1", "id2"))
            assert outcome.code == "0x00000008"
            assert [message.text[5] for message in smsc.messages].count(1) == 5

    monkeypatch.setattr(outbox, "_RETRY", 0.005)
    run(scenario())


def test_a_long_text_of_which_nothing_was_taken_is_the_callers_to_try_again():
    async def scenario():
        async with FaultySmsc(refuse(0x58)) as smsc, open_carrier(smsc.url) as carrier:
            (outcome,) = await carrier.submit([to(1, LONG)])
            assert (outcome.fate, outcome.carrier_ids) == (Fate.THROTTLED, ())
            assert smsc.seen.total() == 3

    run(scenario())


def test_a_lost_connection_keeps_the_ids_of_the_parts_that_were_taken():
    async def scenario():
        smsc = FaultySmsc(after(accept, then=say_nothing))
        async with smsc, open_carrier(f"{smsc.url}?response_timeout=0.2") as carrier:
            (outcome,) = await carrier.submit([to(1, LONG)])
            assert (outcome.fate, outcome.carrier_ids) == (Fate.UNKNOWN, ("id1",))

    run(scenario())


@pytest.mark.parametrize(
    ("number", "sender", "text"),
    [("+233", "SHOP", "x"), ("23320", "ƐDWA", "x"), ("23320", "SHOP", "\ud800")],
)
def test_what_cannot_be_written_is_refused_and_the_others_go(number, sender, text):
    async def scenario():
        wrong = to(1).__class__(1, number, sender, text)
        async with FaultySmsc() as smsc, open_carrier(smsc.url) as carrier:
            outcomes = await carrier.submit([wrong, to(2)])
            assert [o.fate for o in outcomes] == [Fate.REFUSED, Fate.ACCEPTED]
            assert await carrier.submit([]) == []

    run(scenario())


def test_receipts_are_acknowledged_only_after_they_were_taken():
    async def scenario():
        gate, taken = asyncio.Event(), []

        async def take(receipts):
            await gate.wait()
            taken.extend(receipts)

        async with FaultySmsc() as smsc, open_carrier(smsc.url, take) as carrier:
            smsc.deliver(5, receipt_of("77"))
            smsc.peers[-1].send(pdu.ENQUIRE_LINK, 6)
            await until(lambda: smsc.answers)
            assert [answer.command for answer in smsc.answers] == [pdu.ENQUIRE_LINK_RESP]
            gate.set()
            await until(lambda: len(smsc.answers) == 2)
            assert (smsc.answers[1].sequence, smsc.answers[1].status) == (5, 0)
            assert [receipt.carrier_id for receipt in taken] == ["77"]
            assert carrier.stats.receipts == 1

    run(scenario())


def test_receipts_that_could_not_be_taken_are_asked_for_again():
    async def scenario():
        async def take(receipts):
            raise OSError("the database is away")

        async with FaultySmsc() as smsc, open_carrier(smsc.url, take):
            smsc.deliver(5, receipt_of("77"))
            await until(lambda: smsc.answers)
            assert (smsc.answers[0].sequence, smsc.answers[0].status) == (5, 0x64)

    run(scenario())


def test_reading_stops_while_too_many_receipts_wait(monkeypatch):
    async def scenario():
        gate = asyncio.Event()

        async def take(receipts):
            await gate.wait()

        async with FaultySmsc() as smsc, open_carrier(smsc.url, take):
            for number in range(1, 21):
                smsc.deliver(number, receipt_of(str(number)))
            await asyncio.sleep(0.05)
            smsc.peers[-1].send(pdu.ENQUIRE_LINK, 99)
            await asyncio.sleep(0.05)
            assert smsc.answers == []
            gate.set()
            await until(lambda: len(smsc.answers) == 21)

    monkeypatch.setattr("flashsms.carriers.smpp.session.MOST_WAITING", 10)
    run(scenario())


def test_a_text_from_a_phone_is_acknowledged_and_is_no_receipt():
    async def scenario():
        taken = Taken()
        async with FaultySmsc() as smsc, open_carrier(smsc.url, taken) as carrier:
            smsc.deliver(5, ShortMessage("233201234567", "1234", b"id:1 stat:DELIVRD"))
            smsc.deliver(6, ShortMessage("233201234567", "1234", b"no id here", esm_class=4))
            await until(lambda: len(smsc.answers) == 2)
            assert sorted((a.sequence, a.status) for a in smsc.answers) == [(5, 0), (6, 0)]
            assert [type(arrival) for arrival in taken] == [Inbound]
            assert carrier.stats.receipts == 0

    run(scenario())


def test_a_silent_line_is_asked_and_given_up_when_nobody_answers():
    async def scenario():
        async with FaultySmsc() as smsc:
            smsc.silent = True
            async with open_carrier(f"{smsc.url}?enquire=0.1&response_timeout=0.2") as carrier:
                await until(lambda: "stopped answering" in carrier.trouble)
                smsc.silent = False
                await until(lambda: carrier.ready)
                await asyncio.sleep(0.4)
                assert carrier.stats.reconnects == 1

    run(scenario())


def test_an_unbind_from_the_carrier_is_answered_after_the_outstanding_answers():
    async def scenario():
        requests = []

        def unbind(peer, request):
            requests.append((peer, request))
            if len(requests) == 2:
                peer.send(pdu.UNBIND, 42)
                for outstanding in requests:
                    accept(*outstanding)

        async with FaultySmsc(unbind) as smsc, open_carrier(f"{smsc.url}?window=2") as carrier:
            outcomes = await carrier.submit(some(3))
            assert [o.fate for o in outcomes] == [Fate.ACCEPTED, Fate.ACCEPTED, Fate.UNSENT]
            await until(lambda: carrier.ready and smsc.binds == 2)
            assert [(a.command, a.sequence) for a in smsc.answers] == [(pdu.UNBIND_RESP, 42)]

    run(scenario())


def test_closing_waits_for_answers_returns_the_rest_and_unbinds():
    async def scenario():
        requests = []
        smsc = FaultySmsc(lambda *request: requests.append(request))
        async with smsc, open_carrier(f"{smsc.url}?window=2") as carrier:
            submitted = asyncio.create_task(carrier.submit(some(4)))
            await until(lambda: len(requests) == 2)
            closed = asyncio.create_task(carrier.close(0.3))
            await asyncio.sleep(0.01)
            accept(*requests[0])
            outcomes = await submitted
            await closed
            fates = [Fate.ACCEPTED, Fate.UNKNOWN, Fate.UNSENT, Fate.UNSENT]
            assert [o.fate for o in outcomes] == fates
            assert smsc.unbinds == 1
            assert (await carrier.submit([to(1)]))[0].fate is Fate.UNSENT
            assert carrier.trouble

    run(scenario())


def test_closing_finishes_the_recipient_that_is_half_sent():
    async def scenario():
        requests = []
        smsc = FaultySmsc(lambda *request: requests.append(request))
        async with smsc, open_carrier(f"{smsc.url}?window=1") as carrier:
            submitted = asyncio.create_task(carrier.submit([to(1, LONG), to(2)]))
            await until(lambda: requests)
            closed = asyncio.create_task(carrier.close(2))
            await asyncio.sleep(0.01)
            smsc.misdeed = accept
            accept(*requests[0])
            outcomes = await submitted
            await closed
            assert [o.fate for o in outcomes] == [Fate.ACCEPTED, Fate.UNSENT]

    run(scenario())


def test_several_binds_share_the_work():
    async def scenario():
        smsc = FaultySmsc()
        async with smsc, open_carrier(f"{smsc.url}?binds=3&window=10") as carrier:
            await until(lambda: carrier.stats.window == 30)
            outcomes = await carrier.submit(some(100))
            assert {o.fate for o in outcomes} == {Fate.ACCEPTED}
            assert [o.reference for o in outcomes] == [s.reference for s in some(100)]
            assert set(smsc.seen.values()) == {1}

    run(scenario())


def test_a_delivery_that_cannot_be_read_is_refused_for_good_and_the_session_stays():
    async def scenario():
        cut_off = pdu.encode(pdu.DELIVER_SM, 9, b"\0\1\1")

        def deliver_then_accept(peer, request):
            peer.transport.write(cut_off)
            accept(peer, request)

        async with FaultySmsc(deliver_then_accept) as smsc, open_carrier(smsc.url) as carrier:
            for _ in range(3):
                assert [outcome.fate for outcome in await carrier.submit(some(1))] == [
                    Fate.ACCEPTED
                ]
            assert smsc.binds == 1

    run(scenario())


def test_a_part_without_an_answer_outweighs_a_part_that_was_refused():
    """Nobody knows whether the first part arrived, so nothing may be refunded or sent again."""

    async def scenario():
        answers = iter([say_nothing, refuse(0x0B)])

        def answer(peer, request):
            next(answers, accept)(peer, request)

        url = "?response_timeout=0.3"
        async with FaultySmsc(answer) as smsc, open_carrier(smsc.url + url) as carrier:
            [outcome] = await carrier.submit([to(5000, "x" * 300)])
            assert outcome.fate is Fate.UNKNOWN

    run(scenario())


def test_an_acceptance_without_an_id_is_one_all_the_same():
    async def scenario():
        def accept_namelessly(peer, request):
            peer.send(pdu.SUBMIT_SM_RESP, request.sequence, b"\0")

        async with FaultySmsc(accept_namelessly) as smsc, open_carrier(smsc.url) as carrier:
            [outcome] = await carrier.submit(some(1))
            assert (outcome.fate, outcome.carrier_ids) == (Fate.ACCEPTED, ("",))

    run(scenario())


def test_what_a_slow_carrier_leaves_unwritten_comes_back(monkeypatch):
    monkeypatch.setattr(carrier_module, "LONGEST_WRITE", 0.3)

    async def scenario():
        def slowly(peer, request):
            asyncio.get_running_loop().call_later(0.05, accept, peer, request)

        async with FaultySmsc(slowly) as smsc, open_carrier(smsc.url + "?window=1") as carrier:
            outcomes = await carrier.submit(some(100))
            fates = [outcome.fate for outcome in outcomes]
            assert 1 <= fates.count(Fate.ACCEPTED) < 20
            assert fates.count(Fate.ACCEPTED) + fates.count(Fate.UNSENT) == 100

    run(scenario())
