import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashsms.text.phones import normalise, operator

FORMS = [
    "0201234567",
    "+233201234567",
    "233201234567",
    "00233201234567",
    "201234567",
    "020 123 4567",
    "+233 20 123 4567",
    "+233\u00a020\u00a0123\u202f4567",
    "020-123-4567",
    "020\u2011123\u20134567",
    "020.123.4567",
    "(020) 123 4567",
    "[020] 123-4567",
    "+233 (0) 20 123 4567",
    "+2330201234567",
    "2330201234567",
    "00233 (0)20 1234567",
    "  0201234567\r\n",
    "\u202a+233 20 123 4567\u202c",
    "\ufeff0201234567",
]

national = st.from_regex(r"[25][0-9]{8}", fullmatch=True)
prefixes = st.sampled_from(["", "0", "233", "+233", "00233", "2330", "+233(0)"])
ornaments = st.text(st.sampled_from(" -.()[]\u00a0\u2013\u2011\u200b"), max_size=2)


@pytest.mark.parametrize("form", FORMS)
def test_every_common_form_is_the_same_number(form):
    assert normalise(form) == "233201234567"


@given(prefixes, national, st.lists(ornaments, min_size=20, max_size=20))
def test_ornaments_anywhere_change_nothing(prefix, digits, between):
    typed = "".join(mark + digit for mark, digit in zip(between, prefix + digits, strict=False))
    assert normalise(typed) == "233" + digits


@given(prefixes, national)
def test_normalising_twice_is_normalising_once(prefix, digits):
    once = normalise(prefix + digits)
    assert once is not None
    assert normalise(once) == once


@given(
    st.text() | st.text(st.sampled_from("+0123456789 -٠１²")), st.sampled_from([(), ("NG", "US")])
)
def test_junk_is_none_or_plain_digits(raw, countries):
    phone = normalise(raw, countries)
    assert phone is None or (phone.isascii() and phone.isdigit() and 7 <= len(phone) <= 15)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "   ",
        "+",
        "0302123456",  # fixed line in Accra
        "+233302123456",
        "302123456",
        "020123456",  # one digit short
        "02012345678",  # one too many
        "+0201234567",
        "+201234567",  # Egypt's code, not nine Ghanaian digits
        "00201234567",
        "++233201234567",
        "0233201234567",
        "0201234567,0241234567",
        "0201234567\n0241234567",
        "020123456a",
        "2.01234567E+08",
        "٠٢٠١٢٣٤٥٦٧",
        "".join(chr(0xFF10 + int(digit)) for digit in "0201234567"),  # full width
        "Kofi",
    ],
)
def test_what_is_no_ghanaian_mobile_number_is_none(raw):
    assert normalise(raw) is None


@pytest.mark.parametrize(
    "raw",
    ["+2348031234567", "002348031234567", "2348031234567", "+234 (0) 803 123-4567"],
)
def test_a_listed_country_is_read_in_international_form(raw):
    assert normalise(raw, ["NG"]) == "2348031234567"


@pytest.mark.parametrize(
    ("raw", "countries"),
    [
        ("+2348031234567", []),  # nobody listed Nigeria
        ("+2348031234567", ["KE"]),
        ("08031234567", ["NG"]),  # the national form is ambiguous
        ("+23412701234", ["NG"]),  # a fixed line in Lagos
        ("+234803123", ["NG"]),
        ("+9991234567", ["NG"]),  # no such country
        ("+233302123456", ["GH", "NG"]),
    ],
)
def test_other_foreign_numbers_are_none(raw, countries):
    assert normalise(raw, countries) is None


def test_a_number_that_may_be_mobile_or_fixed_is_taken():
    assert normalise("+1 650 253 0000", ["US"]) == "16502530000"


def test_ghana_is_read_whatever_other_countries_are_listed():
    assert normalise("0241234567", ["NG"]) == "233241234567"


@pytest.mark.parametrize(
    ("blocks", "name"),
    [
        ("24 25 53 54 55 59", "MTN"),
        ("20 50", "Telecel"),
        ("23 26 27 56 57", "AT"),
        ("21 22 28 29 51 52 58", "Other"),
    ],
)
def test_the_operator_follows_from_the_number_range(blocks, name):
    assert {operator(f"233{block}1234567") for block in blocks.split()} == {name}


def test_a_foreign_number_has_no_operator_of_ghana():
    assert operator("2348024123456") == "Other"
    assert operator("12624123456") == "Other"


def test_ghana_alone_never_loads_the_tables_of_the_world():
    script = (
        "import sys; from flashsms.text.phones import normalise; "
        "normalise('0241234567'); normalise('+2348031234567'); "
        "sys.exit('phonenumbers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
