"""The job that tells webhooks what happened."""

from flashsms.services import webhooks


def deliver() -> None:
    """Deliver what is due."""
    webhooks.deliver_due()
