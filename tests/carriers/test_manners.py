"""What a peer may say at any time: it is answered as SMPP wants, and no message suffers."""

import asyncio
import logging

import pytest

from flashsms.carriers.contract import Fate, Inbound, Receipt
from flashsms.carriers.smpp import outbox, pdu
from flashsms.carriers.smpp.pdu import (
    MAX_SEQUENCE,
    MESSAGE_STATE,
    RECEIPTED_MESSAGE_ID,
    Pdu,
    ShortMessage,
    encode_data,
)
from tests.carriers.faulty import FaultySmsc, accept, after, say_nothing
from tests.carriers.helpers import Taken, open_carrier, some, to, until

QUERY, SUBMIT, REPLACE, CANCEL, MULTI, VENDOR = 0x03, 0x04, 0x07, 0x08, 0x21, 0x10201


def run(scenario) -> None:
    asyncio.run(asyncio.wait_for(scenario, 20))


async def still_good(carrier) -> None:
    """The session goes on: the next message is taken, by the same connection."""
    assert (await carrier.submit([to(7777)]))[0].fate is Fate.ACCEPTED
    assert carrier.stats.reconnects == 0


@pytest.mark.parametrize("command", [QUERY, SUBMIT, REPLACE, CANCEL, MULTI, VENDOR, pdu.OUTBIND])
def test_a_request_that_is_not_for_us_gets_a_generic_nack(command):
    async def scenario():
        async with FaultySmsc() as smsc, open_carrier(smsc.url) as carrier:
            smsc.peers[-1].send(command, 8, b"body\0")
            await until(lambda: smsc.answers)
            (answer,) = smsc.answers
            assert (answer.command, answer.status, answer.sequence) == (pdu.GENERIC_NACK, 3, 8)
            await still_good(carrier)

    run(scenario())


def test_an_alert_has_no_answer_and_leaves_no_line_in_the_log(caplog):
    async def scenario():
        async with FaultySmsc() as smsc, open_carrier(smsc.url) as carrier:
            smsc.peers[-1].send(pdu.ALERT_NOTIFICATION, 8, b"\1\1233201234567\0\1\1SHOP\0")
            smsc.peers[-1].send(pdu.ENQUIRE_LINK, 9)
            await until(lambda: smsc.answers)
            assert [answer.command for answer in smsc.answers] == [pdu.ENQUIRE_LINK_RESP]
            await still_good(carrier)

    with caplog.at_level(logging.WARNING):
        run(scenario())
    assert caplog.text == ""


@pytest.mark.parametrize(
    "command",
    [
        QUERY,
        CANCEL,
        SUBMIT,
        VENDOR,
        pdu.DELIVER_SM,
        pdu.DATA_SM,
        pdu.BIND_TRANSCEIVER,
        pdu.BIND_RECEIVER,
        pdu.UNBIND,
    ],
)
def test_an_answer_to_nothing_is_logged_and_nothing_else(caplog, command):
    async def scenario():
        async with FaultySmsc() as smsc, open_carrier(smsc.url) as carrier:
            smsc.peers[-1].send(command | pdu.RESPONSE, 99, b"7\0")
            await until(lambda: caplog.records)
            await still_good(carrier)
            assert smsc.answers == []

    with caplog.at_level(logging.WARNING):
        run(scenario())
    assert len(caplog.records) == 1


def test_a_nack_of_nothing_in_particular_is_logged_and_the_message_waits_for_its_own(caplog):
    async def scenario():
        def nack_nothing(peer, request):
            peer.send(pdu.GENERIC_NACK, 0, status=0x02)
            accept(peer, request)

        async with FaultySmsc(nack_nothing) as smsc, open_carrier(smsc.url) as carrier:
            assert (await carrier.submit([to(1)]))[0].fate is Fate.ACCEPTED
            await still_good(carrier)

    with caplog.at_level(logging.WARNING):
        run(scenario())
    assert "generic_nack 0x00000002, sequence 0" in caplog.text


def test_a_message_that_only_a_nameless_nack_answers_is_unknown():
    async def scenario():
        smsc = FaultySmsc(after(lambda peer, _: peer.send(pdu.GENERIC_NACK, 0, status=0x02)))
        async with smsc, open_carrier(f"{smsc.url}?response_timeout=0.2") as carrier:
            first, second = await carrier.submit(some(2))
            assert (first.fate, second.fate) == (Fate.UNKNOWN, Fate.ACCEPTED)

    run(scenario())


def test_a_nack_of_our_enquiry_shows_that_somebody_is_there():
    async def scenario():
        enquiries = []

        def nack(peer, enquiry):
            enquiries.append(enquiry)
            peer.send(pdu.GENERIC_NACK, enquiry.sequence, status=0x03)

        async with FaultySmsc() as smsc:
            smsc.enquiry = nack
            query = "?enquire=0.05&response_timeout=0.5"
            async with open_carrier(smsc.url + query) as carrier:
                await until(lambda: len(enquiries) == 3)
                assert len(smsc.peers) == 1
                await still_good(carrier)

    run(scenario())


