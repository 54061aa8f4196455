"""The models and the migrations say the same."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect

from flashsms.extensions import db
from flashsms.models.address_search import is_modelled
from flashsms.models.rows import is_postgresql


def test_models_and_migrations_agree(app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_name": is_modelled}
        )
        assert compare_metadata(context, db.metadata) == []


def test_migrating_twice_changes_nothing(app: Flask) -> None:
    upgrade()
    assert set(inspect(db.engine).get_table_names()) > {"messages", "recipients", "transactions"}


def test_the_migrations_can_be_undone(app: Flask) -> None:
    if is_postgresql():
        db.session.remove()
    downgrade(revision="base")
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
    upgrade()
