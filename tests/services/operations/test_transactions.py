"""The ledgers are read by their indexes, whatever is asked of them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, text

from flashsms.extensions import db
from flashsms.models import Transaction, TransactionType
from flashsms.models.rows import is_postgresql
from flashsms.services.operations import transactions
from flashsms.services.operations.transactions import Filter
from tests.factories import Member

ROWS = 20_000
BEGIN = datetime(2031, 1, 1, tzinfo=UTC)
SINCE, UNTIL = BEGIN + timedelta(minutes=9000), BEGIN + timedelta(minutes=9500)
USAGE, BONUS = TransactionType.USAGE, TransactionType.BONUS


@pytest.fixture
def ledgers(ama: Member, kofi: Member) -> None:
    """Twenty thousand rows, a minute apart, of two accounts in turn."""
    both = (ama.account.id, kofi.account.id)
    rows = [
        {
            "public_id": f"txn_{number:08}",
            "account_id": both[number % 2],
            "type": BONUS if number % 100 == 0 else USAGE,  # both of the first account
            "amount": 1,
            "balance": 1,
            "description": "Sale",
            "created_at": BEGIN + timedelta(minutes=number),
        }
        for number in range(ROWS)
    ]
    db.session.execute(insert(Transaction), rows)
    db.session.execute(text("ANALYZE"))
    db.session.commit()


def plans(act: Callable[[], object]) -> list[str]:
    """Return how the database runs each statement of `act` that lists the ledgers."""
    seen: list[tuple[str, Any]] = []

    def note(_c: object, _r: object, statement: str, values: Any, *_: object) -> None:
        if "FROM transactions" in statement and "ORDER BY" in statement:
            seen.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    act()
    event.remove(db.engine, "before_cursor_execute", note)
    return [_explain(*one) for one in seen]


def _explain(statement: str, values: Any) -> str:
    explain = "EXPLAIN" if is_postgresql() else "EXPLAIN QUERY PLAN"
    found = db.session.connection().exec_driver_sql(f"{explain} {statement}", values)
    return "\n".join(str(row[-1]) for row in found)


@pytest.mark.usefixtures("ledgers")
@pytest.mark.parametrize("before", [None, "txn_00009400"])
@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({}, ""),
        ({"type": BONUS}, "ix_transactions_type"),
        ({"account_id": 1}, "ix_transactions_account_id"),
        ({"account_id": 1, "type": BONUS}, "ix_transactions_account_id_type"),
        ({"since": SINCE}, "ix_transactions_created_at"),
        ({"since": SINCE, "until": UNTIL}, "ix_transactions_created_at"),
        ({"since": SINCE, "until": UNTIL, "type": BONUS}, "ix_transactions_type"),
        ({"since": SINCE, "until": UNTIL, "account_id": 1}, "ix_transactions_account_id"),
    ],
)
def test_each_list_has_an_index(
    wanted: dict[str, Any], index: str, before: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "LOOKED", 1000)
    found = plans(lambda: transactions.page(Filter(**wanted), 50, before=before))
    assert found
    for plan in found:
        assert "Seq Scan on transactions" not in plan, plan
        assert index in plan, plan


@pytest.mark.usefixtures("ledgers")
def test_every_row_is_found_once_by_any_filter(
    ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "LOOKED", 700)
    for wanted, count in (
        ({"since": SINCE, "until": UNTIL}, 500),
        ({"since": SINCE, "until": UNTIL, "account_id": ama.account.id}, 250),
        ({"since": SINCE, "until": UNTIL, "type": BONUS}, 5),
        ({"until": UNTIL, "since": SINCE, "account_id": ama.account.id, "type": BONUS}, 5),
    ):
        seen: list[str] = []
        place: str | None = None
        while True:
            listed = transactions.page(Filter(**wanted), 60, before=place)
            seen += [row.public_id for row, _, _ in listed.items]
            place = listed.next
            if place is None:
                break
        assert len(seen) == len(set(seen)) == count, wanted
        assert seen == sorted(seen, reverse=True)
        file = "".join(transactions.export_csv(Filter(**wanted), "UTC"))
        assert file.count("Sale") == count
