"""Receipts as carriers really write them."""

from datetime import UTC, datetime

import pytest

from flashsms.carriers.contract import ReceiptState
from flashsms.carriers.smpp.pdu import ShortMessage
from flashsms.carriers.smpp.receipts import is_receipt, read_receipt

STANDARD = (
    b"id:0123456789 sub:001 dlvrd:001 submit date:2411221200 done date:2411221203 "
    b"stat:%s err:%s text:id:9 stat:EXPIRED"
)


def receipt(text: bytes, **fields):
    return read_receipt(ShortMessage("+233201234567", "SHOP", text, esm_class=4, **fields))


def test_the_standard_text_is_read():
    read = receipt(STANDARD % (b"DELIVRD", b"000"))
    assert read.carrier_id == "0123456789"
    assert read.phone == "233201234567"
    assert read.state is ReceiptState.DELIVERED
    assert read.at == datetime(2024, 11, 22, 12, 3, tzinfo=UTC)
    assert (read.reason, read.code) == ("", "")


@pytest.mark.parametrize(
    ("stat", "state"),
    [
        (b"DELIVRD", ReceiptState.DELIVERED),
        (b"UNDELIV", ReceiptState.FAILED),
        (b"REJECTD", ReceiptState.FAILED),
        (b"EXPIRED", ReceiptState.FAILED),
        (b"DELETED", ReceiptState.FAILED),
        (b"ACCEPTD", ReceiptState.ENROUTE),
        (b"ENROUTE", ReceiptState.ENROUTE),
        (b"UNKNOWN", ReceiptState.UNKNOWN),
        (b"undeliverable", ReceiptState.FAILED),
        (b"BOGUS", ReceiptState.UNKNOWN),
    ],
)
def test_each_state_has_its_meaning(stat, state):
    assert receipt(STANDARD % (stat, b"01A")).state is state
    assert receipt(STANDARD % (stat, b"01A")).code == "01A"


def test_optional_parameters_win_over_the_text():
    tlvs = {0x001E: b"ABC-1\0", 0x0427: b"\x05", 0x0423: b"\x03\x00\x1b"}
    read = receipt(STANDARD % (b"DELIVRD", b"000"), tlvs=tlvs)
    assert (read.carrier_id, read.state, read.code) == ("ABC-1", ReceiptState.FAILED, "027")
    assert "could not deliver" in read.reason


@pytest.mark.parametrize(
    "text",
    [
        b"ID: 77 STAT: delivrd ERR: 000",
        b"stat:DELIVRD id:77",
        b"id:77,extra stat:DELIVRD".replace(b",extra", b""),
        b"err= done date= stat=DELIVRD id=77",
    ],
)
def test_a_text_of_another_form_is_read_tolerantly(text):
    read = receipt(text)
    assert (read.carrier_id, read.state, read.at) == ("77", ReceiptState.DELIVERED, None)


@pytest.mark.parametrize(
    ("written", "at"),
    [
        (b"241122120304", datetime(2024, 11, 22, 12, 3, 4, tzinfo=UTC)),
        (b"20241122120304", datetime(2024, 11, 22, 12, 3, 4, tzinfo=UTC)),
        (b"2499991203", None),
        (b"yesterday!", None),
    ],
)
def test_the_time_has_several_forms(written, at):
    assert receipt(b"id:1 stat:DELIVRD done date:" + written).at == at


def test_a_receipt_in_the_payload_or_in_utf16_is_read():
    text = "id:77 stat:DELIVRD"
    assert receipt(b"", tlvs={0x0424: text.encode()}).carrier_id == "77"
    assert receipt(text.encode("utf-16-be"), data_coding=8).carrier_id == "77"


def test_an_intermediate_notice_changes_nothing():
    notice = ShortMessage("233", "SHOP", b"id:1 stat:UNDELIV", esm_class=0x20)
    assert is_receipt(notice)
    assert read_receipt(notice).state is ReceiptState.ENROUTE


def test_a_receipt_without_an_id_is_none():
    assert receipt(b"id: stat:DELIVRD") is None
    assert receipt(b"\xff\xfe") is None


@pytest.mark.parametrize(("esm_class", "yes"), [(0x04, True), (0x44, True), (0, False), (8, False)])
def test_only_the_carrier_makes_receipts(esm_class, yes):
    assert is_receipt(ShortMessage("1", "2", b"id:1 stat:DELIVRD", esm_class=esm_class)) is yes


def test_the_parameter_that_names_a_message_makes_a_receipt_too():
    assert is_receipt(ShortMessage("1", "2", tlvs={0x001E: b"1\0"}))
