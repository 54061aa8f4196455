"""Texts from people, as carriers hand them over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashsms.carriers.contract import Inbound, TextPart
from flashsms.carriers.smpp.pdu import ShortMessage
from flashsms.carriers.smpp.septets import fill_bits, pack
from flashsms.carriers.smpp.texts import is_text, read_text


def text(data: bytes, coding: int = 0, **fields) -> str:
    return read_text(ShortMessage("233201234567", "1234", data, data_coding=coding, **fields)).text


def part(header: bytes, data: bytes = b"Hello", **fields) -> TextPart | None:
    whole = bytes((len(header),)) + header + data
    read = read_text(ShortMessage("1", "2", whole, esm_class=0x40, **fields))
    assert read.text == data.decode()
    return read.part


@pytest.mark.parametrize(
    ("coding", "data", "written"),
    [
        (0, b"Hi \x00 \x02 \x1be \x1b<x\x1b>", "Hi @ $ € [x]"),
        (1, b"plain", "plain"),
        (3, "Adjoa Ü".encode("latin-1"), "Adjoa Ü"),
        (4, b"\xe9", "é"),
        (6, "Да".encode("iso8859_5"), "Да"),
        (8, "Medaase ɛɔ 😀".encode("utf-16-be"), "Medaase ɛɔ 😀"),
        (8, "BOM".encode("utf-16"), "BOM"),
        (0x11, b"\x00", "@"),
        (0x15, b"\xe9", "é"),
        (0x18, "ɛ".encode("utf-16-be"), "ɛ"),
        (0xC8, b"\x00", "@"),
        (0xE0, "ɛ".encode("utf-16-be"), "ɛ"),
        (0xF1, b"\x00", "@"),
        (0xF5, b"\xe9", "é"),
        (0x99, b"\x00", "@"),
    ],
)
def test_each_alphabet_is_read(coding, data, written):
    assert text(data, coding) == written


@pytest.mark.parametrize("coding", [0, 0x11, 0xF1])
def test_packed_texts_are_read_behind_any_header_and_in_the_payload(coding):
    def read(data: bytes, esm_class: int = 0, **fields) -> Inbound:
        message = ShortMessage("1", "2", data, data_coding=coding, esm_class=esm_class, **fields)
        return read_text(message, packed=True)

    assert read(pack(b"STOP")).text == "STOP"
    assert read(pack(b"STOPALL")).text == "STOPALL"  # filled up, as it ends on a byte
    assert read(b"", tlvs={0x0424: pack(b"a\x1be" * 90)}).text == "a€" * 90
    for header in (b"", b"\x00\x03\xaa\x02\x01", b"\x08\x04\x12\x34\x02\x01"):
        whole = bytes((len(header),)) + header
        assert read(whole + pack(b"Akwaaba", fill_bits(len(whole))), 0x40).text == "Akwaaba"


@pytest.mark.parametrize("coding", [3, 8])
def test_what_is_in_another_alphabet_is_never_packed(coding):
    data = "Stop ü".encode("latin-1" if coding == 3 else "utf-16-be")
    assert read_text(ShortMessage("1", "2", data, data_coding=coding), packed=True).text == "Stop ü"


@pytest.mark.parametrize(
    ("coding", "data", "written"),
    [
        (0, b"caf\xe9 ok", "caf\ufffd ok"),
        (0, b"end\x1b", "end\ufffd"),
        (0, b"a\x1b\xffb", "a\ufffdb"),
        (1, b"caf\xe9", "caf\ufffd"),
        (8, b"\0A\0", "A\ufffd"),
        (8, b"\xd8\x3d\0A", "\ufffdA"),
        (14, b"\xff", "\ufffd"),
    ],
)
def test_what_cannot_be_read_costs_only_itself(coding, data, written):
    assert text(data, coding) == written


def test_nothing_arrives_that_a_database_refuses():
    assert text(b"a\0b\x07c\0\0", 3) == "a\ufffdb\ufffdc"
    assert text(b"one\r\ntwo\rthree\tfour", 3) == "one\ntwo\nthree\tfour"


def test_a_text_in_the_payload_is_read():
    assert text(b"", tlvs={0x0424: b"Long"}) == "Long"
    assert text("ɛ".encode("utf-16-be"), 8, tlvs={}) == "ɛ"


def test_parts_are_told_by_the_header_before_the_text():
    assert part(b"\x00\x03\xaa\x03\x02") == TextPart(0xAA, 2, 3)
    assert part(b"\x08\x04\x12\x34\x02\x01") == TextPart(0x1234, 1, 2)
    assert part(b"\x05\x04\x0b\x84\x23\xf0\x24\x01\x03\x00\x03\x07\x02\x02") == TextPart(7, 2, 2)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"\x24\x01\x03",
        b"\x00\x03\xaa\x01\x01",  # the only part
        b"\x00\x03\xaa\x02\x00",
        b"\x00\x03\xaa\x02\x03",
        b"\x00\x03\xaa\x00\x00",
        b"\x00\x02\xaa\x02",
        b"\x00\xff\xaa\x02\x01",
        b"\x00",
    ],
)
def test_a_header_that_tells_no_sensible_part_tells_none(header):
    assert part(header) is None


def test_a_header_longer_than_the_text_is_none():
    assert text(b"\x1e oops", 3, esm_class=0x40) == "\ufffd oops"


def test_parts_are_told_by_parameters_too():
    sar = {0x020C: b"\x01\x02", 0x020E: b"\x03", 0x020F: b"\x02"}
    read = read_text(ShortMessage("1", "2", b"Hello", tlvs=sar))
    assert (read.text, read.part) == ("Hello", TextPart(0x0102, 2, 3))
    assert part(b"\x00\x03\xaa\x02\x01", tlvs=sar) == TextPart(0xAA, 1, 2)
    assert read_text(ShortMessage("1", "2", tlvs={0x020C: b"\x01"})).part is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("+233 20 123-4567", "233201234567"),
        ("1234", "1234"),
        ("MyBank 2", "MyBank 2"),
        ("a\0b" + "c" * 40, "ab" + "c" * 18),
        ("", ""),
        ("+", "+"),
    ],
)
def test_addresses_are_digits_where_they_are_numbers(written, read):
    inbound = read_text(ShortMessage(written, written, b"Hello"))
    assert (inbound.phone, inbound.number) == (read, read)


@pytest.mark.parametrize(
    ("esm_class", "yes"),
    [(0, True), (0x40, True), (0x03, True), (0x04, False), (0x08, False), (0x10, False)],
)
def test_only_people_write_texts(esm_class, yes):
    assert is_text(ShortMessage("1", "2", b"Hi", esm_class=esm_class)) is yes


@given(
    st.binary(max_size=200),
    st.integers(0, 255),
    st.integers(0, 255),
    st.binary(max_size=5),
    st.booleans(),
)
def test_whatever_arrives_becomes_a_text_that_can_be_stored(data, coding, esm_class, sar, packed):
    tlvs = {0x020C: sar, 0x020E: sar[1:], 0x020F: sar[2:], 0x0424: data[::-1]}
    message = ShortMessage("\x80", "\0", data, data_coding=coding, esm_class=esm_class, tlvs=tlvs)
    read = read_text(message, packed=packed)
    assert "\0" not in read.text + read.phone + read.number
    assert len(read.text.encode()) <= 3 * len(data or tlvs[0x0424])
