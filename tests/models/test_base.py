"""Public ids and times."""

import re
from datetime import UTC, datetime, timedelta, timezone

import time_machine
from flask import Flask
from sqlalchemy import select

from flashsms.extensions import db
from flashsms.models import Account
from flashsms.models.base import new_public_id


def test_a_message_id_has_25_lower_case_characters_and_starts_with_c() -> None:
    assert re.fullmatch(r"c[0-9a-z]{24}", new_public_id("c", 16))


def test_ids_sort_by_creation() -> None:
    with time_machine.travel(0, tick=False) as clock:
        made = []
        for _ in range(50):
            clock.shift(timedelta(days=199, milliseconds=7))
            made.append(new_public_id("txn_"))
    assert made == sorted(made)
    assert len(set(made)) == 50


def test_times_come_back_aware_and_in_utc(app: Flask) -> None:
    accra_evening = datetime(2026, 1, 2, 23, 30, tzinfo=timezone(timedelta(hours=2)))
    db.session.add(Account(name="A", phone="0", created_at=accra_evening))
    db.session.commit()
    db.session.expire_all()
    stored = db.session.scalars(select(Account.created_at)).one()
    assert stored == accra_evening
    assert stored.tzinfo is UTC
