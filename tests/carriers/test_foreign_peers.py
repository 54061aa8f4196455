"""The carrier against SMSC servers that nobody here wrote."""

import asyncio
import socket
from collections import Counter
from dataclasses import replace

import pytest
import smpp34

from flashsms.carriers.contract import Fate, Inbound, Receipt, ReceiptState
from flashsms.text.segments import Encoding, decode, segment
from tests.carriers.helpers import Taken, open_carrier, some, to, until

LONG = "Medaase, wo ho te sɛn? " * 10
GSM = "Akwaaba [{€5}] @home £ " * 14  # three parts


pytestmark = pytest.mark.usefixtures("from_one")


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
            assert carrier.stats.fault == carrier.trouble

    run(scenario())


def test_node_smpp_by_a_pair_of_connections(node_smsc):
    async def scenario():
        taken = Taken()
        url = node_smsc.url() + "?bind=pair&system_type=VMA&address_range=1234&enquire=0.2"
        async with open_carrier(url, taken) as carrier:
            await until(lambda: carrier._receivers[0].ready)
            outcomes = await carrier.submit(some(50))
            assert {outcome.fate for outcome in outcomes} == {Fate.ACCEPTED}
            await until(lambda: len(taken) == 50)
            await asyncio.sleep(0.5)  # a silence that is asked about
            assert carrier.stats.reconnects == 0

    run(scenario())
    events = node_smsc.events(unbinds=2)
    assert sorted(event["bound"] for event in events if "bound" in event) == [
        "bind_receiver",
        "bind_transmitter",
    ]
    assert {(e["type"], e["range"]) for e in events if "bound" in e} == {("VMA", "1234")}
    assert {event["status"] for event in events if "acknowledged" in event} == {0}
    assert events.count({"alive": True}) == 2
    assert events.count({"enquired": True}) >= 2


def test_node_smpp_inside_tls(node_smsc_with_tls):
    async def scenario():
        taken = Taken()
        async with open_carrier(node_smsc_with_tls.url(), taken) as carrier:
            outcomes = await carrier.submit([*some(100), to(1, LONG)])
            assert {outcome.fate for outcome in outcomes} == {Fate.ACCEPTED}
            await until(lambda: len(taken) == 104)

    run(scenario())
    assert node_smsc_with_tls.events()[-1] == {"unbound": True}


@pytest.mark.parametrize("text", [LONG, GSM], ids=["UCS-2", "GSM-7"])
@pytest.mark.parametrize("long", ["udh", "sar", "payload"])
def test_node_smpp_reads_every_form_of_a_long_text(node_smsc, long, text):
    async def scenario():
        taken = Taken()
        url = f"{node_smsc.url()}?long={long}&service_type=CMT&validity=90"
        async with open_carrier(url, taken) as carrier:
            (outcome,) = await carrier.submit([to(1, text)])
            assert outcome.fate is Fate.ACCEPTED
            await until(lambda: len(taken) == len(outcome.carrier_ids))
            return outcome

    outcome = asyncio.run(scenario())
    parts = [event for event in node_smsc.events() if "submitted" in event]
    assert tuple(event["submitted"] for event in parts) == outcome.carrier_ids
    count = len(segment(text).parts)
    assert len(parts) == (1 if long == "payload" else count)
    assert "".join(event["text"] for event in parts) == text
    assert {event["service"] for event in parts} == {"CMT"}
    assert {event["payload"] for event in parts} == {long == "payload"}
    numbers = range(1, count + 1)
    headers = [[f"000301{count:02x}{number:02x}"] for number in numbers]
    assert [event["udh"] for event in parts] == (headers if long == "udh" else [[]] * len(parts))
    sar = [[1, count, number] for number in numbers]
    assert [event["sar"] for event in parts] == (
        sar if long == "sar" else [[None] * 3] * len(parts)
    )


def test_node_smpp_reads_latin_1(node_smsc):
    async def scenario():
        async with open_carrier(node_smsc.url() + "?gsm=latin1") as carrier:
            await carrier.submit([to(1, "Voilà, ça va? ê"), to(2, "€5"), to(3, "Akwaaba £5")])

    run(scenario())
    parts = [event for event in node_smsc.events() if "submitted" in event]
    assert [(event["coding"], event["text"]) for event in parts] == [
        (3, "Voilà, ça va? ê"),
        (8, "€5"),
        (3, "Akwaaba £5"),
    ]


def test_node_smpp_may_report_and_bring_texts_by_data_sm(node_smsc):
    async def scenario():
        taken = Taken()
        async with open_carrier(node_smsc.url(), taken) as carrier:
            outcomes = await carrier.submit([to(9001), to(9003)])
            await until(lambda: len(taken) == 3)
            receipts = [arrival for arrival in taken if isinstance(arrival, Receipt)]
            assert {receipt.carrier_id for receipt in receipts} == {
                carrier_id for outcome in outcomes for carrier_id in outcome.carrier_ids
            }
            assert {receipt.state for receipt in receipts} == {ReceiptState.DELIVERED}
            (text,) = [arrival for arrival in taken if isinstance(arrival, Inbound)]
            assert (text.phone, text.number, text.text) == (to(9003).to, "1234", "Wo ho te sɛn?")

    run(scenario())
    events = node_smsc.events()
    answers = {(event["by"], event["status"]) for event in events if "acknowledged" in event}
    assert answers == {("data_sm_resp", 0), ("deliver_sm_resp", 0)}
    assert {"textAnswered": "data_sm_resp", "status": 0} in events


