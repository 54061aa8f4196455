"""What operators do to an account: credits with a reason, a look."""

import pytest
from sqlalchemy import select

from flashsms.extensions import db
from flashsms.models import AuditEntry, Transaction, TransactionType
from flashsms.services import accounts
from flashsms.services.accounts import changing
from flashsms.services.errors import DomainError, NotFound
from tests.factories import Member, ledger_sum

PURCHASE, BONUS = TransactionType.PURCHASE, TransactionType.BONUS
ADJUSTMENT, USAGE = TransactionType.ADJUSTMENT, TransactionType.USAGE


def grant(
    whose: Member,
    amount: int,
    type: TransactionType = PURCHASE,
    reason: str = "Cash",
    attempt: str = "first",
) -> int | None:
    public_id = whose.account.public_id
    return changing.grant_once(public_id, attempt, amount, type=type, reason=reason)


def noted(action: str) -> list[AuditEntry]:
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def last_row() -> Transaction:
    return db.session.scalars(select(Transaction).order_by(Transaction.id.desc())).first()


@pytest.mark.parametrize("type", [PURCHASE, BONUS, ADJUSTMENT])
def test_credits_are_added_with_a_reason(ama: Member, type: TransactionType) -> None:
    before = len(noted("credits granted"))
    assert grant(ama, 500, type, "  Paid in cash ") == 1500
    assert ama.balance == ledger_sum(ama.account) == 1500
    row = last_row()
    assert (row.type, row.amount, row.description) == (type, 500, "Paid in cash")
    assert len(noted("credits granted")) == before + 1


def test_the_same_form_grants_once(ama: Member, kofi: Member) -> None:
    assert grant(ama, 500) == 1500
    assert grant(ama, 500) is None
    assert grant(ama, 700) is None
    assert ama.balance == 1500
    assert grant(ama, 500, attempt="second") == 2000
    assert grant(kofi, 500) == 1500


def test_an_adjustment_takes_away(ama: Member) -> None:
    assert grant(ama, -1000, ADJUSTMENT, "Paid twice by mistake") == 0
    assert ama.balance == ledger_sum(ama.account) == 0


@pytest.mark.parametrize(("balance", "there"), [(12, "only 12 credits"), (1, "only 1 credit"),
                                            (0, "no credits")])  # fmt: skip
def test_no_more_is_taken_away_than_there_is(ama: Member, balance: int, there: str) -> None:
    grant(ama, balance - 1000, ADJUSTMENT)
    entries = len(noted("credits granted"))
    with pytest.raises(DomainError, match=rf"^The account has {there}\.$"):
        grant(ama, -13, ADJUSTMENT, attempt="second")
    assert ama.balance == balance
    assert len(noted("credits granted")) == entries
    assert grant(ama, 13, ADJUSTMENT, attempt="second") == balance + 13  # the attempt is not lost


@pytest.mark.parametrize(
    ("amount", "type", "reason", "named"),
    [
        (0, PURCHASE, "Cash", "amount"),
        (-1, PURCHASE, "Cash", "amount"),
        (-1, BONUS, "Cash", "amount"),
        (10**40, PURCHASE, "Cash", "amount"),
        (-(10**40), ADJUSTMENT, "Cash", "amount"),
        (1, PURCHASE, " ", "reason"),
        (1, PURCHASE, "a\0b", "reason"),
        (1, PURCHASE, "a" * 201, "reason"),
    ],
)
def test_a_wrong_grant_names_its_field(
    ama: Member, amount: int, type: TransactionType, reason: str, named: str
) -> None:
    with pytest.raises(DomainError, match=f"^{named} "):
        grant(ama, amount, type, reason)
    assert ama.balance == 1000


def test_credits_are_not_granted_as_used(ama: Member) -> None:
    with pytest.raises(DomainError):
        grant(ama, 1, USAGE)


def test_an_unknown_account_gets_nothing(ama: Member) -> None:
    with pytest.raises(NotFound):
        changing.grant_once("acc_nothing", "first", 1, type=PURCHASE, reason="Cash")
    with pytest.raises(NotFound):
        changing.look_at("acc_\0")


def test_a_look_is_noted_once(ama: Member) -> None:
    assert changing.look_at(ama.account.public_id).name == "Ama"
    assert [one.account_id for one in noted("account looked at")] == [ama.account.id]


def test_terms_that_stay_are_not_noted(ama: Member) -> None:
    for _ in range(2):
        accounts.set_terms(ama.account.public_id, rate_limit=None, price=3)
    entry, *others = noted("rate limit or price changed")
    assert others == []
    assert (entry.before["price"], entry.after["price"]) == (1, 3)
