"""What a password must be, and how hard it is to guess."""

import pytest

from flashsms.text.common_passwords import COMMON
from flashsms.text.passwords import fault, strength


@pytest.mark.parametrize(
    "password", ["correct horse", "Ama's shop 7", "zebra-kiosk", "ɛyɛ dɛ papa", "dragon-83619274"]
)
def test_an_uncommon_password_of_eight_characters_will_do(password: str) -> None:
    assert fault(password, "ama@example.com") is None
    assert strength(password).score >= 1


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("seven77", "8 to 200 characters"),
        ("x" * 201, "8 to 200 characters"),
        ("AmaMensah@Example.com", "e-mail"),
        ("amamensah", "e-mail"),
        ("12345678", "guessed first"),
        ("PassWord", "guessed first"),
        ("Sunshine2024", "guessed first"),
        ("ghana123!", "guessed first"),
        ("abababababab", "guessed first"),
        (" " * 8, "guessed first"),
        ("half a pair \ud83d", "cannot be stored"),
    ],
)
def test_what_would_be_guessed_is_refused_with_the_reason(password: str, why: str) -> None:
    assert why in (fault(password, "amamensah@example.com") or "")
    score, hint = strength(password, "amamensah@example.com")
    assert score == 0
    assert why in hint


def test_strength_grows_with_length_and_variety() -> None:
    growing = ["kwzqtbnm", "kwzqtb nm", "kwzqtb nm7fR", "kwzqtb nm7fR and a goat"]
    assert [strength(password).score for password in growing] == [1, 2, 3, 4]
    assert strength("kwzqtbnmrd").score < strength("kwzqtbnmrd rain on tin").score


def test_rows_and_repetitions_are_worth_nothing() -> None:
    assert strength("abcdefghijklmnopq").score == 1
    assert strength("xyxyxyzxyxyxyzxyxyxyz").score == 1


def test_the_list_of_common_passwords_is_folded_as_it_is_compared() -> None:
    assert len(COMMON) >= 300
    assert {word for word in COMMON if word != word.lower()} == set()
