"""What operators do to an account beside its standing: give it credits, look at it."""

from flashsms.extensions import transaction
from flashsms.models import Account, TransactionType
from flashsms.services import audit, credits, idempotency
from flashsms.services.accounts.standing import find
from flashsms.services.audit import Action
from flashsms.services.contacts.drafts import line
from flashsms.services.errors import DomainError, InsufficientCredits

LONGEST_REASON = 200


def grant_once(
    public_id: str, attempt: str, amount: int, *, type: TransactionType, reason: str
) -> int | None:
    """Add credits (or, as an ADJUSTMENT, take them away) and return the balance.

    None when this `attempt`, a name that the form has, did so already. Raises DomainError naming
    the field that is wrong, NotFound when there is no such account.
    """
    account_id = find(public_id).id
    why = line("reason", reason, LONGEST_REASON) or ""
    balances: list[int] = []

    def act() -> str:
        balances.append(credits.grant(account_id, amount, type=type, reason=why))
        return str(balances[0])

    try:
        idempotency.once(account_id, f"grant {attempt}", "grant credits", act)
    except InsufficientCredits as error:
        raise _too_few(credits.balance_of(account_id)) from error
    return balances[0] if balances else None


def look_at(public_id: str) -> Account:
    """Note that an operator begins to see an account as its owner does, and return it."""
    with transaction():
        account = find(public_id)
        audit.record(Action.ACCOUNT_VIEWED, account.name, account.id)
    return account


def _too_few(balance: int) -> DomainError:
    there = f"only {balance:,} credit{'' if balance == 1 else 's'}" if balance else "no credits"
    return DomainError("too_few_credits", f"The account has {there}.")
