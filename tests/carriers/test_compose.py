"""What a submission looks like on the wire, read by a codec that nobody here wrote."""

import pytest
import smpp34
from hypothesis import given
from hypothesis import strategies as st

from flashsms.carriers.contract import Submission
from flashsms.carriers.options import options
from flashsms.carriers.smpp import pdu
from flashsms.carriers.smpp.compose import Composer
from flashsms.carriers.smpp.letters import spell
from flashsms.carriers.smpp.septets import unpack
from flashsms.text.segments import Encoding, decode, encode, segment

LONG = "Akwaaba [welcome] " * 25
texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=400),
    st.text("abc €[]é", min_size=1, max_size=400),
    st.text("Δ€x", min_size=1, max_size=200),
)


def wire(query: str, text: str = "Hello", sender: str = "SHOP", validity: int = 0) -> list:
    """Every submit_sm that a carrier with these options is sent, as the other codec reads it."""
    composer = Composer(options(f"smpp://user:secret@host?{query}"))
    bodies = composer.bodies(Submission(1, "233201234567", sender, text, validity))
    return [smpp34.decode(pdu.encode(pdu.SUBMIT_SM, 1, body)) for body in bodies]


def tlvs(part) -> dict[int, bytes]:
    return {tlv.tag: tlv.value for tlv in part.tlvs}


@pytest.mark.parametrize(
    ("sender", "ton", "npi"),
    [
        ("SHOP", 5, 0),
        ("SHOP 24", 5, 0),
        ("1234", 3, 0),
        ("20201234", 3, 0),
        ("233201234567", 1, 1),
    ],
)
def test_a_sender_is_announced_by_its_kind(sender, ton, npi):
    (part,) = wire("", sender=sender)
    assert (part.source_addr_ton, part.source_addr_npi, part.source_addr) == (ton, npi, sender)
    assert (part.dest_addr_ton, part.dest_addr_npi) == (1, 1)


def test_the_operator_has_the_last_word_on_addresses():
    (part,) = wire("source_ton=0&source_npi=8&dest_ton=2&dest_npi=9", sender="1234")
    assert (part.source_addr_ton, part.source_addr_npi) == (0, 8)
    assert (part.dest_addr_ton, part.dest_addr_npi) == (2, 9)


def test_settings_of_the_url_reach_every_part():
    for long in ("udh", "sar", "payload"):
        query = f"service_type=CMT&priority=2&receipts=2&validity=93784&long={long}"
        for part in wire(query, LONG):
            assert (part.service_type, part.priority_flag) == ("CMT", 2)
            assert part.registered_delivery == 2
            assert part.validity_period == "000001020304000R"
    (part,) = wire("receipts=0")
    assert (part.registered_delivery, part.validity_period, part.priority_flag) == (0, "", 0)


@pytest.mark.parametrize(
    ("query", "own", "written"),
    [
        ("validity=message", 90, "000000000130000R"),
        ("validity=message", 0, ""),
        ("validity=message", 400 * 86400, "000031000000000R"),
        ("validity=3600", 90, "000000010000000R"),
        ("", 90, ""),
    ],
)
def test_how_long_a_message_is_worth_delivering_is_the_urls_or_its_own(query, own, written):
    assert wire(query, validity=own)[0].validity_period == written


def test_a_text_with_another_validity_is_prepared_again():
    composer = Composer(options("smpp://user:secret@host?validity=message"))
    bodies = [
        composer.bodies(Submission(1, "233201234567", "SHOP", "Hi", validity))[0]
        for validity in (60, 120, 60)
    ]
    assert bodies[0] == bodies[2] != bodies[1]


