"""Words of receipts that begin like "delivered" and say something else."""

import pytest

from flashsms.carriers.contract import ReceiptState
from flashsms.carriers.smpp.pdu import DELIVERY_RECEIPT, ShortMessage
from flashsms.carriers.smpp.receipts import read_receipt


@pytest.mark.parametrize(
    ("stat", "state"),
    [
        ("DELAYED", ReceiptState.ENROUTE),
        ("DELETED", ReceiptState.FAILED),
        ("DELIVERY_FAILED", ReceiptState.FAILED),
        ("Delivery failed", ReceiptState.FAILED),
        ("DELFAIL", ReceiptState.FAILED),
        ("DLVFAIL", ReceiptState.FAILED),
        ("DELIVERY PENDING", ReceiptState.UNKNOWN),
        ("DeliveredToNetwork", ReceiptState.UNKNOWN),
        ("DELIVRD_PARTLY", ReceiptState.UNKNOWN),
        ("DLV", ReceiptState.UNKNOWN),
    ],
)
def test_it_is_not_read_as_delivered(stat: str, state: ReceiptState) -> None:
    text = f"id:42 sub:001 dlvrd:000 submit date:2601010101 done date:2601010102 stat:{stat} err:0"
    message = ShortMessage("233241234567", "1900", text.encode(), esm_class=DELIVERY_RECEIPT)
    receipt = read_receipt(message)
    assert receipt is not None
    assert receipt.state is state
