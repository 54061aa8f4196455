"""Which names pass for a protected one, and which are none of its business."""

import pytest

from flashsms.text.lookalikes import fold, resembles

PROTECTED = (
    "MTN",
    "MTN MoMo",
    "MoMo",
    "AT",
    "AirtelTigo",
    "Telecel",
    "GRA",
    "NIB",
    "NIA",
    "Absa",
    "Visa",
    "Apple",
    "GCB",
    "Google",
    "Standard Chartered",
    "Ghana Police",
    "WhatsApp",
    "Société Générale",
)


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("MTN", "m t n"),
        ("MTN", "M7N"),
        ("MTN", "rntn"),
        ("MoMo", "M0M0"),
        ("Telecel", "Te1ece1"),
        ("Telecel", "TeIeceI"),
        ("Telecel", "T3|ecel"),
        ("AirtelTigo", "A1rteIT1g0"),
        ("AirtelTigo", "4irtel Ti60"),
        ("Absa", "A85A"),
        ("Zenith", "2enith"),
        ("WhatsApp", "VVhats4pp"),
        ("Société", "societe"),
        ("GhIPSS", "gh-ipss"),
    ],
)
def test_look_alikes_are_spelt_the_same(name: str, same: str) -> None:
    assert fold(name) == fold(same)


@pytest.mark.parametrize(("one", "other"), [("MTN", "MTM"), ("Absa", "Abba"), ("GCB", "GBC")])
def test_other_names_are_not(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@pytest.mark.parametrize(
    ("name", "protected"),
    [
        # equal
        ("MTN", "MTN"),
        ("mtn", "MTN"),
        ("M T N", "MTN"),
        ("M7N", "MTN"),
        ("A T", "AT"),
        ("4T ", "AT"),
        ("MTN M0M0", "MTN MoMo"),
        ("6RA", "GRA"),
        # a word of it
        ("My MTN", "MTN"),
        ("MyMTN", "MTN"),
        ("Pay GRA", "GRA"),
        ("PayGRA", "GRA"),
        ("AT Ghana", "AT"),
        ("at ghana", "AT"),
        ("My AT", "AT"),
        ("Ghana M0M0", "MoMo"),
        ("New V1SA", "Visa"),
        # at the beginning
        ("MTNGhana", "MTN"),
        ("mtnoffers", "MTN"),
        ("MTN2024", "MTN"),
        ("M TN Promo", "MTN"),
        ("gcbonline", "GCB"),
        ("GRAtax", "GRA"),
        ("gratax", "GRA"),
        ("GRA24", "GRA"),
        ("NIBloans", "NIB"),
        ("absapay", "Absa"),
        ("AbsaGH", "Absa"),
        ("Visacard", "Visa"),
        # anywhere
        ("MyTelecel", "Telecel"),
        ("thetelecel", "Telecel"),
        ("go0glepay", "Google"),
        ("xWhatsApp", "WhatsApp"),
        ("GhanaPo1ice", "Ghana Police"),
        # longer than a sender ID may be
        ("StandardCha", "Standard Chartered"),
        ("SocieteGene", "Société Générale"),
    ],
)
def test_what_may_be_taken_for_a_protected_name(name: str, protected: str) -> None:
    assert resembles(name, PROTECTED) == protected


@pytest.mark.parametrize(
    "name",
    [
        "Kwaku Art",
        "AmaShop",
        "Eat at Joe",
        "AtHome",
        "Atta Shop",
        "Shop 47",
        "Bata",
        "Grace Shop",
        "GRACE SHOP",
        "Grand Hotel",
        "Graphic",
        "Niagara",
        "Nibbles",
        "Visage",
        "Pineapple",
        "Standard",
        "Ghana Shop",
        "Police Wife",
        "Kofi 2024",
        "47 Stores",
        "",
        "   ",
    ],
)
def test_ordinary_names_raise_no_alarm(name: str) -> None:
    assert resembles(name, PROTECTED) is None


def test_the_longest_name_is_told_whatever_the_order() -> None:
    for order in (PROTECTED, PROTECTED[::-1]):
        assert resembles("MTN MoMo Pay", order) == "MTN MoMo"


def test_without_protected_names_nothing_is_alike() -> None:
    assert resembles("MTN", ()) is None
    assert resembles("MTN", ("", "-", " ")) is None
