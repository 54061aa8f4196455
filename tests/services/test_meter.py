# ruff: noqa: RUF001 - characters that look alike are what this is about
from hypothesis import given
from hypothesis import strategies as st

from flashsms.services.meter import measure
from flashsms.text.segments import Encoding, count_parts


def test_a_plain_text_is_measured():
    meter = measure("Hello")
    assert (meter.length, meter.parts, meter.left) == (5, 1, 155)
    assert meter.encoding is Encoding.GSM7
    assert (meter.culprits, meter.problem, meter.helps) == ((), None, False)


def test_nothing_is_one_empty_part_and_no_problem_yet():
    meter = measure("")
    assert (meter.length, meter.parts, meter.left, meter.problem) == (0, 1, 160, None)


def test_one_character_that_doubles_the_price_is_named_with_its_replacement():
    meter = measure("₵5 off " + "a" * 100)
    assert (meter.parts, meter.parts_then, meter.helps) == (2, 1, True)
    assert [(one.character, one.replacement) for one in meter.culprits] == [("₵", "GHS")]
    assert meter.better.startswith("GHS 5 off")


def test_a_character_that_changes_nothing_is_named_but_does_not_help():
    meter = measure("Medɔ wo")
    assert meter.culprits
    assert not meter.helps


def test_placeholders_are_measured_by_their_fallbacks_or_names():
    meter = measure("Hi {{firstName|dear friend}}, {{shop}}")
    assert meter.variables == ("firstName", "shop")
    assert meter.length == len("Hi dear friend, shop")


def test_a_replacement_within_a_fallback_counts():
    meter = measure("Hi {{firstName|Kɔfi}}" + "a" * 100)
    assert (meter.parts, meter.parts_then) == (2, 1)
    assert "{{firstName|Kofi}}" in meter.better


def test_a_half_typed_placeholder_is_measured_as_it_stands():
    meter = measure("Hi {{fir")
    assert (meter.length, meter.variables) == (8, ())
    assert "cannot be read" in meter.problem


def test_a_text_that_is_too_long_says_by_how_much():
    meter = measure("é" * 919)
    assert "919 characters" in meter.problem
    assert "918" in meter.problem


def test_a_text_that_is_far_too_long_is_not_searched_for_replacements():
    meter = measure("ɛ" * 400_000)
    assert meter.culprits == ()
    assert "400,000" in meter.problem


def test_what_cannot_be_sent_is_a_problem():
    assert "NUL" in measure("a\0b").problem
    assert "broken" in measure("a\ud800b").problem


@given(st.text(st.sampled_from("{}| afirstName\n₵’ɔ😀\0\ud800…"), max_size=60))
def test_whatever_is_typed_can_be_measured(text):
    meter = measure(text)
    assert meter.parts == 1
    assert meter.left >= 0
    assert count_parts(meter.better) == 1
