import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashsms.text.segments import (
    Encoding,
    count_parts,
    decode,
    encode,
    room,
    segment,
    unsendable,
)

# Transcribed from the standard's chart (also Unicode's GSM0338.TXT), by code point and by name, so
# that a slip in the product's own table has nothing of its own to agree with.
_CHART = """
0040 00A3 0024 00A5 00E8 00E9 00F9 00EC 00F2 00C7 000A 00D8 00F8 000D 00C5 00E5
0394 005F 03A6 0393 039B 03A9 03A0 03A8 03A3 0398 039E ---- 00C6 00E6 00DF 00C9
0020 0021 0022 0023 00A4 0025 0026 0027 0028 0029 002A 002B 002C 002D 002E 002F
0030 0031 0032 0033 0034 0035 0036 0037 0038 0039 003A 003B 003C 003D 003E 003F
00A1 0041 0042 0043 0044 0045 0046 0047 0048 0049 004A 004B 004C 004D 004E 004F
0050 0051 0052 0053 0054 0055 0056 0057 0058 0059 005A 00C4 00D6 00D1 00DC 00A7
00BF 0061 0062 0063 0064 0065 0066 0067 0068 0069 006A 006B 006C 006D 006E 006F
0070 0071 0072 0073 0074 0075 0076 0077 0078 0079 007A 00E4 00F6 00F1 00FC 00E0
"""
CHART = _CHART.split()
EXTENSIONS = {
    0x14: "CIRCUMFLEX ACCENT",
    0x28: "LEFT CURLY BRACKET",
    0x29: "RIGHT CURLY BRACKET",
    0x2F: "REVERSE SOLIDUS",
    0x3C: "LEFT SQUARE BRACKET",
    0x3D: "TILDE",
    0x3E: "RIGHT SQUARE BRACKET",
    0x40: "VERTICAL LINE",
    0x65: "EURO SIGN",
}
BASIC = "".join(chr(int(code, 16)) for code in CHART if code != "----")
EXTENDED = "\f" + "".join(map(unicodedata.lookup, EXTENSIONS.values()))

gsm7_texts = st.text(st.sampled_from(BASIC + EXTENDED * 4), max_size=400)
ucs2_texts = st.text(
    st.sampled_from("ab€ɛɔŋ₵")
    | st.sampled_from("😀🇬🎉")
    | st.characters(exclude_categories=["Cs"]),
    max_size=200,
)
sendable_texts = (gsm7_texts | ucs2_texts).filter(lambda text: "\0" not in text)


def units(part, encoding):
    size = len(encode(part, encoding))
    return size if encoding is Encoding.GSM7 else size // 2


def test_the_alphabet_is_the_standard_one():
    septets = bytes(septet for septet in range(128) if septet != 0x1B)
    assert encode(BASIC, Encoding.GSM7) == septets
    assert decode(septets, Encoding.GSM7) == BASIC


@pytest.mark.parametrize("septet", EXTENSIONS)
def test_the_extension_table_is_the_standard_one(septet):
    character = unicodedata.lookup(EXTENSIONS[septet])
    assert encode(character, Encoding.GSM7) == bytes([0x1B, septet])
    assert decode(bytes([0x1B, septet]), Encoding.GSM7) == character


def test_a_form_feed_is_an_extension_character():
    assert encode("\f", Encoding.GSM7) == b"\x1b\x0a"
    assert decode(b"\x1b\x0a", Encoding.GSM7) == "\f"


@given(st.characters(exclude_categories=["Cs"]))
def test_only_characters_of_the_two_tables_are_gsm7(character):
    in_tables = character in BASIC + EXTENDED
    assert (segment(character).encoding is Encoding.GSM7) == in_tables


@given(sendable_texts)
def test_what_was_written_comes_back(text):
    whole = segment(text)
    wire = [encode(part, whole.encoding) for part in whole.parts]
    assert "".join(decode(data, whole.encoding) for data in wire) == text


@given(sendable_texts)
def test_no_part_exceeds_what_fits(text):
    whole = segment(text)
    single, several = (160, 153) if whole.encoding is Encoding.GSM7 else (70, 67)
    limit = single if len(whole.parts) == 1 else several
    assert all(units(part, whole.encoding) <= limit for part in whole.parts)


@given(sendable_texts)
def test_no_part_wastes_room_that_the_next_character_would_fit_into(text):
    whole = segment(text)
    limit = 153 if whole.encoding is Encoding.GSM7 else 67
    for part, following in zip(whole.parts, whole.parts[1:], strict=False):
        assert units(part + following[0], whole.encoding) > limit


@given(sendable_texts)
def test_a_text_is_one_part_exactly_when_it_fits_into_one(text):
    whole = segment(text)
    limit = 160 if whole.encoding is Encoding.GSM7 else 70
    assert (len(whole.parts) == 1) == (units(text, whole.encoding) <= limit)


@given(sendable_texts)
def test_counting_agrees_with_dividing(text):
    assert count_parts(text) == len(segment(text).parts)


