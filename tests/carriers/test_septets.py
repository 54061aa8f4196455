"""Packed septets, against the examples of others and the way back."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flashsms.carriers.smpp.septets import fill_bits, pack, unpack


@pytest.mark.parametrize(
    ("text", "packed"),
    [
        (b"hellohello", "e8329bfd4697d9ec37"),  # in many descriptions of the packing
        (b"A", "41"),
        (b"1234567", "31d98c56b3dd1a"),  # 7 spare bits: a carriage return, not an @
        (b"", ""),
    ],
)
def test_septets_are_packed_as_the_standard_does(text, packed):
    assert pack(text).hex() == packed


def test_after_a_header_of_six_bytes_the_text_begins_one_bit_later():
    assert fill_bits(6) == 1
    assert pack(b"A", 1).hex() == "82"
    assert len(pack(b"x" * 153, 1)) == 134  # and 6 of header are 140
    assert len(pack(b"x" * 160)) == 140


@given(st.binary(min_size=1, max_size=160).map(lambda data: bytes(byte & 0x7F for byte in data)))
@example(b"x" * 8)
@example(b"x" * 7)
def test_what_was_packed_is_read_again(septets):
    for fill in (0, 1):
        again = unpack(pack(septets, fill), fill)
        at_the_end = len(septets) * 7 % 8 == -fill % 8 and septets.endswith(b"\r")
        assert again == septets or (at_the_end and again == septets[:-1])
