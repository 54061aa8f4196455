"""The job that looks whether all balances add up."""

from flashsms.services import ledger_checks


def check(check_id: int) -> None:
    """Make a check that was asked for, unless it is finished."""
    ledger_checks.run(check_id)
