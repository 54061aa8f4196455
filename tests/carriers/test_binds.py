"""A bind as one connection or as a pair, and what the figures say about it."""

import asyncio

import pytest

from flashsms.carriers.contract import Fate
from flashsms.carriers.smpp import pdu
from flashsms.carriers.smpp.pdu import BIND_RECEIVER, BIND_TRANSCEIVER, BIND_TRANSMITTER
from flashsms.simulator import Simulator
from flashsms.simulator.smsc import Behaviour
from tests.carriers.faulty import FaultySmsc, accept, after, refuse
from tests.carriers.helpers import Taken, open_carrier, receipt_of, some, to, until

BOTH = {BIND_TRANSMITTER, BIND_RECEIVER}


def run(scenario) -> None:
    asyncio.run(asyncio.wait_for(scenario, 20))


def test_of_a_pair_one_sends_and_the_other_is_told_of_receipts():
    async def scenario():
        taken = Taken()
        async with Simulator() as simulator:
            async with open_carrier(f"{simulator.url}?bind=pair&binds=2", taken) as carrier:
                outcomes = await carrier.submit([*some(300), to(9)])
                assert {outcome.fate for outcome in outcomes} == {Fate.ACCEPTED}
                await until(lambda: len(taken) == 301)
                assert carrier.stats.receipts == 301
                assert carrier.stats.reconnects == 0
            assert set(simulator.record.messages.values()) == {1}

    run(scenario())


def test_every_connection_signs_in_by_its_role_and_signs_off():
    async def scenario():
        async with FaultySmsc() as smsc:
            query = "?bind=pair&binds=2&system_type=VMA&address_range=1234"
            async with open_carrier(smsc.url + query):
                await until(lambda: smsc.binds == 4)
            return smsc

    async def check():
        smsc = await scenario()
        roles = sorted(sign_in.command for sign_in in smsc.sign_ins)
        assert roles == [BIND_RECEIVER] * 2 + [BIND_TRANSMITTER] * 2
        assert smsc.unbinds == 4
        fields = b"user\0secret\0VMA\0" + b"\x34\0\0" + b"1234\0"
        assert {sign_in.body for sign_in in smsc.sign_ins} == {fields}

    run(check())


def test_nothing_is_submitted_through_a_receiver():
    async def scenario():
        async with FaultySmsc() as smsc:
            smsc.refused_roles[BIND_TRANSMITTER] = 0x08
            async with open_carrier(f"{smsc.url}?bind=pair", bound=False) as carrier:
                await until(lambda: "internal error" in carrier.trouble)
                await until(lambda: {peer.role for peer in smsc.peers} >= BOTH)
                assert not carrier.ready
                assert (await carrier.submit([to(1)]))[0].fate is Fate.UNSENT
                assert smsc.seen.total() == 0

    run(scenario())


def test_a_lost_receiver_comes_back_and_what_was_sent_is_answered_meanwhile():
    async def scenario():
        requests, taken = [], Taken()
        smsc = FaultySmsc(lambda *request: requests.append(request))
        async with smsc, open_carrier(f"{smsc.url}?bind=pair", taken) as carrier:
            await until(lambda: smsc.binds == 2)
            submitted = asyncio.create_task(carrier.submit([to(1)]))
            await until(lambda: requests)
            smsc.peer(BIND_RECEIVER).transport.abort()
            await until(lambda: carrier.stats.reconnects == 1)
            assert carrier.ready
            accept(*requests[0])
            assert (await submitted)[0].fate is Fate.ACCEPTED
            await until(lambda: smsc.binds == 3)
            smsc.peer(BIND_RECEIVER).send(pdu.DELIVER_SM, 5, pdu.encode_message(receipt_of("id1")))
            await until(lambda: taken and smsc.answers)
            assert smsc.seen.total() == 1

    run(scenario())


def test_a_lost_transmitter_leaves_the_receipts_that_are_being_taken_alone():
    async def scenario():
        gate = asyncio.Event()

        async def take(receipts):
            await gate.wait()

        async with FaultySmsc() as smsc, open_carrier(f"{smsc.url}?bind=pair", take) as carrier:
            await until(lambda: smsc.binds == 2)
            receiver = smsc.peer(BIND_RECEIVER)
            receiver.send(pdu.DELIVER_SM, 5, pdu.encode_message(receipt_of("77")))
            smsc.peer(BIND_TRANSMITTER).transport.abort()
            await until(lambda: not carrier.ready)
            gate.set()
            await until(lambda: smsc.answers)
            assert (smsc.answers[0].command, smsc.answers[0].status) == (pdu.DELIVER_SM_RESP, 0)
            await until(lambda: carrier.ready)

    run(scenario())


def test_an_unbind_of_one_of_a_pair_is_answered_and_the_other_stays():
    async def scenario():
        async with FaultySmsc() as smsc, open_carrier(f"{smsc.url}?bind=pair") as carrier:
            await until(lambda: smsc.binds == 2)
            smsc.peer(BIND_RECEIVER).send(pdu.UNBIND, 42)
            await until(lambda: smsc.binds == 3)
            assert [(a.command, a.sequence) for a in smsc.answers] == [(pdu.UNBIND_RESP, 42)]
            assert (await carrier.submit([to(1)]))[0].fate is Fate.ACCEPTED
            assert carrier.stats.reconnects == 1

    run(scenario())


