"""Many values as one bound parameter, the same on both databases."""

from flask import Flask
from sqlalchemy import BigInteger, String, select

from flashsms.extensions import db
from flashsms.models.rows import rows


def test_values_come_back_as_they_went_in(app: Flask) -> None:
    values = [(1, "a'b"), (2, None), (2**40, 'ɛ "quoted" \\ {x}'), (-1, "")]
    given = rows(values, number=BigInteger(), text=String())
    found = db.session.execute(select(given.c.number, given.c.text)).all()
    assert [tuple(row) for row in found] == values


def test_no_values_are_no_rows(app: Flask) -> None:
    given = rows([], number=BigInteger())
    assert db.session.execute(select(given.c.number)).all() == []