@given(sendable_texts)
def test_the_length_is_in_code_points(text):
    assert segment(text).length == len(text)


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("", [0]),
        ("a" * 160, [160]),
        ("a" * 161, [153, 8]),
        ("a" * 306, [153, 153]),
        ("a" * 307, [153, 153, 1]),
        ("a" * 918, [153] * 6),
        ("a" * 158 + "€", [159]),
        ("a" * 159 + "€", [153, 7]),
        ("a" * 152 + "€" + "a" * 10, [152, 11]),
        ("a" * 151 + "€" + "a" * 10, [152, 10]),
        ("€" * 80, [80]),
        ("€" * 81, [76, 5]),
        ("ɛ" * 70, [70]),
        ("ɛ" * 71, [67, 4]),
        ("ɛ" * 134, [67, 67]),
        ("ɛ" * 135, [67, 67, 1]),
        ("ɛ" * 918, [67] * 13 + [47]),
        ("ɛ" * 68 + "😀", [69]),
        ("ɛ" * 69 + "😀", [67, 3]),
        ("ɛ" * 66 + "😀" + "ɛ" * 10, [66, 11]),
        ("ɛ" * 65 + "😀" + "ɛ" * 10, [66, 10]),
        ("😀" * 35, [35]),
        ("😀" * 36, [33, 3]),
        ("a" * 159 + "₵", [67, 67, 26]),
    ],
)
def test_the_seams_are_where_the_standard_puts_them(text, sizes):
    assert [len(part) for part in segment(text).parts] == sizes
    assert count_parts(text) == len(sizes)


def test_lower_case_c_cedilla_is_not_gsm7():
    assert segment("garçon").encoding is Encoding.UCS2
    assert segment("Ç").encoding is Encoding.GSM7


@pytest.mark.parametrize("text", ["", "plain", "₵ and ɛ", "😀", "tab\tand line\n", "\ufeff"])
def test_ordinary_texts_are_sendable(text):
    assert unsendable(text) is None


def test_the_first_character_that_cannot_be_sent_is_named_with_its_position():
    assert unsendable("ab\0c\ud800") == (
        "Character 3 of the message cannot be sent: it is the NUL control character (U+0000). "
        "Remove it and try again."
    )
    assert "Character 1 " in (unsendable("\ud83d alone") or "")
    assert "U+DE00" in (unsendable("ends in \ude00") or "")


@given(st.text(st.characters() | st.sampled_from("\0\ud800\udfff")))
def test_whatever_is_sendable_can_be_encoded(text):
    whole = segment(text)
    if unsendable(text) is None:
        assert all(units(part, whole.encoding) <= 160 for part in whole.parts)
    else:
        assert count_parts(text) == len(whole.parts)


@pytest.mark.parametrize(
    ("part", "encoding", "named"),
    [
        ("5 ₵", Encoding.GSM7, r"'₵' \(U\+20B5\), found at position 3"),
        ("\x1b", Encoding.GSM7, r"U\+001B"),
        ("a\ud800", Encoding.UCS2, r"U\+D800\), found at position 2"),
    ],
)
def test_a_character_that_the_encoding_lacks_is_named(part, encoding, named):
    with pytest.raises(ValueError, match=named):
        encode(part, encoding)


def test_an_unknown_extension_shows_the_character_of_the_alphabet():
    assert decode(b"\x1ba", Encoding.GSM7) == "a"
    assert decode(b"\x1b\x00", Encoding.GSM7) == "@"


def test_an_escaped_escape_shows_a_space():
    assert decode(b"a\x1b\x1be", Encoding.GSM7) == "a e"


@pytest.mark.parametrize(
    ("data", "encoding", "said"),
    [
        (b"ab\x80", Encoding.GSM7, "0x80 at byte 3"),
        (b"ab\x1b", Encoding.GSM7, "middle of an escape pair"),
        (b"\x01\x5b\x01", Encoding.UCS2, "truncated data at byte 3 of 3"),
        (b"\xd8\x00", Encoding.UCS2, "unexpected end of data"),
        (b"\xdc\x00", Encoding.UCS2, "illegal encoding"),
    ],
)
def test_bytes_that_are_no_text_are_refused(data, encoding, said):
    with pytest.raises(ValueError, match=said):
        decode(data, encoding)


@given(st.binary(max_size=300), st.sampled_from(Encoding))
def test_any_bytes_are_read_or_refused(data, encoding):
    try:
        text = decode(data, encoding)
    except ValueError:
        return
    assert decode(encode(text, encoding), encoding) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("", 160),
        ("a" * 160, 0),
        ("a" * 161, 145),
        ("€" * 80, 0),
        ("€" * 77, 6),
        ("ɛ", 69),
        ("ɛ" * 70, 0),
        ("ɛ" * 71, 63),
        ("😀", 68),
    ],
)
def test_the_room_that_is_left_in_the_last_part(text, left):
    assert room(segment(text)) == left


@given(st.text(min_size=1, max_size=400))
def test_what_fits_into_the_room_makes_no_further_part(text):
    found = segment(text)
    filled = segment(text + "a" * room(found))
    assert len(filled.parts) == len(found.parts)
    assert room(filled) == 0
    assert count_parts(text + "a" * (room(found) + 1)) == len(found.parts) + 1
