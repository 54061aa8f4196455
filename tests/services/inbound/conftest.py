"""A number of Ama's, and texts to it."""

import pytest

from flashsms.carriers.contract import Inbound, TextPart
from flashsms.models import Carrier, InboundNumber
from flashsms.services import inbound
from tests.factories import Member

NUMBER = "233301234567"
ESI = "233242001000"


def text(
    said: str,
    *,
    phone: str = ESI,
    number: str = NUMBER,
    ref: str = "",
    part: TextPart | None = None,
) -> Inbound:
    return Inbound(phone, number, said, ref, part)


@pytest.fixture
def number(ama: Member) -> InboundNumber:
    """A number that Ama owns."""
    return inbound.numbers.add("030 123 4567", account=ama.account.public_id, carrier=None)


@pytest.fixture
def shared(carrier: Carrier) -> InboundNumber:
    """A short code that nobody owns, of one carrier."""
    return inbound.numbers.add("1900", account=None, carrier=carrier.public_id)
