# ruff: noqa: RUF001 - characters that look alike are what this is about
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flashsms.text.savings import find
from flashsms.text.segments import Encoding, count_parts, not_gsm7, segment

GSM7_SAMPLE = "abc XYZ 019 @£$¥èéùìòÇ\nØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¡ÄÖÑÜ§¿äöñüà€[]{}~^|\\'\""
AWKWARD = (
    "“”‘’–…•₵¢ɛƆŋêç½№™`\u00a0\u200b\u200d\ufe0f\u20e3\u0301\u0306\u0338eEGgHh5 "
    "😀👍🏽👩💻🇬🇭❤и你\u2212ｆ\t"
)

gsm7_texts = st.text(st.sampled_from(GSM7_SAMPLE), max_size=200)
texts = st.text(
    st.sampled_from(AWKWARD) | st.characters(exclude_categories=["Cs"]), max_size=60
) | st.text(st.sampled_from(AWKWARD), max_size=30)


def is_gsm7(text):
    return segment(text).encoding is Encoding.GSM7


@pytest.mark.parametrize(
    ("given_text", "rewritten"),
    [
        (
            "“Hi” ‘you’ ‚a‛ „b‟ «c» ‹d› it’s itʼs it´s it`s",
            "\"Hi\" 'you' 'a' \"b\" \"c\" 'd'" + " it's" * 4,
        ),
        ("6′ 2″", "6' 2\""),
        ("a\u2010b\u2011c\u2012d\u2013e\u2014f\u2015g\u2212h", "a-b-c-d-e-f-g-h"),
        ("wait…", "wait..."),
        ("• rice\n▪ beans\n\uf0b7 yam", "- rice\n- beans\n- yam"),
        ("a\u00a0b\u2009c\u202fd\u3000e\tf", "a b c d e f"),
        ("a\u2028b\u2029c", "a\nb\nc"),
        ("\ufeffin\u00advi\u200bsi\u200cb\u200dl\u2060e\u200e", "invisible"),
        (
            "Akwaaba, wo ho te sɛn? Ɛte sɛn? Medɔ wo. Ɔ",
            "Akwaaba, wo ho te sen? Ete sen? Medo wo. O",
        ),
        ("ŋŊ ɖƉ ƒƑ ɣƔ ʋƲ ʒƷ ɓ ɗ ƙ ƴ", "nN dD fF gG vV zZ b d k y"),
        ("áêçíóúâñ ÁÈÊ ệ ő ž", "aeciouañ AEE e o z"),
        ("ǿ and ǟ", "ø and ä"),
        ("ŒUVRE œuvre", "OEUVRE oeuvre"),
        ("ＳＡＬＥ！ 𝐍𝐨𝐰 ﬁve", "SALE! Now five"),
        ("A™ ©B C®", "ATM (c)B C(R)"),
        ("3×4÷2", "3x4/2"),
        ("Ω \u2126 K\u212a \u212b", "Ω Ω KK Å"),
    ],
)
def test_what_can_be_said_in_gsm7_is(given_text, rewritten):
    savings = find(given_text)
    assert savings.text == rewritten
    assert is_gsm7(savings.text)
    assert all(culprit.replacement is not None for culprit in savings.culprits)


@pytest.mark.parametrize(
    ("price", "rewritten"),
    [
        ("₵50", "GHS 50"),
        ("₵ 50", "GHS 50"),
        ("₵\u00a050", "GHS 50"),
        ("₵\u200b50", "GHS 50"),
        ("¢50", "GHS 50"),
        ("GH₵50", "GHS 50"),
        ("Gh¢ 50", "GHS 50"),
        ("GHS₵50", "GHS 50"),
        ("for50GH₵", "for50 GHS"),
        ("50₵.", "50 GHS."),
        ("only₵50", "only GHS 50"),
        ("LAGH₵50", "LAGH GHS 50"),
        ("LAGHS₵50", "LAGHS GHS 50"),
        ("(₵50)", "(GHS 50)"),
        ("₵½", "GHS 1/2"),
        ("₵₵5", "GHS GHS 5"),
        ("GH₵{{amount}} or {{amount}}₵", "GHS {{amount}} or {{amount}} GHS"),
        ("Leigh₵5", "Leigh GHS 5"),
    ],
)
def test_a_price_in_cedis_reads_well(price, rewritten):
    assert find(price).text == rewritten


@pytest.mark.parametrize(
    ("figure", "rewritten"),
    [("½ kg", "1/2 kg"), ("5½ kg", "5 1/2 kg"), ("5 ¼", "5 1/4"), ("¾", "3/4"), ("№5", "No 5")],
)
def test_a_figure_does_not_run_into_its_neighbour(figure, rewritten):
    assert find(figure).text == rewritten


@pytest.mark.parametrize(
    "kept", ["😀", "❤️", "👩🏽‍💻", "🇬🇭", "你", "й", "и\u0306", "नी", "≠", "=\u0338", "5\u0336", "²"]
)
def test_what_nothing_can_stand_for_stays(kept):
    savings = find(f"’{kept}’")
    assert savings.text == f"'{kept}'"
    assert {culprit.replacement for culprit in savings.culprits} == {"'", None}


def test_an_emoji_of_several_code_points_is_one_culprit():
    savings = find("a👩🏽‍💻 ❤️🇬🇭👩🏽‍💻")
    assert [(one.character, one.name, one.count, one.position) for one in savings.culprits] == [
        ("👩🏽‍💻", "woman + emoji modifier fitzpatrick type-4 + personal computer", 2, 1),
        ("❤️", "heavy black heart", 1, 6),
        ("🇬🇭", "regional indicator symbol letter g + regional indicator symbol letter h", 1, 8),
    ]


