"""The simulator as an SMSC: binds, receipts that wait, limits, its record and its process."""

import asyncio
import os
import signal
import subprocess
import sys
import time

from flashsms.carriers.contract import Fate
from flashsms.carriers.smpp import pdu
from flashsms.simulator import Simulator
from flashsms.simulator.smsc import Behaviour
from tests.carriers.helpers import Taken, open_carrier, some, to, until
from tests.simulator.client import raw_client

LONG = "Akwaaba! " * 40


def run(scenario) -> None:
    asyncio.run(asyncio.wait_for(scenario, 20))


def test_everybody_may_sign_in_unless_users_are_named():
    async def scenario():
        closed = Simulator(Behaviour(users={"ama": "kente"}))
        async with closed, raw_client(closed, bound=False) as client:
            assert (await client.bind("ama", "wrong")).status == 0x0E
            assert (await client.bind("ama", "kente")).status == 0
        async with Simulator() as simulator, raw_client(simulator):
            pass

    run(scenario())


def test_nothing_is_taken_before_the_sign_in():
    async def scenario():
        async with Simulator() as simulator, raw_client(simulator, bound=False) as client:
            await client.submit("233201234567")
            assert (await client.read()).status == 0x04
            assert not simulator.record.parts

    run(scenario())


def test_a_receiver_cannot_submit_and_a_transmitter_is_brought_nothing():
    async def scenario():
        async with (
            Simulator() as simulator,
            raw_client(simulator, bound=False) as receiver,
            raw_client(simulator, bound=False) as transmitter,
        ):
            assert (await receiver.bind(role=pdu.BIND_RECEIVER)).status == 0
            assert (await transmitter.bind(role=pdu.BIND_TRANSMITTER)).status == 0
            await receiver.submit("233201234567")
            assert (await receiver.read()).status == 0x04
            await transmitter.submit("233201234567")
            assert (await transmitter.read()).command == pdu.SUBMIT_SM_RESP
            assert (await receiver.read()).command == pdu.DELIVER_SM
            await transmitter.send(pdu.ENQUIRE_LINK)
            assert (await transmitter.read()).command == pdu.ENQUIRE_LINK_RESP

    run(scenario())


def test_an_unknown_request_and_garbage_are_nacked():
    async def scenario():
        async with Simulator() as simulator, raw_client(simulator) as client:
            await client.send(0x103)
            nack = await client.read()
            assert (nack.command, nack.status) == (pdu.GENERIC_NACK, 0x03)
            await client.send(pdu.SUBMIT_SM, b"cut off")
            nack = await client.read()
            assert (nack.command, nack.status) == (pdu.GENERIC_NACK, 0x02)

    run(scenario())


def test_a_receipt_waits_for_the_next_bind_of_the_same_system_id():
    async def scenario():
        async with Simulator() as simulator:
            async with raw_client(simulator) as client:
                await client.submit("233201234567")
                await client.read()
            await asyncio.sleep(0.1)
            async with raw_client(simulator) as client:
                assert (await client.read()).command == pdu.DELIVER_SM

    run(scenario())


def test_a_receipt_goes_to_another_bind_when_its_own_has_gone():
    async def scenario():
        async with Simulator() as simulator, raw_client(simulator) as other:
            async with raw_client(simulator) as client:
                await client.submit("233201234567")
                await client.read()
            assert (await other.read()).command == pdu.DELIVER_SM

    run(scenario())


def test_a_receipt_that_is_not_acknowledged_comes_again():
    async def scenario():
        async with Simulator(Behaviour(redeliver=0.05)) as simulator:
            async with raw_client(simulator) as client:
                await client.submit("233201234567")
                await client.read()
                first = await client.read()
                await client.send(pdu.DELIVER_SM_RESP, b"\0", 0x64, first.sequence)
                second = await client.read()
                assert second.body == first.body
            async with raw_client(simulator) as client:
                third = await client.read()
                assert third.body == first.body
                await client.send(pdu.DELIVER_SM_RESP, b"\0", 0, third.sequence)

    run(scenario())


def test_a_rate_limit_throttles():
    async def scenario():
        simulator = Simulator(Behaviour(tps=10))
        async with simulator, open_carrier(simulator.url) as carrier:
            outcomes = await carrier.submit(some(20))
            fates = [outcome.fate for outcome in outcomes]
            assert fates[0] is Fate.ACCEPTED
            assert Fate.THROTTLED in fates

    run(scenario())


def test_latency_delays_the_answer():
    async def scenario():
        simulator = Simulator(Behaviour(latency=0.1))
        async with simulator, open_carrier(simulator.url) as carrier:
            before = time.monotonic()
            await carrier.submit([to(1)])
            assert time.monotonic() - before >= 0.1

    run(scenario())


def test_the_record_counts_whole_texts_and_shows_every_repetition():
    async def scenario():
        async with Simulator() as simulator, open_carrier(simulator.url) as carrier:
            await carrier.submit([to(1, LONG), to(1, LONG), to(2, "ɛte sɛn"), to(4)])
            record = simulator.record
            assert record.messages == {(to(1).to, LONG): 2, (to(2).to, "ɛte sɛn"): 1}
            assert record.parts == {to(1).to: 6, to(2).to: 1}
            assert record.refused == {to(4).to: 1}

    run(scenario())


def test_in_a_thread_it_serves_somebody_elses_loop():
    with Simulator() as simulator:

        async def scenario():
            taken = Taken()
            async with open_carrier(simulator.url, taken) as carrier:
                await carrier.submit(some(300))
                await until(lambda: len(taken) == 300)

        run(scenario())
        assert set(simulator.record.messages.values()) == {1}
        assert len(simulator.record.messages) == 300


def test_as_a_process_it_logs_each_submission_and_ends_at_once_on_sigterm(tmp_path, from_one):
    log = tmp_path / "submissions.log"
    command = [sys.executable, "-m", "flashsms.simulator", "--port", "0", "--log", str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        port = process.stdout.readline().removeprefix("listening on 127.0.0.1:").strip()

        async def scenario():
            async with open_carrier(f"simulator://127.0.0.1:{port}") as carrier:
                outcomes = await carrier.submit([to(1, LONG), to(2), to(4)])
                return [outcome.carrier_ids for outcome in outcomes]

        long, (single,), refused = asyncio.run(scenario())
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(timeout=2) == -signal.SIGTERM
    assert refused == ()
    assert log.read_text().splitlines() == [
        *(f"{to(1).to}\t{id}\t1/3/{number}\t0x00000000" for number, id in enumerate(long, 1)),
        f"{to(2).to}\t{single}\t0/1/1\t0x00000000",
        f"{to(4).to}\t-\t0/1/1\t0x0000000B",
    ]
