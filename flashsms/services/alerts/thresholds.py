"""What the owners of an account want to be told of."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select

from flashsms.extensions import db, transaction
from flashsms.models import Account
from flashsms.services import audit
from flashsms.services.audit import Action
from flashsms.services.errors import DomainError

MOST_CREDITS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Below how many credits owners are told, by a text, too, and below which delivery rate.

    The rate is in percent; None tells nothing.
    """

    low_balance: int | None = None
    low_balance_sms: bool = False
    low_rate: int | None = None


def of(account: Account) -> Thresholds:
    """Return what the owners of an account want to be told of."""
    return Thresholds(
        low_balance=account.low_balance,
        low_balance_sms=account.low_balance_sms,
        low_rate=account.low_rate,
    )


def save(account_id: int, wanted: Thresholds) -> bool:
    """Change what the owners are told of, and return whether anything changed.

    With another threshold they are told anew. Raises DomainError naming the field that is wrong.
    """
    _check(wanted)
    with transaction():
        query = select(Account).where(Account.id == account_id).with_for_update()
        account = db.session.scalars(query, execution_options={"populate_existing": True}).one()
        before = of(account)
        if before == wanted:
            return False
        for name, value in _values(before, wanted).items():
            setattr(account, name, value)
        was, now = _shown(before), _shown(wanted)
        audit.record(
            Action.ALERTS_CHANGED,
            account.name,
            account_id,
            before={name: was[name] for name in was if was[name] != now[name]},
            after={name: now[name] for name in was if was[name] != now[name]},
        )
    return True


def _check(wanted: Thresholds) -> None:
    if wanted.low_balance is not None and not 1 <= wanted.low_balance <= MOST_CREDITS:
        raise DomainError(
            "bad_low_balance", f"low_balance must be from 1 to {MOST_CREDITS:,} credits, or empty."
        )
    if wanted.low_balance_sms and wanted.low_balance is None:
        raise DomainError(
            "bad_low_balance",
            "low_balance must say below how many credits a text is sent. To get none, untick it.",
        )
    if wanted.low_rate is not None and not 1 <= wanted.low_rate <= 100:
        raise DomainError("bad_low_rate", "low_rate must be from 1 to 100 percent, or empty.")


def _values(before: Thresholds, wanted: Thresholds) -> dict[str, Any]:
    values: dict[str, Any] = asdict(wanted)
    if wanted.low_balance != before.low_balance:
        values |= {"balance_fell_at": None, "balance_told_at": None}
    if wanted.low_rate != before.low_rate:
        values["rate_told_at"] = None
    return values


def _shown(one: Thresholds) -> dict[str, Any]:
    return {
        "low balance": "off" if one.low_balance is None else one.low_balance,
        "text about it": "yes" if one.low_balance_sms else "no",
        "low delivery rate": "off" if one.low_rate is None else f"{one.low_rate}%",
    }
