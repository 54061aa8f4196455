"""Lists of an account's messages walk an index, whatever they leave out."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import event, insert, text

from flashsms.extensions import db
from flashsms.models import Message, MessageStatus
from flashsms.models.base import now
from flashsms.models.rows import is_postgresql
from flashsms.services import history
from flashsms.services.campaigns import listing
from tests.factories import Member

TESTS, STATUS = "ix_messages_account_id_is_test", "ix_messages_account_id_status"
FAILED = (MessageStatus.FAILED,)


@pytest.mark.parametrize(
    ("is_test", "statuses", "index"),
    [(True, (), TESTS), (False, (), TESTS), (True, FAILED, TESTS), (False, FAILED, STATUS)],
)
def test_tests_are_told_apart_by_an_index(
    ama: Member, kofi: Member, is_test: bool, statuses: Sequence[MessageStatus], index: str
) -> None:
    _send_much(kofi)
    ran: list[tuple[str, Any]] = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: ran.append(given[2:4]))
    history.messages(ama.account.id, history.Slice(1, 20), statuses, is_test=is_test)
    listing.page(ama.account.id, 25, statuses=statuses, is_test=is_test)
    asked = [one for one in ran if "FROM messages" in one[0]]
    assert len(asked) == 3
    for statement, values in asked:
        plan = _explain(statement, values)
        # PostgreSQL goes by its statistics, by which the account's indexes all serve.
        assert ("ix_messages_account_id" if is_postgresql() else index) in plan, plan
        assert "TEMP B-TREE" not in plan


def _send_much(member: Member) -> None:
    """500 messages of somebody else's, so that no index of everybody's serves as well."""
    sent = {"account_id": member.account.id, "sender": "AKOSUA", "text": "Hi", "is_test": False}
    counts = {"parts": 1, "credits_used": 1, "recipient_count": 1, "waiting": 0, "delivered": 1}
    one = sent | counts | {"status": MessageStatus.DELIVERED, "urgent": False}
    db.session.execute(insert(Message), [one | {"expires_at": now()} for _ in range(500)])
    db.session.commit()
    if is_postgresql():
        db.session.execute(text("ANALYZE messages"))
        db.session.commit()


def _explain(statement: str, values: Any) -> str:
    connection = db.session.connection()
    if is_postgresql():  # which reads small tables whole if it may
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    explain = "EXPLAIN" if is_postgresql() else "EXPLAIN QUERY PLAN"
    found = connection.exec_driver_sql(f"{explain} {statement}", values)
    return "\n".join(str(row[-1]) for row in found)
