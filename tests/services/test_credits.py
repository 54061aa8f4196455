"""The ledger."""

import pytest
from sqlalchemy import select

from flashsms.extensions import db, transaction
from flashsms.models import Transaction, TransactionType
from flashsms.services import credits
from flashsms.services.errors import DomainError, InsufficientCredits
from tests.factories import Member, ledger_sum


def test_each_row_holds_the_balance_after_it(ama: Member) -> None:
    credits.grant(ama.account.id, 50, type=TransactionType.PURCHASE, reason="Paid by MoMo")
    with transaction():
        credits.charge(ama.account.id, 300, description="SMS", reference="c1")
        credits.refund(ama.account.id, 20, description="Refund", reference="c1")
    rows = db.session.execute(
        select(Transaction.type, Transaction.amount, Transaction.balance).order_by(Transaction.id)
    ).all()
    assert [tuple(row) for row in rows] == [
        ("BONUS", 1000, 1000),
        ("PURCHASE", 50, 1050),
        ("USAGE", -300, 750),
        ("REFUND", 20, 770),
    ]
    assert ama.balance == ledger_sum(ama.account) == 770


def test_a_balance_may_be_larger_than_a_32_bit_number(ama: Member) -> None:
    for _ in range(3):
        balance = credits.grant(
            ama.account.id, 10**9, type=TransactionType.PURCHASE, reason="A telco buys"
        )
    assert balance == ledger_sum(ama.account) == 3_000_001_000


def test_a_balance_never_goes_below_zero(ama: Member) -> None:
    with pytest.raises(InsufficientCredits), transaction():
        credits.charge(ama.account.id, 1001, description="SMS", reference="c1")
    with pytest.raises(InsufficientCredits):
        credits.grant(ama.account.id, -1001, type=TransactionType.ADJUSTMENT, reason="Taken back")
    assert ama.balance == ledger_sum(ama.account) == 1000


@pytest.mark.parametrize(
    ("amount", "kind", "reason"),
    [
        (0, TransactionType.PURCHASE, "Paid"),
        (-5, TransactionType.PURCHASE, "Paid"),
        (5, TransactionType.USAGE, "Paid"),
        (5, TransactionType.PURCHASE, "  "),
        (10**12, TransactionType.PURCHASE, "Paid"),
    ],
)
def test_a_grant_that_makes_no_sense_is_refused(
    ama: Member, amount: int, kind: TransactionType, reason: str
) -> None:
    with pytest.raises(DomainError):
        credits.grant(ama.account.id, amount, type=kind, reason=reason)
    assert ama.balance == 1000
