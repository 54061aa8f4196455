"""The codec, cross-checked against one that nobody here wrote."""

import contextlib

import pytest
import smpp34
from hypothesis import given
from hypothesis import strategies as st

from flashsms.carriers.contract import Submission
from flashsms.carriers.options import options
from flashsms.carriers.smpp import pdu
from flashsms.carriers.smpp.compose import Composer
from flashsms.carriers.smpp.pdu import ProtocolError, Reader, ShortMessage
from flashsms.text.segments import Encoding, decode, segment

octets = st.integers(0, 255)
addresses = st.text("0123456789ABCXYZ ", max_size=20)
numbering_plans = st.sampled_from([0, 1, 3, 4, 6, 8, 9, 10, 14, 18])
messages = st.fixed_dictionaries(
    {
        "source": addresses,
        "destination": addresses,
        "text": st.binary(max_size=254),
        "source_ton": st.integers(0, 6),
        "source_npi": numbering_plans,
        "dest_ton": st.integers(0, 6),
        "dest_npi": numbering_plans,
        "esm_class": octets,
        "registered_delivery": octets,
        "data_coding": octets,
        "protocol_id": octets,
        "tlvs": st.dictionaries(st.sampled_from([0x001E, 0x0423, 0x0427]), st.binary(max_size=60)),
    }
).map(lambda fields: ShortMessage(**fields))


@given(messages, st.integers(1, pdu.MAX_SEQUENCE))
def test_another_codec_reads_what_this_one_writes(message, sequence):
    read = smpp34.decode(pdu.encode(pdu.SUBMIT_SM, sequence, pdu.encode_message(message)))
    assert read.sequence_number == sequence
    assert (read.source_addr, read.destination_addr) == (message.source, message.destination)
    assert (read.source_addr_ton, read.source_addr_npi) == (message.source_ton, message.source_npi)
    assert (read.dest_addr_ton, read.dest_addr_npi) == (message.dest_ton, message.dest_npi)
    assert (read.esm_class, read.data_coding) == (message.esm_class, message.data_coding)
    assert read.registered_delivery == message.registered_delivery
    assert read.short_message == message.text
    assert {tlv.tag: tlv.value for tlv in read.tlvs} == message.tlvs


@given(messages, st.integers(1, pdu.MAX_SEQUENCE))
def test_this_codec_reads_what_another_one_writes(message, sequence):
    written = smpp34.DeliverSm(
        message.source,
        message.destination,
        message.text,
        source_addr_ton=message.source_ton,
        source_addr_npi=message.source_npi,
        dest_addr_ton=message.dest_ton,
        dest_addr_npi=message.dest_npi,
        esm_class=message.esm_class,
        protocol_id=message.protocol_id,
        registered_delivery=message.registered_delivery,
        data_coding=message.data_coding,
        tlvs=[smpp34.Tlv(tag, value) for tag, value in message.tlvs.items()],
        sequence_number=sequence,
    )
    (read,) = Reader().feed(written.encode())
    assert (read.command, read.status, read.sequence) == (pdu.DELIVER_SM, 0, sequence)
    assert pdu.decode_message(read.body) == message


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=400))
def test_another_codec_reads_the_whole_text_of_a_submission(text):
    composer = Composer(options("smpp://user:secret@host"))
    bodies = composer.bodies(Submission(1, "233201234567", "SHOP 24", text))
    read = [smpp34.decode(pdu.encode(pdu.SUBMIT_SM, 1, body)) for body in bodies]
    encoding = Encoding.UCS2 if read[0].data_coding == 8 else Encoding.GSM7
    texts = [part.short_message for part in read]
    if len(read) > 1:
        assert {part.esm_class for part in read} == {0x40}
        assert [t[:6] for t in texts] == [
            bytes((5, 0, 3, 1, len(read), number)) for number in range(1, len(read) + 1)
        ]
        texts = [t[6:] for t in texts]
    assert "".join(decode(t, encoding) for t in texts) == text
    assert encoding is segment(text).encoding
    assert {(p.source_addr_ton, p.source_addr_npi, p.source_addr) for p in read} == {
        (5, 0, "SHOP 24")
    }
    assert {(p.dest_addr_ton, p.dest_addr_npi, p.destination_addr) for p in read} == {
        (1, 1, "233201234567")
    }
    assert {p.registered_delivery for p in read} == {1}


@given(st.lists(st.binary(max_size=40), max_size=8), st.integers(1, 50))
def test_a_stream_is_cut_into_the_same_pdus_however_the_reads_fall(bodies, size):
    stream = b"".join(pdu.encode(pdu.DELIVER_SM, n, body) for n, body in enumerate(bodies))
    reader = Reader()
    reads = (stream[start : start + size] for start in range(0, len(stream), size))
    assert [found.body for read in reads for found in reader.feed(read)] == bodies


@given(st.binary(max_size=80))
def test_any_bytes_are_a_message_or_a_protocol_error(body):
    with contextlib.suppress(ProtocolError):
        assert len(pdu.decode_message(body).text) <= len(body)


@given(messages)
def test_a_message_cut_short_anywhere_before_its_options_is_a_protocol_error(message):
    body = pdu.encode_message(message._replace(tlvs={}))
    for length in range(len(body)):
        with pytest.raises(ProtocolError):
            pdu.decode_message(body[:length])


def test_an_oversized_pdu_is_refused_by_its_header_alone():
    header = pdu.HEADER.pack(pdu.MAX_LENGTH + 1, pdu.DELIVER_SM, 0, 1)
    with pytest.raises(ProtocolError, match="65537 bytes"):
        list(Reader().feed(header))


def test_what_came_before_the_garbage_is_still_read():
    found = Reader().feed(pdu.encode(pdu.ENQUIRE_LINK, 1) + bytes(16))
    assert next(found).command == pdu.ENQUIRE_LINK
    with pytest.raises(ProtocolError):
        next(found)


def test_a_bind_is_read_back():
    assert pdu.decode_bind(pdu.encode_bind("shop", "secret")) == ("shop", "secret")
    with pytest.raises(ProtocolError):
        pdu.decode_bind(b"shop\0secret")


def test_a_text_longer_than_a_short_message_is_an_error():
    with pytest.raises(ValueError, match="254"):
        pdu.encode_message(ShortMessage("1", "2", bytes(255)))