def test_node_smpp_may_unbind_and_is_bound_again(node_smsc):
    async def scenario():
        taken = Taken()
        async with open_carrier(node_smsc.url(), taken) as carrier:
            assert (await carrier.submit([to(9002)]))[0].fate is Fate.ACCEPTED
            await until(lambda: carrier.stats.reconnects == 1 and carrier.ready)
            assert (await carrier.submit([to(1)]))[0].fate is Fate.ACCEPTED
            await until(lambda: len(taken) == 2)

    run(scenario())
    events = node_smsc.events()
    assert {"unboundByUs": 0} in events
    assert [event["to"] for event in events if "submitted" in event] == [to(9002).to, to(1).to]


def test_node_smpp_is_told_which_requests_are_not_for_us(node_smsc):
    async def scenario():
        async with open_carrier(node_smsc.url()) as carrier:
            await carrier.submit([to(9004)])
            assert (await carrier.submit([to(1)]))[0].fate is Fate.ACCEPTED
            assert carrier.stats.reconnects == 0

    run(scenario())
    refused = [event for event in node_smsc.events() if "refused" in event]
    assert refused == [
        {"refused": command, "by": "generic_nack", "status": 3}
        for command in ("query_sm", "submit_sm", "outbind")
    ]


# --- Net::SMPP


def test_net_smpp_reads_every_field_and_its_receipts_are_acknowledged(perl_smsc):
    async def scenario():
        taken = Taken()
        url = (
            f"{perl_smsc.url()}?service_type=CMT&priority=1&validity=message&enquire=0.2"
            "&system_type=VMA&address_range=1234"
        )
        async with open_carrier(url, taken) as carrier:
            outcomes = await carrier.submit(
                [replace(to(1, GSM), validity=3600), replace(to(2, "ɛ"), sender="1234")]
            )
            ids = [carrier_id for outcome in outcomes for carrier_id in outcome.carrier_ids]
            assert ids == [f"perl-{number}" for number in range(1, 5)]
            await until(lambda: len(taken) == 4)
            assert {receipt.carrier_id for receipt in taken} == set(ids)
            await asyncio.sleep(0.5)  # a silence that is asked about
            assert carrier.stats.reconnects == 0

    run(scenario())
    events = perl_smsc.events()
    bound = {"user": "shop", "type": "VMA", "range": "1234", "version": 0x34}
    assert events[0] == {"bound": "transceiver", **bound}
    *long, short = [event for event in events if "submitted" in event]
    same = {"coding": 0, "service": "CMT", "priority": 1, "receipts": 1, "esm_class": 0x40}
    for event in long:
        assert same.items() <= event.items()
        assert (event["from"], event["ton"], event["npi"], event["dest_ton"]) == ("SHOP", 5, 0, 1)
        assert event["validity"] == "000000010000000R"
    headers = [event["text"][:12] for event in long]
    assert headers == [f"05000301{len(long):02x}{number:02x}" for number in range(1, 4)]
    assert "".join(text_of(event, 0, skip=6) for event in long) == GSM
    assert (short["from"], short["ton"], short["npi"]) == ("1234", 3, 0)
    assert (short["validity"], short["esm_class"], text_of(short, 8)) == ("", 0, "ɛ")
    assert [event["status"] for event in events if "acknowledged" in event] == [0] * 4
    assert {"alive": True} in events
    assert {"enquired": True} in events


@pytest.mark.parametrize("long", ["sar", "payload"])
def test_net_smpp_unpacks_septets_and_finds_the_optional_parameters(perl_smsc, long):
    async def scenario():
        url = f"{perl_smsc.url()}?gsm=packed&long={long}"
        async with open_carrier(url) as carrier:
            outcomes = await carrier.submit([to(1, GSM), to(2, "Akwaaba")])
            assert {outcome.fate for outcome in outcomes} == {Fate.ACCEPTED}

    run(scenario())
    *parts, short = [event for event in perl_smsc.events() if "submitted" in event]
    texts = [decode(bytes.fromhex(event["unpacked"]), Encoding.GSM7) for event in parts]
    assert [text.removesuffix("\r") for text in texts] == (
        [GSM] if long == "payload" else list(segment(GSM).parts)
    )
    assert bytes.fromhex(short["unpacked"]).rstrip(b"\r") == b"Akwaaba"
    assert [event["sar"] for event in parts] == (
        [[None] * 3] if long == "payload" else [[1, 3, 1], [1, 3, 2], [1, 3, 3]]
    )


def test_net_smpp_by_a_pair_may_bring_texts_and_unbind(perl_smsc):
    async def scenario():
        taken = Taken()
        async with open_carrier(perl_smsc.url() + "?bind=pair", taken) as carrier:
            await until(lambda: carrier._receivers[0].ready)
            assert (await carrier.submit([to(9003)]))[0].fate is Fate.ACCEPTED
            await until(lambda: len(taken) == 2)
            (text,) = [arrival for arrival in taken if isinstance(arrival, Inbound)]
            assert (text.phone, text.number, text.text) == (to(9003).to, "1234", "Wo ho te sɛn?")
            assert (await carrier.submit([to(9002)]))[0].fate is Fate.ACCEPTED
            await until(lambda: carrier.stats.reconnects == 1)
            await until(lambda: carrier._receivers[0].ready)
            assert (await carrier.submit([to(1)]))[0].fate is Fate.ACCEPTED
            await until(lambda: len(taken) == 4)

    run(scenario())
    events = perl_smsc.events(unbinds=2)
    assert {"textAnswered": 0} in events
    assert {"unboundByUs": 0} in events
    assert not [event for event in events if "unexpected" in event]


def text_of(event: dict, coding: int, *, skip: int = 0) -> str:
    """The text that was told in hexadecimal, without a header."""
    encoding = Encoding.UCS2 if coding == 8 else Encoding.GSM7
    return decode(bytes.fromhex(event["text"])[skip:], encoding)


# --- smpp34


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
