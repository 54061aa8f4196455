"""The job that runs every few seconds and finds in the database whatever is due."""

from flashsms.services import idempotency, imports, receipts, sending


def tick() -> None:
    """Wake what is due, retry parked receipts, forget answers that are no longer promised."""
    sending.wake_due()
    imports.wake_due()
    receipts.retry_parked()
    idempotency.forget_old()
