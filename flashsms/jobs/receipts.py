"""The job that asks carriers for receipts."""

from flashsms.services import receipts


def ask() -> None:
    """Ask the carrier whose turn it is."""
    receipts.ask_due()
