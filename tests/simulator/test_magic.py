"""Each magic number does what the table says, over real SMPP."""

import asyncio

import pytest

from flashsms.carriers.contract import Fate, ReceiptState
from flashsms.carriers.smpp import pdu
from flashsms.simulator import Simulator
from flashsms.simulator.magic import MAGIC, behaviour
from flashsms.simulator.smsc import Behaviour
from tests.carriers.helpers import Taken, open_carrier, to, until
from tests.simulator.client import raw_client


def send(ending: int, receipts: int, *, tries: int = 1, text: str = "Hello"):
    """Submit to a magic number; the outcomes of every try and the receipts."""

    async def scenario():
        taken = Taken()
        simulator = Simulator(Behaviour(late=0.3))
        async with simulator, open_carrier(simulator.url, taken) as carrier:
            outcomes = [(await carrier.submit([to(ending, text)]))[0] for _ in range(tries)]
            await until(lambda: len(taken) >= receipts)
            assert sum(simulator.record.messages.values()) <= 1
            return outcomes, list(taken)

    return asyncio.run(scenario())


@pytest.mark.parametrize(
    ("ending", "state", "code"),
    [
        (1, ReceiptState.DELIVERED, ""),
        (2, ReceiptState.FAILED, "001"),
        (3, ReceiptState.FAILED, "027"),
        (7, ReceiptState.DELIVERED, ""),
        (1234, ReceiptState.DELIVERED, ""),
    ],
)
def test_a_message_is_taken_and_its_receipt_says_what_became_of_it(ending, state, code):
    (outcome,), (receipt,) = send(ending, 1)
    assert outcome.fate is Fate.ACCEPTED
    assert (receipt.carrier_id,) == outcome.carrier_ids
    assert receipt.phone == to(ending).to
    assert (receipt.state, receipt.code) == (state, code)
    assert receipt.at is not None


def test_0004_is_refused_for_good():
    (outcome,), receipts = send(4, 0)
    assert (outcome.fate, outcome.code) == (Fate.REFUSED, "0x0000000B")
    assert receipts == []


@pytest.mark.parametrize(("ending", "fate"), [(5, Fate.THROTTLED), (10, Fate.BUSY)])
def test_0005_and_0010_are_refused_once_and_then_delivered(ending, fate):
    outcomes, receipts = send(ending, 1, tries=2)
    assert [outcome.fate for outcome in outcomes] == [fate, Fate.ACCEPTED]
    assert receipts[0].state is ReceiptState.DELIVERED


def test_0006_is_taken_and_never_reported():
    async def scenario():
        taken, simulator = Taken(), Simulator()
        async with simulator, open_carrier(simulator.url, taken) as carrier:
            (first,) = await carrier.submit([to(6)])
            await carrier.submit([to(1)])
            await until(lambda: taken)
            assert first.fate is Fate.ACCEPTED
            assert [receipt.phone for receipt in taken] == [to(1).to]

    asyncio.run(scenario())


def test_0008_gets_its_receipt_twice():
    _, receipts = send(8, 2)
    assert receipts[0] == receipts[1]


def test_0009_gets_its_receipt_before_the_answer():
    async def scenario():
        async with Simulator() as simulator, raw_client(simulator) as client:
            await client.submit(to(9).to)
            commands = [(await client.read()).command for _ in range(2)]
            assert commands == [pdu.DELIVER_SM, pdu.SUBMIT_SM_RESP]

    asyncio.run(scenario())


def test_0011_has_a_hexadecimal_id_in_the_receipt():
    (outcome,), (receipt,) = send(11, 1)
    assert int(receipt.carrier_id, 16) == int(outcome.carrier_ids[0])


def test_each_part_of_a_long_text_has_its_own_id_and_receipt():
    (outcome,), receipts = send(1, 3, text="é" * 400)
    assert len(set(outcome.carrier_ids)) == 3
    assert {receipt.carrier_id for receipt in receipts} == set(outcome.carrier_ids)


def test_a_number_that_is_not_in_the_table_is_delivered():
    assert behaviour("233201234567") is MAGIC["0001"]


def test_every_behaviour_is_described():
    assert all(magic.what and len(ending) == 4 for ending, magic in MAGIC.items())
