"""Operators' error codes, in the words that a user reads."""

import re
from pathlib import Path

import pytest

from flashsms.carriers.smpp.network_errors import GSM_ERRORS, of_parameter, of_text

DOCS = (Path(__file__).parents[2] / "docs" / "carriers.md").read_text()
SMPP = DOCS.partition("\n## SMPP\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("001", "does not know the number"),
        ("6", "switched off"),
        ("011", "does not include text messages"),
        ("013", "barred"),
        ("021", "cannot deliver text messages"),
        ("027", "out of coverage"),
        ("0031", "busy"),
        ("032", "memory is full"),
    ],
)
def test_an_error_of_the_network_has_its_reason(code, words):
    assert words in of_text(code)


@pytest.mark.parametrize("code", ["", "999", "01A", "-1", "\u0661", "1" * 5000])
def test_any_other_code_has_none(code):
    assert of_text(code) == ""


@pytest.mark.parametrize(
    ("value", "code", "words"),
    [
        (b"\x03\x00\x1b", "027", "switched off"),
        (b"\x03\x00\x00", "", ""),
        (b"\x02\x00\x1b", "027", ""),  # an IS-95 network numbers them otherwise
        (b"\x08\x01\x02", "258", ""),  # the carrier's own
        (b"\x07\x00\x0b", "0x0000000B", "number is not valid"),
        (b"\x07\x04\x01", "0x00000401", ""),
        (b"\x03\x1b", "027", "switched off"),
        (b"\x03", "", ""),
        (b"", "", ""),
    ],
)
def test_the_kind_of_network_tells_what_a_code_means(value, code, words):
    written, reason = of_parameter(value)
    assert written == code
    assert words in reason
    assert bool(reason) is bool(words)


def test_the_table_in_the_documentation_is_the_one_in_the_code():
    written = re.findall(r"^\| (\d+) \| (.+) \|$", SMPP, re.M)
    assert written == [(str(code), reason) for code, reason in GSM_ERRORS.items()]
