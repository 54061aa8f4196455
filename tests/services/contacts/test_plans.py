"""The databases read the address book by their indexes, never from one end to the other."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from flashsms.extensions import db
from flashsms.models.rows import is_postgresql
from flashsms.services import contacts
from flashsms.services.contacts import Draft
from tests.factories import Member, phones

PEOPLE = 30_000


@pytest.fixture
def book(ama: Member, kofi: Member) -> str:
    """Thirty thousand people of Ama's, half of them in a group, and some of Kofi's."""
    group = contacts.groups.create(ama.account.id, "Half")
    people = [Draft(phone, f"Name{at % 97}", "Mensah") for at, phone in enumerate(phones(PEOPLE))]
    contacts.add(kofi.account.id, people[:5000])
    contacts.add(ama.account.id, people[: PEOPLE // 2], group.id)
    contacts.add(ama.account.id, people[PEOPLE // 2 :])
    db.session.execute(text("ANALYZE"))
    db.session.commit()
    return group.public_id


def plans(act: Callable[[], object]) -> list[str]:
    """Return how the database runs each statement of `act` that reads contacts or members."""
    seen: list[tuple[str, Any]] = []

    def note(_c: object, _r: object, statement: str, values: Any, *_: object) -> None:
        if "FROM contacts" in statement or "FROM group_members" in statement:
            seen.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    act()
    event.remove(db.engine, "before_cursor_execute", note)
    return [_explain(*one) for one in seen]


def _explain(statement: str, values: Any) -> str:
    explain = "EXPLAIN" if is_postgresql() else "EXPLAIN QUERY PLAN"
    found = db.session.connection().exec_driver_sql(f"{explain} {statement}", values)
    return "\n".join(str(row[-1]) for row in found)


@pytest.mark.usefixtures("app")
def test_pages_and_searches_use_the_indexes(app: Flask, ama: Member, book: str) -> None:
    [group] = contacts.groups.find_all(ama.account.id, [book])
    for wanted in (
        {"number": 1},
        {"number": PEOPLE // 50 - 1},
        {"number": 1, "search": "Mensah"},
        {"number": 1, "search": "4567"},
        {"number": 1, "search": "nobody at all"},
        {"number": 1, "group_id": group.id},
        {"number": 290, "group_id": group.id},
        {"number": 1, "search": "4567", "group_id": group.id},
    ):

        def act(wanted: dict[str, Any] = wanted) -> object:
            return contacts.page(ama.account.id, limit=50, **wanted)

        for plan in plans(act):
            assert "Seq Scan on contacts" not in plan, (wanted, plan)
            assert "Seq Scan on group_members" not in plan, (wanted, plan)
            assert "SCAN contacts\n" not in plan + "\n", (wanted, plan)
            assert "SCAN group_members" not in plan, (wanted, plan)


def test_a_rare_search_goes_by_the_pieces(ama: Member, book: str) -> None:
    found = "\n".join(plans(lambda: contacts.page(ama.account.id, 1, 50, search="nobody")))
    index = "contacts_search"
    assert index in found
