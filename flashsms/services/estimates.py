"""What a message would cost, before anybody sends it."""

from dataclasses import dataclass

from flashsms.services.credits import balance_of
from flashsms.services.sending import accepting
from flashsms.text.segments import Encoding, segment


@dataclass(frozen=True, slots=True)
class Estimate:
    """The price in `credits`, the `balance` it would be taken from, and how the text travels."""

    length: int
    parts: int
    encoding: Encoding
    credits: int
    balance: int


def estimate(account_id: int, text: str, recipient_count: int) -> Estimate:
    """Price a text for so many recipients; raises DomainError for a text that cannot be sent."""
    accepting.check_text(text)
    found = segment(text)
    parts = len(found.parts)
    credits = accepting.price(parts) * recipient_count
    return Estimate(found.length, parts, found.encoding, credits, balance_of(account_id))
