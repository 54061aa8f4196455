"""How Alembic runs here: inside the application, one transaction, one process at a time."""

from typing import Literal

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text

from flashsms import models  # noqa: F401  (fills the metadata)
from flashsms.extensions import db
from flashsms.models.address_search import is_modelled
from flashsms.models.base import Json, UtcDateTime

MIGRATION_LOCK = 233_020_000  # any number that nothing else locks on this database


def render_item(type_: str, item: object, autogen_context: object) -> str | Literal[False]:
    """Write our column types as the plain ones they store: migrations import nothing of ours."""
    if type_ == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if type_ == "type" and isinstance(item, Json):
        return "sa.Text()"
    return False


def migrate(connection: Connection) -> None:
    """Apply what is missing; a second process waits for the first and then finds nothing to do."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_item=render_item,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        include_name=is_modelled,
    )
    context.run_migrations()


with (
    db.engine.connect().execution_options(writes=True) as connection,
    connection.begin(),
):
    migrate(connection)
current_app.logger.debug("The database is up to date.")
