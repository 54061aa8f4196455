"""The account itself."""

from typing import Literal

from flashsms.api.schemas.shapes import Answer, Count


class BalanceAnswer(Answer):
    """The credits that the account has left."""

    balance: Count
    """Credits that can be spent now."""
    currency: Literal["credits"]
    """Always `credits`."""
    account_name: str
    """The account's name."""
    account_phone: str
    """The account's own phone number, as it was registered."""
