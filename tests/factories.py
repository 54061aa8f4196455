"""Plain functions that make what tests need."""

from dataclasses import dataclass

from sqlalchemy import func, select

from flashsms.extensions import db
from flashsms.models import Account, ApiKey, Recipient, Transaction
from flashsms.services import accounts, keys


@dataclass(frozen=True, slots=True)
class Member:
    """An account with the secret of a key that has every scope."""

    account: Account
    api_key: ApiKey
    key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    @property
    def balance(self) -> int:
        """The balance as the database has it now."""
        return db.session.scalar(select(Account.balance).where(Account.id == self.account.id)) or 0


def member(
    name: str,
    email: str,
    *,
    credits: int = 1000,
    sender: str | None = "MyBrand",
    is_admin: bool = False,
) -> Member:
    account = accounts.create(
        accounts.NewAccount(
            name=name,
            phone="0201234567",
            email=email,
            password="correct horse",
            credits=credits,
            sender=sender,
            is_admin=is_admin,
        )
    )
    api_key, secret = keys.create(account.id, "tests")
    return Member(account, api_key, secret)


def phones(count: int, ending: str = "") -> list[str]:
    """Return different Ghana numbers: ordinary ones, or all with the same four-digit `ending`."""
    if ending:
        return [f"23324{number:03d}{ending}" for number in range(count)]
    return [f"23324{number // 9000:03d}{1000 + number % 9000}" for number in range(count)]


def ledger_sum(account: Account) -> int:
    """Return the sum of the account's transactions."""
    query = select(func.coalesce(func.sum(Transaction.amount), 0))
    return db.session.scalar(query.where(Transaction.account_id == account.id)) or 0


def statuses(message_id: int) -> dict[str, int]:
    """Return how many recipients of a message stand where."""
    db.session.commit()
    found = db.session.execute(
        select(Recipient.status, func.count())
        .where(Recipient.message_id == message_id)
        .group_by(Recipient.status)
    )
    return {str(status): count for status, count in found}