def test_a_keycap_becomes_its_digit():
    savings = find("Press 1\ufe0f\u20e3")
    assert savings.text == "Press 1"
    assert [one.name for one in savings.culprits] == [
        "variation selector-16",
        "combining enclosing keycap",
    ]


def test_the_culprits_are_named_counted_and_placed():
    savings = find("😀 It’s “on”, it’s\t‘now’")
    assert [
        (one.character, one.name, one.count, one.position, one.replacement)
        for one in savings.culprits
    ] == [
        ("😀", "grinning face", 1, 0, None),
        ("’", "right single quotation mark", 3, 4, "'"),
        ("“", "left double quotation mark", 1, 7, '"'),
        ("”", "right double quotation mark", 1, 10, '"'),
        ("\t", "U+0009", 1, 17, " "),
        ("‘", "left single quotation mark", 1, 18, "'"),
    ]


def test_a_letter_written_apart_from_its_mark_is_one_culprit_where_the_text_has_it():
    (culprit,) = find("caf\u0065\u0301 olé cafe\u0301").culprits
    assert (culprit.character, culprit.count, culprit.position) == ("e\u0301", 2, 3)
    assert culprit.name == "latin small letter e + combining acute accent"
    assert culprit.replacement == "é"


@pytest.mark.parametrize(
    ("decomposed", "rewritten"),
    [
        ("e\u0302", "e"),
        ("e\u0331\u0301", "é"),
        ("C\u0327", "Ç"),
        ("c\u0327", "c"),
        ("A\u030a", "Å"),
    ],
)
def test_a_decomposed_letter_becomes_the_nearest_one_of_gsm7(decomposed, rewritten):
    savings = find(f"x{decomposed}x")
    assert savings.text == f"x{rewritten}x"
    assert [one.character for one in savings.culprits] == [decomposed]


def test_a_mark_that_composes_with_nothing_goes():
    savings = find("\u0301x\u0302 ɛ\u0301")
    assert savings.text == "x e"
    assert [(one.character, one.position, one.replacement) for one in savings.culprits] == [
        ("\u0301", 0, ""),
        ("\u0302", 2, ""),
        ("ɛ", 4, "e"),
    ]


def test_one_curly_quote_is_shown_to_double_the_price():
    savings = find("a" * 130 + "’")
    assert (savings.parts_now, savings.parts_then) == (2, 1)
    assert savings.helps


def test_replacing_does_not_help_while_an_emoji_is_left():
    savings = find("’" * 70 + "😀")
    assert (savings.parts_now, savings.parts_then) == (2, 2)
    assert not savings.helps


def test_a_replacement_that_costs_more_is_reported_as_it_is():
    savings = find("₵" * 35 + "你" * 35)
    assert savings.parts_now == 1
    assert savings.parts_then == 3
    assert not savings.helps


@given(gsm7_texts)
def test_a_text_in_gsm7_has_no_culprits_and_stays_as_it_is(text):
    savings = find(text)
    assert savings.culprits == ()
    assert savings.text == text
    assert savings.parts_now == savings.parts_then == count_parts(text)
    assert not savings.helps


@given(texts)
@example("GHGH₵₵5")
@example("👩\u200b\u200d💻")
@example("🇬\u200b🇭")
def test_replacing_leaves_only_what_has_no_replacement(text):
    again = find(find(text).text)
    assert all(culprit.replacement is None for culprit in again.culprits)
    assert again.text == find(text).text


@given(texts)
def test_every_culprit_is_in_the_text_where_it_is_said_to_be(text):
    culprits = find(text).culprits
    assert [one.position for one in culprits] == sorted(one.position for one in culprits)
    assert len({one.character for one in culprits}) == len(culprits)
    for one in culprits:
        assert text.startswith(one.character, one.position)
        assert not is_gsm7(one.character)
        assert 1 <= one.count <= text.count(one.character)


@given(texts)
def test_every_character_that_gsm7_lacks_belongs_to_a_culprit(text):
    culprits = find(text).culprits
    lacking = sum(1 for _ in not_gsm7(text))
    assert lacking == sum(one.count * sum(1 for _ in not_gsm7(one.character)) for one in culprits)


@given(texts)
def test_the_parts_are_those_of_the_two_texts_and_helping_is_their_difference(text):
    savings = find(text)
    assert savings.parts_now == count_parts(text)
    assert savings.parts_then == count_parts(savings.text)
    assert savings.helps == (count_parts(savings.text) < count_parts(text))


def test_no_replacement_anywhere_in_unicode_needs_ucs2():
    latin_and_symbols = [*range(0x3100), *range(0xE000, 0x10000), *range(0x1D400, 0x1D800)]
    for culprit in find("\n".join(map(chr, latin_and_symbols))).culprits:
        assert culprit.replacement is None or is_gsm7(culprit.replacement)


def test_every_lower_and_upper_case_letter_of_the_latin_blocks_with_a_mark_has_a_base_letter():
    marked = [
        character
        for character in map(chr, [*range(0xC0, 0x250), *range(0x1E00, 0x1F00)])
        if unicodedata.decomposition(character).startswith("00")
    ]
    assert len(marked) > 300
    assert is_gsm7(find("".join(marked)).text)


def test_characters_that_gsm7_lacks_are_found_with_their_places():
    assert [*not_gsm7("é’x\U0001f600€\x1b")] == [(1, "’"), (3, "😀"), (5, "\x1b")]
    assert [*not_gsm7("plain [€]\n")] == []


def test_half_a_character_is_named_by_its_number():
    (culprit,) = find("a\ud800").culprits
    assert (culprit.name, culprit.replacement) == ("U+D800", None)
