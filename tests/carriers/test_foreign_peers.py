"""The carrier against SMSC servers that nobody here wrote."""

import asyncio
import socket
from collections import Counter

import smpp34

from flashsms.carriers.contract import Fate, ReceiptState
from tests.carriers.helpers import Taken, open_carrier, some, to, until

LONG = "Medaase, wo ho te sɛn? " * 10


def run(scenario):
    return asyncio.run(asyncio.wait_for(scenario, 20))


def test_node_smpp_takes_everything_once_and_its_receipts_are_acknowledged(node_smsc):
    async def scenario():
        taken = Taken()
        async with open_carrier(node_smsc.url() + "?window=50", taken) as carrier:
            outcomes = await carrier.submit([*some(500), to(1, LONG), to(2, "€1 [now] @home")])
            await until(lambda: len(taken) == 505)
            return outcomes, taken

    outcomes, taken = run(scenario())
    assert {outcome.fate for outcome in outcomes} == {Fate.ACCEPTED}
    ids = [carrier_id for outcome in outcomes for carrier_id in outcome.carrier_ids]
    assert sorted(receipt.carrier_id for receipt in taken) == sorted(ids)
    assert {receipt.state for receipt in taken} == {ReceiptState.DELIVERED}

    events = node_smsc.events()
    submitted = [event for event in events if "submitted" in event]
    assert [event["submitted"] for event in submitted] == ids
    assert [event["to"] for event in submitted[:500]] == [one.to for one in some(500)]
    assert {(event["from"], event["ton"]) for event in submitted} == {("SHOP", 5)}
    long = submitted[500:504]
    assert "".join(event["text"] for event in long) == LONG
    assert [event["udh"] for event in long] == [[f"00030104{n:02}"] for n in range(1, 5)]
    assert submitted[504]["text"] == "€1 [now] @home"
    acknowledged = [event["status"] for event in events if "acknowledged" in event]
    assert acknowledged == [0] * 505
    assert {"alive": True} in events
    assert events[-1] == {"unbound": True}


def test_node_smpp_refuses_a_wrong_password_in_words(node_smsc):
    async def scenario():
        async with open_carrier(node_smsc.url("wrong"), bound=False) as carrier:
            await until(lambda: "the password is wrong" in carrier.trouble)

    run(scenario())


def test_smpp34_takes_refuses_and_reports():
    async def scenario():
        port = _free_port()
        server = smpp34.Server("127.0.0.1", port)
        await server.start()
        seen, taken = [], Taken()
        serving = asyncio.create_task(_serve(server, seen))
        async with open_carrier(f"smpp://shop:secret@127.0.0.1:{port}", taken) as carrier:
            outcomes = await carrier.submit([to(1), to(4), to(2, LONG)])
            fates = [outcome.fate for outcome in outcomes]
            assert fates == [Fate.ACCEPTED, Fate.REFUSED, Fate.ACCEPTED]
            assert outcomes[0].carrier_ids[0].startswith(f"id-{to(1).to}-")
            assert len(outcomes[2].carrier_ids) == 4
            await until(lambda: len(taken) == 5)
            ids = {*outcomes[0].carrier_ids, *outcomes[2].carrier_ids}
            assert {receipt.carrier_id for receipt in taken} == ids
        serving.cancel()
        await server.stop()
        assert Counter(event.destination_addr for event in seen) == {
            to(1).to: 1,
            to(4).to: 1,
            to(2).to: 4,
        }
        parts = sorted(event.short_message for event in seen if event.esm_class == 0x40)
        assert b"".join(part[6:] for part in parts).decode("utf-16-be") == LONG

    run(scenario())


async def _serve(server: smpp34.Server, seen: list[smpp34.SubmitSmEvent]) -> None:
    """Answer until cancelled; this server hands out events in an order of its own."""
    esme = None
    while True:
        event = await server.next()
        if isinstance(event, smpp34.Esme):
            esme = event
        elif isinstance(event, smpp34.SubmitSmEvent):
            seen.append(event)
            if event.destination_addr.endswith("0004"):
                event.reject(smpp34.ESME_RINVDSTADR)
                continue
            carrier_id = f"id-{event.destination_addr}-{len(seen)}"
            event.accept(carrier_id)
            text = f"id:{carrier_id} stat:DELIVRD err:000".encode()
            answer = await esme.deliver_sm("SHOP", text, esm_class=4)
            assert answer.is_success


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
