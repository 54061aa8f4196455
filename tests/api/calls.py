"""How the tests call the API, and what they look for afterwards."""

from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import UpdateBase, func, select
from werkzeug.test import TestResponse

from flashsms.extensions import db, transaction
from flashsms.models import IdempotencyKey, Message, Recipient, Transaction
from tests.factories import Member

HELLO = {"recipients": ["0201234567", "0241234567"], "message": "Hello from FlashSMS!"}


def send(
    client: FlaskClient, member: Member, headers: dict[str, str] | None = None, **body: Any
) -> TestResponse:
    """Send HELLO, with the fields of `body` instead of its own."""
    return client.post(
        "/api/v1/sms/send", json=HELLO | body, headers=member.headers | (headers or {})
    )


def post(
    client: FlaskClient, member: Member, data: bytes, content_type: str = "application/json"
) -> TestResponse:
    """Send a body as it is."""
    return client.post(
        "/api/v1/sms/send", data=data, content_type=content_type, headers=member.headers
    )


def get(client: FlaskClient, member: Member, path: str) -> TestResponse:
    return client.get(f"/api/v1/{path}", headers=member.headers)


def call(
    client: FlaskClient,
    member: Member,
    method: str,
    path: str,
    body: Any = None,
    headers: dict[str, str] | None = None,
) -> TestResponse:
    """Call any endpoint, with a JSON body if there is one."""
    return client.open(
        f"/api/v1/{path}", method=method, json=body, headers=member.headers | (headers or {})
    )


def data(response: TestResponse) -> Any:
    """Return the data of a success, having looked at its envelope."""
    assert response.status_code == 200, response.text
    assert response.json.keys() == {"success", "data"}
    assert response.json["success"] is True
    return response.json["data"]


def error(response: TestResponse, status: int, code: str) -> str:
    """Return the sentence of an error, having looked at its envelope."""
    assert response.status_code == status, response.text
    assert response.mimetype == "application/json"
    body = response.json
    assert body.keys() - {"details"} == {"success", "error", "code", "requestId"}
    assert body["success"] is False
    assert body["code"] == code, body
    assert body["requestId"] == response.headers["X-Request-Id"]
    sentence: str = body["error"]
    return sentence


def write(*statements: UpdateBase) -> None:
    """Change the database as the rest of the product would have."""
    with transaction():
        for statement in statements:
            db.session.execute(statement)


def everything() -> dict[str, list[str]]:
    """Return all rows of all tables but the keys', which note when they were used."""
    db.session.commit()  # a look at the database as it is now
    tables = [table for table in db.metadata.sorted_tables if table.name != "api_keys"]
    return {table.name: sorted(map(str, db.session.execute(select(table)))) for table in tables}


def stored(member: Member) -> tuple[int, ...]:
    """Return everything that sending would change: row counts and the balance."""
    db.session.commit()  # a look at the database as it is now
    tables = (Message, Recipient, Transaction, IdempotencyKey)
    counts = [db.session.scalar(select(func.count()).select_from(table)) for table in tables]
    return (*(count or 0 for count in counts), member.balance)
