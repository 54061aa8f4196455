"""What a message would cost, before anybody sends it."""

from dataclasses import dataclass

from flashsms.services.credits import balance_of
from flashsms.services.sending import content
from flashsms.services.sending.order import Order
from flashsms.text.segments import Encoding, segment


@dataclass(frozen=True, slots=True)
class Estimate:
    """The price in `credits`, the `balance` it would be taken from, and how the text travels.

    `variables` are the placeholders that each recipient fills in; with any of them the estimate
    takes their fallbacks, or their names as typical values, and the true price may differ.
    """

    length: int
    parts: int
    encoding: Encoding
    variables: tuple[str, ...]
    credits: int
    balance: int


def estimate(account_id: int, order: Order, recipient_count: int) -> Estimate:
    """Price an order's text for so many recipients; raises DomainError if it cannot be sent."""
    wanted = content.read(account_id, order)
    found = segment(wanted.typical())
    parts = len(found.parts)
    return Estimate(
        found.length,
        parts,
        found.encoding,
        wanted.template.variables,
        wanted.price(parts) * recipient_count,
        balance_of(account_id),
    )