def test_a_data_sm_with_a_receipt_is_one_and_is_answered_in_kind():
    async def scenario():
        taken = Taken()
        tlvs = {RECEIPTED_MESSAGE_ID: b"77\0", MESSAGE_STATE: b"\2"}
        body = encode_data(ShortMessage("233201000001", "SHOP", esm_class=4, tlvs=tlvs))
        async with FaultySmsc() as smsc, open_carrier(smsc.url, taken) as carrier:
            smsc.peers[-1].send(pdu.DATA_SM, 8, body)
            await until(lambda: smsc.answers)
            (answer,) = smsc.answers
            assert (answer.command, answer.status, answer.sequence) == (pdu.DATA_SM_RESP, 0, 8)
            (receipt,) = taken
            assert isinstance(receipt, Receipt)
            assert (receipt.carrier_id, receipt.phone) == ("77", "233201000001")
            await still_good(carrier)

    run(scenario())


def test_a_data_sm_with_a_text_is_one_and_one_that_is_cut_off_is_refused_for_good():
    async def scenario():
        taken = Taken()
        text = "ɛte sɛn?".encode("utf-16-be")
        body = encode_data(ShortMessage("233201234567", "1234", text, data_coding=8))
        async with FaultySmsc() as smsc, open_carrier(smsc.url, taken) as carrier:
            smsc.peers[-1].send(pdu.DATA_SM, 8, body)
            smsc.peers[-1].send(pdu.DATA_SM, 9, body[:20])
            await until(lambda: len(smsc.answers) == 2)
            answers = {(a.command, a.sequence, a.status) for a in smsc.answers}
            assert answers == {(pdu.DATA_SM_RESP, 8, 0), (pdu.DATA_SM_RESP, 9, 0x65)}
            (inbound,) = taken
            assert isinstance(inbound, Inbound)
            assert (inbound.phone, inbound.number) == ("233201234567", "1234")
            assert inbound.text == "ɛte sɛn?"
            await still_good(carrier)

    run(scenario())


def test_a_data_sm_is_not_laid_out_like_a_deliver_sm():
    body = bytes.fromhex(
        "00"  # service_type
        "0101" "32333320" "00"  # source
        "0300" "31323334" "00"  # destination
        "40" "01" "08"  # esm_class, registered_delivery, data_coding
        "0424" "0004" "00680069"
    )  # fmt: skip
    message = pdu.decode_arrival(Pdu(pdu.DATA_SM, 0, 1, body))
    assert (message.source, message.source_ton, message.source_npi) == ("233 ", 1, 1)
    assert (message.destination, message.dest_ton, message.dest_npi) == ("1234", 3, 0)
    assert (message.esm_class, message.registered_delivery, message.data_coding) == (0x40, 1, 8)
    assert message.text == b"\0h\0i"
    assert encode_data(message) == body


def test_sequence_numbers_start_again_after_the_last(monkeypatch):
    async def scenario():
        async with FaultySmsc() as smsc, open_carrier(f"{smsc.url}?window=2") as carrier:
            assert {o.fate for o in await carrier.submit(some(10))} == {Fate.ACCEPTED}

    assert MAX_SEQUENCE == 0x7FFFFFFF
    monkeypatch.setattr(outbox, "MAX_SEQUENCE", 4)
    run(scenario())


def test_a_number_that_is_still_in_flight_is_not_used_again(monkeypatch):
    async def scenario():
        requests = []

        def hold_the_first(peer, request):
            requests.append((peer, request))
            if len(requests) > 1:
                accept(peer, request)

        async with FaultySmsc(hold_the_first) as smsc, open_carrier(smsc.url) as carrier:
            slow = asyncio.create_task(carrier.submit([to(1)]))
            await until(lambda: requests)
            for _ in range(12):
                assert (await carrier.submit([to(2)]))[0].fate is Fate.ACCEPTED
            accept(*requests[0])
            assert (await slow)[0].fate is Fate.ACCEPTED
            numbers = [request.sequence for _, request in requests]
            assert numbers.count(numbers[0]) == 1
            assert set(numbers[1:]) == {1, 2, 3, 4, 5} - {numbers[0]}

    monkeypatch.setattr(outbox, "MAX_SEQUENCE", 5)
    run(scenario())


def test_silence_counts_in_the_latency_like_a_late_answer():
    async def scenario():
        smsc = FaultySmsc(after(say_nothing))
        async with smsc, open_carrier(f"{smsc.url}?response_timeout=0.2") as carrier:
            await carrier.submit(some(2))
            assert carrier.stats.latency > 0.005

    run(scenario())
