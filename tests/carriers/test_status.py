"""The table of command_status."""

import pytest

from flashsms.carriers.contract import Fate
from flashsms.carriers.smpp.status import Kind, judge

CLASSES = {
    Kind.THROTTLE: [0x58, 0x14],
    Kind.TEMPORARY: [0x08, 0x64, 0x45],
    Kind.SESSION: [0x04, 0x05, 0x0D],
    Kind.CONFIGURATION: [0x0E, 0x0F],
    Kind.PERMANENT: [
        *(0x01, 0x02, 0x03, 0x06, 0x0A, 0x0B, 0x0C, 0x33, 0x40, 0x43),
        *range(0x48, 0x52),
        *(0x61, 0x62, 0x65, 0x66),
        *range(0xC0, 0xC5),
    ],
    Kind.VENDOR: [0x400, 0x4FF, 0xFFFFFFFF],
}


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
    assert judge(0x0B).fate is Fate.REFUSED
    assert judge(0x04).fate is Fate.UNSENT
    assert judge(0x0E).fate is Fate.UNSENT
    assert judge(0x401).fate is Fate.BUSY


def test_a_status_that_nobody_defined_is_tried_again():
    assert judge(0x3FF).fate is Fate.BUSY