@pytest.mark.parametrize(
    ("gsm", "text", "coding"),
    [
        ("unpacked", "Hello £é", 0),
        ("unpacked", "Hello ê", 8),
        ("packed", "Hello £é", 0),
        ("packed", "Hello ê", 8),
        ("latin1", "Hello £é", 3),
        ("latin1", "Hello ê", 3),
        ("latin1", "Hello ₵", 8),
        ("latin1", "Hello €", 8),
        ("latin1", "Hello €" * 12, 0),  # 84 characters: one part as it was charged, two in UCS-2
    ],
)
def test_the_alphabet_is_the_one_that_the_carrier_wants(gsm, text, coding):
    (part,) = wire(f"gsm={gsm}", text)
    assert part.data_coding == coding
    assert read(part.short_message, coding, packed=gsm == "packed") == text


@given(texts, st.sampled_from(["unpacked", "packed", "latin1"]))
def test_in_every_alphabet_a_text_takes_the_parts_that_were_charged(text, gsm):
    written = spell(text, gsm)
    assert len(written.parts) == len(segment(text).parts)
    assert "".join(read(part, written.coding) for part in written.parts) == text


@pytest.mark.usefixtures("from_one")
@pytest.mark.parametrize("gsm", ["unpacked", "packed", "latin1"])
@pytest.mark.parametrize("text", [LONG, "ɛte sɛn? " * 20])
def test_a_long_text_by_udh(gsm, text):
    parts = wire(f"gsm={gsm}", text)
    headers = [part.short_message[:6] for part in parts]
    assert headers == [bytes((5, 0, 3, 1, len(parts), n)) for n in range(1, len(parts) + 1)]
    assert {(part.esm_class, len(part.tlvs)) for part in parts} == {(0x40, 0)}
    pieces = [read(p.short_message[6:], p.data_coding, gsm == "packed", fill=1) for p in parts]
    assert pieces == list(segment(text).parts)
    if gsm == "packed":
        assert max(len(part.short_message) for part in parts) <= 140


@pytest.mark.usefixtures("from_one")
@pytest.mark.parametrize("gsm", ["unpacked", "packed", "latin1"])
def test_a_long_text_by_sar(gsm):
    parts = wire(f"long=sar&gsm={gsm}", LONG)
    assert [tlvs(part) for part in parts] == [
        {0x020C: b"\0\1", 0x020E: bytes((len(parts),)), 0x020F: bytes((number,))}
        for number in range(1, len(parts) + 1)
    ]
    pieces = [read(p.short_message, p.data_coding, gsm == "packed") for p in parts]
    assert pieces == list(segment(LONG).parts)
    assert {part.esm_class for part in parts} == {0}


@pytest.mark.parametrize("gsm", ["unpacked", "packed", "latin1"])
@pytest.mark.parametrize("text", [LONG, "ɛte sɛn? " * 20])
def test_a_long_text_as_one_payload(gsm, text):
    (part,) = wire(f"long=payload&gsm={gsm}", text)
    assert (part.short_message, part.esm_class) == (b"", 0)
    assert read(tlvs(part)[0x0424], part.data_coding, gsm == "packed") == text


def test_a_short_text_has_neither_header_nor_options():
    for long in ("udh", "sar", "payload"):
        (part,) = wire(f"long={long}", "x" * 160)
        assert (part.short_message, part.esm_class, part.tlvs) == (b"x" * 160, 0, [])


def test_the_references_of_sar_start_again_after_two_bytes_and_those_of_udh_after_one():
    for long, after in (("sar", 65536), ("udh", 256)):
        composer = Composer(options(f"smpp://user:secret@host?long={long}"))
        submission = Submission(1, "233201234567", "SHOP", LONG)
        seen = [composer.bodies(submission)[0] for _ in range(after + 1)]
        assert seen[0] == seen[after]
        assert len(set(seen)) == after


def test_a_text_of_too_many_parts_is_refused_in_words():
    with pytest.raises(ValueError, match="at most 255"):
        wire("", "x" * 153 * 256)


def read(data: bytes, coding: int, packed: bool = False, fill: int = 0) -> str:
    """A text as a phone would show it."""
    if coding == 3:
        return data.decode("latin-1")
    if coding == 8:
        return decode(data, Encoding.UCS2)
    text = decode(unpack(data, fill) if packed else data, Encoding.GSM7)
    assert encode(text, Encoding.GSM7)
    return text
