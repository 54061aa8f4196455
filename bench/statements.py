"""Part D: the SQL statements that accepting one order costs, whatever its size."""

from flask import Flask
from sqlalchemy import event

from bench.client import order, phones
from bench.databases import Server
from bench.site import site
from flashsms import create_app
from flashsms.extensions import db

SIZES = (1, 1000)


def count(server: Server) -> list[int]:
    """Return the statements for an order of each of SIZES recipients, without BEGIN and COMMIT."""
    with site(server, "statements") as installation:
        app = create_app(installation.config)
        with app.app_context():
            found = [_count(app, installation.key, size) for size in SIZES]
            db.engine.dispose()
        return found


def _count(app: Flask, key: str, size: int) -> int:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    response = app.test_client().post(
        "/api/v1/sms/send",
        data=order(phones(0, size)),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    event.remove(db.engine, "before_cursor_execute", note)
    if response.status_code != 200:
        raise RuntimeError(f"The API answered {response.status_code}: {response.text[:500]}")
    return len(statements)