def test_a_receipt_before_the_answer_comes_through_the_other_connection():
    async def scenario():
        taken = Taken()
        simulator = Simulator(Behaviour(users={"flashsms": "simulated"}))
        async with simulator, open_carrier(f"{simulator.url}?bind=pair", taken) as carrier:
            assert (await carrier.submit([to(9)]))[0].fate is Fate.ACCEPTED
            await until(lambda: carrier.stats.receipts)
            assert carrier._links[0].receipts == 0
            assert carrier._receivers[0].receipts == 1

    run(scenario())


# --- what only an operator can mend


@pytest.mark.parametrize("role", [BIND_TRANSMITTER, BIND_RECEIVER])
def test_a_wrong_password_of_either_connection_is_a_fault(role):
    async def scenario():
        async with FaultySmsc() as smsc:
            smsc.refused_roles[role] = 0x0E
            async with open_carrier(f"{smsc.url}?bind=pair", bound=False) as carrier:
                await until(lambda: "password is wrong" in carrier.stats.fault)
                assert (role == BIND_TRANSMITTER) == ("password" in carrier.trouble)

    run(scenario())


def test_what_may_pass_by_itself_is_trouble_and_no_fault():
    async def scenario():
        smsc = FaultySmsc(bind_status=0x08)
        async with smsc, open_carrier(smsc.url, bound=False) as carrier:
            await until(lambda: "internal error" in carrier.trouble)
            assert carrier.stats.fault == ""

    run(scenario())


def test_a_carrier_without_transceivers_is_told_apart_from_a_wrong_command():
    async def scenario():
        async with FaultySmsc() as smsc:
            smsc.refused_roles[BIND_TRANSCEIVER] = 0x03
            async with open_carrier(smsc.url, bound=False) as carrier:
                await until(lambda: "bind=pair" in carrier.trouble)
                assert carrier.stats.fault == carrier.trouble
            async with open_carrier(f"{smsc.url}?bind=pair") as carrier:
                assert (await carrier.submit([to(1)]))[0].fate is Fate.ACCEPTED

    run(scenario())


def test_a_fault_told_by_an_answer_lasts_until_the_next_sign_in(monkeypatch):
    async def scenario():
        smsc = FaultySmsc(after(refuse(0x0E)))
        async with smsc, open_carrier(smsc.url) as carrier:
            assert (await carrier.submit([to(1)]))[0].fate is Fate.UNSENT
            await until(lambda: carrier.stats.fault)
            await until(lambda: carrier.ready)
            assert carrier.stats.fault == ""
            assert smsc.binds == 2

    monkeypatch.setattr("flashsms.carriers.smpp.link._MISCONFIGURED_PAUSE", 0.3)
    run(scenario())


def test_latency_follows_how_long_answers_take():
    async def scenario():
        simulator = Simulator(Behaviour(latency=0.05))
        async with simulator, open_carrier(simulator.url) as carrier:
            assert carrier.stats.latency == 0
            await carrier.submit(some(20))
            assert 0.05 <= carrier.stats.latency < 0.5

    run(scenario())


@pytest.mark.parametrize(("status", "fate"), [(0x0500, Fate.REFUSED), (0x0501, Fate.BUSY)])
def test_a_code_of_the_carriers_own_is_final_when_the_operator_says_so(status, fate):
    async def scenario():
        smsc = FaultySmsc(refuse(status))
        async with smsc, open_carrier(f"{smsc.url}?permanent=0x500,1026") as carrier:
            (outcome,) = await carrier.submit([to(1)])
            assert (outcome.fate, outcome.code) == (fate, f"0x{status:08X}")

    run(scenario())


# --- other ways to send a long text


@pytest.mark.parametrize("gsm", ["unpacked", "packed", "latin1"])
@pytest.mark.parametrize("long", ["udh", "sar", "payload"])
def test_every_form_of_a_long_text_arrives_whole(gsm, long):
    async def scenario():
        taken = Taken()
        texts = ["Akwaaba! [€5] " * 20, "Your parcel is here.", "ɛte sɛn? " * 20, "Voilà, ça va? ê"]
        simulator = Simulator(Behaviour(packed=gsm == "packed"))
        url = f"?gsm={gsm}&long={long}"
        async with simulator, open_carrier(simulator.url + url, taken) as carrier:
            outcomes = await carrier.submit([to(n, text) for n, text in enumerate(texts, 21)])
            assert {outcome.fate for outcome in outcomes} == {Fate.ACCEPTED}
            ids = [carrier_id for outcome in outcomes for carrier_id in outcome.carrier_ids]
            await until(lambda: len(taken) == len(ids))
            assert {receipt.carrier_id for receipt in taken} == set(ids)
            counts = [len(outcome.carrier_ids) for outcome in outcomes]
            assert counts == ([1, 1, 1, 1] if long == "payload" else [3, 1, 3, 1])
            expected = {(to(n).to, text): 1 for n, text in enumerate(texts, 21)}
            assert simulator.record.messages == expected

    run(scenario())
