"""The job that asks carriers for receipts."""

from flashsms.services import receipts


def ask() -> None:
    """Ask the carrier whose question has been due for longest."""
    receipts.ask_due()
