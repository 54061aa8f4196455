"""The job that runs every few seconds and finds in the database whatever is due."""

from flashsms.services import (
    idempotency,
    imports,
    inbound,
    ledger_checks,
    receipts,
    sending,
    webhooks,
)
from flashsms.services.alerts import low_balances, low_rates
from flashsms.services.operations import sweeps


def tick() -> None:
    """Wake what is due, retry what is parked, forget old answers, tell owners what runs low."""
    sweeps.note(sending.wake_due())
    imports.wake_due()
    receipts.retry_parked()
    receipts.wake_due()
    inbound.wake_due()
    webhooks.wake_due()
    idempotency.forget_old()
    ledger_checks.wake_due()
    low_balances.wake_due()
    low_rates.wake_due()
