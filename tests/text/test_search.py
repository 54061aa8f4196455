"""What a search compares."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashsms.text.phones import normalise
from flashsms.text.search import fold, key, terms

AMA = key("233244123456", "Ama Serwaa", "Mensah")


def found(typed: str, searched: str = AMA) -> bool:
    return any(term in searched for term in terms(typed))


@pytest.mark.parametrize(
    "typed",
    [
        "ama",
        "MENSAH",
        "waa men",
        " ama   serwaa ",
        "0244123456",
        "024 412",
        "+233 24 412",
        "+233 (0)24 412-3456",
        "2330244123456",
        "00233244",
        "24412",
        "3456",
        "244.123.456",
    ],
)
def test_any_part_and_any_notation_is_found(typed: str) -> None:
    assert found(typed)


@pytest.mark.parametrize("typed", ["ama mensah", "0412", "+24412", "99", "%", "_", "a_a", "h 2"])
def test_what_is_not_there_is_not_found(typed: str) -> None:
    assert not found(typed)


def test_nothing_is_no_search() -> None:
    assert terms("") == terms(" \t ") == ()


def test_composed_and_decomposed_letters_are_the_same() -> None:
    assert fold("Ame\u0301 ƐSI") == fold("amé ɛsi")


@given(st.from_regex(r"0[25][0-9]{8}", fullmatch=True), st.sampled_from(["", " ", "-", ".", ") "]))
def test_a_number_is_found_as_it_was_typed(typed: str, mark: str) -> None:
    phone = normalise(typed)
    assert phone is not None
    spaced = f"{typed[:3]}{mark}{typed[3:6]}{mark}{typed[6:]}"
    assert found(spaced, key(phone, "Ama"))
