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
        (b"UNDELIVERED", ReceiptState.FAILED),
        (b"NOT_DELIVERED", ReceiptState.FAILED),
        (b"FAILED", ReceiptState.FAILED),
        (b"REJECTED", ReceiptState.FAILED),
        (b"Rejctd", ReceiptState.FAILED),
        (b"SKIPPED", ReceiptState.FAILED),
        (b"Delivered", ReceiptState.DELIVERED),
        (b"delivrd", ReceiptState.DELIVERED),
        (b"DLVRD", ReceiptState.DELIVERED),
        (b"2", ReceiptState.DELIVERED),
        (b"5", ReceiptState.FAILED),
        (b"ACCEPTED", ReceiptState.ENROUTE),
        (b"EN_ROUTE", ReceiptState.ENROUTE),
        (b"BUFFERED", ReceiptState.ENROUTE),
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
    assert read.reason == "The phone was switched off or out of coverage."


@pytest.mark.parametrize("value", [b"", b"\0", b"\x63"])
def test_a_parameter_that_says_nothing_leaves_the_word_to_the_text(value):
    read = receipt(STANDARD % (b"DELIVRD", b"000"), tlvs={0x001E: value, 0x0427: value})
    assert read.state is ReceiptState.DELIVERED
    assert read.carrier_id == ("c" if value == b"\x63" else "0123456789")


@pytest.mark.parametrize(
    "text",
    [
        b"ID: 77 STAT: delivrd ERR: 000",
        b"stat:DELIVRD id:77",
        b"err= done date= stat=DELIVRD id=77",
        b"id:77 sub:001dlvrd:001stat:DELIVRDerr:000text:id:5",
        b'id:"77" sub:"001" stat:"DELIVRD" err:"000"',
        b'{"id": "77", "status": "delivered", "error_code": "0"}',
        b"id:77,sub:001,dlvrd:001,stat:DELIVRD,err:000,text:",
        b"id:77;stat:DELIVRD;err:000",
        b"id:77\r\nstat:DELIVRD\r\nerr:000\r\n",
        b"ID:77 STAT:Delivered id:28d2e34e sub:001 err:000 text:12345678901234567890",
        b"message_id:77 status:DELIVRD",
        b"text:id:5 stat:UNDELIV id:77 sub:001 stat:DELIVRD err:000",
        b"id:77 stat:DELIVRD err:000\0",
    ],
)
def test_a_text_of_another_form_is_read_tolerantly(text):
    read = receipt(text)
    assert (read.carrier_id, read.state, read.at) == ("77", ReceiptState.DELIVERED, None)
    assert read.code == ""


@pytest.mark.parametrize(
    ("text", "carrier_id", "state", "code"),
    [
        # without sub and dlvrd: jsmpp, issue 62
        (
            b"id:1526758174 submit date:1701240904 done date:1701240904 stat:DELIVRD err:000 "
            b"text:hellow",
            "1526758174",
            ReceiptState.DELIVERED,
            "",
        ),
        # times as in section 7.1.1: smppex, issue 46
        (
            b"id:rdwjwxns18krxr9936ey96ymcw sub:000 dlvrd:000 submit date:180711070003912+ "
            b"done date:180711070000012+ stat:UNDELIV err:000",
            "rdwjwxns18krxr9936ey96ymcw",
            ReceiptState.FAILED,
            "",
        ),
        # a time of zeros and a word of six letters: jasmin, issue 447
        (
            b"id:1216080510463401720 sub:001 dlvrd:001 submit date:1608051046 "
            b"done date:0000000000 stat:FAILED err:002 Text:",
            "1216080510463401720",
            ReceiptState.FAILED,
            "002",
        ),
        # hexadecimal with zeros in front, an error of one digit: php-smpp and jasmin, issue 1129
        (
            b"id:00B8BE19 sub:001 dlvrd:000 submit date:1205230932 done date:1205230933 "
            b"stat:UNDELIV err:1",
            "00B8BE19",
            ReceiptState.FAILED,
            "1",
        ),
        # counts beyond what the specification has, text in capitals: node-smpp, issue 77
        (
            b"id:45013692 sub:0 dlvrd:28 submit date:1908121157 done date:1908121158 "
            b"stat:UNDELIV err:21 Text:*100#",
            "45013692",
            ReceiptState.FAILED,
            "21",
        ),
    ],
)
def test_receipts_that_others_had_trouble_with_are_read(text, carrier_id, state, code):
    read = receipt(text)
    assert (read.carrier_id, read.state, read.code) == (carrier_id, state, code)


@pytest.mark.parametrize("id", [b"QWJzdWISub==", b"a1errerr=", b"context=", b"id-7/9_x.y"])
def test_an_id_is_taken_whole_whatever_it_is_made_of(id):
    for text in (b"id:%s sub:001 stat:DELIVRD", b"stat:DELIVRD err:000 id=%s text:Hi"):
        assert receipt(text % id).carrier_id == id.decode()


def test_the_error_tells_why_it_failed():
    assert "barred" in receipt(STANDARD % (b"UNDELIV", b"013")).reason
    assert "switched off" in receipt(STANDARD % (b"EXPIRED", b"6")).reason


def test_an_error_that_nobody_knows_keeps_its_number_behind_what_the_state_says():
    read = receipt(STANDARD % (b"UNDELIV", b"999"))
    assert (read.reason, read.code) == ("The network could not deliver the message.", "999")


def test_an_error_with_a_delivery_is_no_reason():
    read = receipt(STANDARD % (b"DELIVRD", b"001"))
    assert (read.state, read.reason) == (ReceiptState.DELIVERED, "")


@pytest.mark.parametrize(
    ("source", "destination", "phone"),
    [
        ("+233201234567", "SHOP", "233201234567"),
        ("SHOP24", "233201234567", "233201234567"),  # as they were in the submission
        ("SHOP24", "SHOP", ""),
        ("", "", ""),
    ],
)
def test_the_recipient_is_whoever_is_a_number(source, destination, phone):
    read = read_receipt(ShortMessage(source, destination, b"id:1 stat:DELIVRD", esm_class=4))
    assert read.phone == phone


@pytest.mark.parametrize(
    ("written", "at"),
    [
        (b"241122120304", datetime(2024, 11, 22, 12, 3, 4, tzinfo=UTC)),
        (b"20241122120304", datetime(2024, 11, 22, 12, 3, 4, tzinfo=UTC)),
        (b"202411221203", datetime(2024, 11, 22, 12, 3, tzinfo=UTC)),
        (b"2024-11-22 12:03:04", datetime(2024, 11, 22, 12, 3, 4, tzinfo=UTC)),
        (b"24/11/22 12:03", datetime(2024, 11, 22, 12, 3, tzinfo=UTC)),
        (b"241122120304512+", datetime(2024, 11, 22, 9, 3, 4, tzinfo=UTC)),
        (b"241122120304504-", datetime(2024, 11, 22, 13, 3, 4, tzinfo=UTC)),
        (b"999999999999904-", None),
        (b"2499991203", None),
        (b"0000000000", None),
        (b"0", None),
        (b"yesterday!", None),
    ],
)
def test_the_time_has_several_forms(written, at):
    for name in (b"done date:", b"done_date:", b"Done Date: ", b"donedate="):
        assert receipt(b"id:1 stat:DELIVRD " + name + written + b" err:000").at == at


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
