"""Texts that carriers bring, stored for the account whose number they were sent to."""

from collections.abc import Sequence

from flashsms.carriers.contract import Inbound


def take(carrier_id: int, texts: Sequence[Inbound]) -> None:
    """Store what people wrote; once this returns, it may be acknowledged."""
    if texts:
        raise NotImplementedError
