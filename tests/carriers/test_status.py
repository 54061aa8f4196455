"""The table of command_status."""

import re
from pathlib import Path

import pytest

from flashsms.carriers.contract import Fate
from flashsms.carriers.smpp.status import MEANINGS, Kind, judge

DOCS = (Path(__file__).parents[2] / "docs" / "carriers.md").read_text()
SMPP = DOCS.partition("\n## SMPP\n")[2].partition("\n## ")[0]
CLASSES = {
    Kind.THROTTLE: [0x58, 0x14],
    Kind.TEMPORARY: [0x08, 0x64, 0x45, 0xFE, 0xFF, 0x102],
    Kind.ELSEWHERE: [0x07, 0x0A, 0x15, 0x100, 0x101, 0x103, 0x104],
    Kind.SESSION: [0x04, 0x05, 0x0D],
    Kind.CONFIGURATION: [0x0E, 0x0F, 0x53],
    Kind.PERMANENT: [
        *(0x01, 0x02, 0x03, 0x06, 0x0B, 0x0C, 0x33, 0x40, 0x43),
        *range(0x48, 0x52),
        *(0x61, 0x62, 0x65, 0x66),
        *range(0xC0, 0xC5),
    ],
    Kind.VENDOR: [0x400, 0x4FF, 0xFFFFFFFF],
}
IN_3_4 = [
    *(*range(0x01, 0x09), *range(0x0A, 0x10), 0x11, 0x13, 0x14, 0x15, 0x33, 0x34, 0x40),
    *(0x42, 0x43, 0x44, 0x45, 0x48, 0x49, 0x50, 0x51, 0x53, 0x54, 0x55, 0x58),
    *(*range(0x61, 0x68), *range(0xC0, 0xC5), 0xFE, 0xFF),
]
NEW_IN_5_0 = range(0x100, 0x113)


def test_every_status_of_the_specifications_is_in_the_table():
    assert list(MEANINGS) == [*IN_3_4, *NEW_IN_5_0]


@pytest.mark.parametrize(
    ("kind", "status"), [(kind, status) for kind, codes in CLASSES.items() for status in codes]
)
def test_each_status_belongs_to_its_class(kind, status):
    verdict = judge(status)
    assert verdict.kind is kind
    assert verdict.code == f"0x{status:08X}"
    assert verdict.reason.endswith(".")


def test_a_class_decides_the_fate():
    assert judge(0x58).fate is Fate.THROTTLED
    assert judge(0x08).fate is Fate.BUSY
    assert judge(0x0A).fate is Fate.ELSEWHERE
    assert judge(0x0B).fate is Fate.REFUSED
    assert judge(0x04).fate is Fate.UNSENT
    assert judge(0x0E).fate is Fate.UNSENT
    assert judge(0x401).fate is Fate.BUSY


def test_a_status_that_nobody_defined_is_tried_again():
    assert judge(0x3FF).fate is Fate.BUSY


def test_codes_that_the_operator_knows_to_be_final_are():
    final = frozenset({0x401, 0x45, 0x0A, 0x3FF})
    assert {judge(status, final).fate for status in final} == {Fate.REFUSED}
    assert judge(0x402, final).fate is Fate.BUSY
    assert judge(0x401, final).code == "0x00000401"


@pytest.mark.parametrize("status", [0x58, 0x04, 0x0E])
def test_what_says_nothing_of_the_message_cannot_be_made_final_for_it(status):
    assert judge(status, frozenset({status})) == judge(status)


def test_no_two_reasons_are_the_same():
    reasons = [meaning.reason for meaning in MEANINGS.values()]
    assert len(set(reasons)) == len(reasons)


def test_the_table_in_the_documentation_is_the_one_in_the_code():
    written = re.findall(r"^\| `(0x\w+)` \| `(\w+)` \| (.+?) \| (.+?) \|$", SMPP, re.M)
    table = [(f"0x{status:02X}", *meaning) for status, meaning in MEANINGS.items()]
    assert written == table


def test_the_documentation_says_what_each_class_does():
    classes = re.findall(r"^\| ([a-z ,]+) \| [^|]+ \|$", SMPP, re.M)
    assert set(Kind) <= set(classes)
