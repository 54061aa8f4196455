"""What the API tells about the past: lists, states, reports, the ledger, senders, the balance."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, insert, select, update

from flashsms.extensions import db
from flashsms.models import (
    Message,
    MessageStatus,
    Recipient,
    RecipientStatus,
    Sender,
    Transaction,
    TransactionType,
)
from flashsms.services import credits
from tests.api.calls import data, error, get, send, write
from tests.factories import Member, phones

NOON = datetime(2024, 12, 21, 12, 0, 0, 987_654, tzinfo=UTC)


def change(public_id: str, **values: object) -> None:
    """Change a message as the rest of the product would have."""
    write(update(Message).where(Message.public_id == public_id).values(**values))


def sent(client: FlaskClient, ama: Member, **values: object) -> str:
    """Send a message, then change it; returns its id."""
    public_id: str = data(send(client, ama))["messageId"]
    if values:
        change(public_id, **values)
    return public_id


def settle(public_id: str, *recipients: dict[str, object]) -> None:
    """Give the recipients of a message, in order, the values of each of `recipients`."""
    ids = db.session.scalars(
        select(Recipient.id).join(Message).where(Message.public_id == public_id)
    ).all()
    pairs = zip(sorted(ids), recipients, strict=True)
    write(*(update(Recipient).where(Recipient.id == key).values(**values) for key, values in pairs))


def listed(client: FlaskClient, member: Member, query: str = "") -> list[str]:
    return [one["id"] for one in data(get(client, member, f"sms?{query}"))["messages"]]


def test_the_balance_has_the_shape_of_the_reference(client: FlaskClient, ama: Member):
    assert data(get(client, ama, "balance")) == {
        "balance": 1000,
        "currency": "credits",
        "accountName": "Ama",
        "accountPhone": "0201234567",
    }


def test_only_approved_senders_are_listed(client: FlaskClient, ama: Member, kofi: Member):
    write(insert(Sender).values(account_id=ama.account.id, name="Waiting", folded="waiting"))
    later = NOON + timedelta(hours=1)
    write(
        update(Sender).values(created_at=NOON),
        update(Sender).where(Sender.name == "MyBrand").values(approved_at=later),
    )
    [sender] = data(get(client, ama, "sender-ids"))["senderIds"]
    assert re.fullmatch(r"sid_\w+", sender.pop("id"))
    assert sender == {
        "name": "MyBrand",
        "status": "APPROVED",
        "createdAt": "2024-12-21T12:00:00Z",
        "approvedAt": "2024-12-21T13:00:00Z",
    }


def test_the_list_of_messages_has_the_shape_of_the_reference(client: FlaskClient, ama: Member):
    public_id = sent(
        client, ama, status=MessageStatus.DELIVERED, created_at=NOON, sent_at=NOON, text="x" * 200
    )
    assert data(get(client, ama, "sms?page=1&limit=20&status=DELIVERED")) == {
        "messages": [
            {
                "id": public_id,
                "message": "x" * 160,
                "recipientCount": 2,
                "status": "DELIVERED",
                "creditsUsed": 2,
                "senderId": "MyBrand",
                "scheduledAt": None,
                "sentAt": "2024-12-21T12:00:00Z",
                "createdAt": "2024-12-21T12:00:00Z",
            }
        ],
        "pagination": {"page": 1, "limit": 20, "total": 1, "totalPages": 1, "hasMore": False},
    }


def test_the_status_has_the_shape_of_the_reference(client: FlaskClient, ama: Member):
    public_id = sent(
        client,
        ama,
        status=MessageStatus.SCHEDULED,
        created_at=NOON,
        scheduled_at=NOON,
        text="x" * 200,
    )
    assert data(get(client, ama, f"sms/status/{public_id}")) == {
        "id": public_id,
        "status": "PENDING",
        "recipientCount": 2,
        "message": "x" * 200,
        "senderId": "MyBrand",
        "creditsUsed": 2,
        "scheduledAt": "2024-12-21T12:00:00Z",
        "sentAt": None,
        "createdAt": "2024-12-21T12:00:00Z",
    }


def test_the_delivery_report_has_the_shape_of_the_reference(client: FlaskClient, ama: Member):
    public_id = data(send(client, ama, recipients=phones(3)))["messageId"]
    change(public_id, status=MessageStatus.DELIVERED, delivered=2, failed=1, waiting=0)
    settle(
        public_id,
        {"status": RecipientStatus.DELIVERED, "sent_at": NOON, "reason": "tried twice"},
        {"status": RecipientStatus.DELIVERED, "sent_at": NOON},
        {"status": RecipientStatus.FAILED, "reason": "Absent subscriber"},
    )
    report = data(get(client, ama, f"sms/{public_id}/recipients"))
    first, second, third = phones(3)
    at = "2024-12-21T12:00:00Z"
    assert report == {
        "messageId": public_id,
        "status": "DELIVERED",
        "recipientCount": 3,
        "recipients": [
            {"phone": first, "status": "DELIVERED", "sentAt": at, "reason": None},
            {"phone": second, "status": "DELIVERED", "sentAt": at, "reason": None},
            {"phone": third, "status": "FAILED", "sentAt": None, "reason": "Absent subscriber"},
        ],
        "stats": {"delivered": 2, "failed": 1, "pending": 0, "deliveryRate": 66.7},
        "pagination": {"page": 1, "limit": 1000, "total": 3, "totalPages": 1, "hasMore": False},
    }


def test_what_is_under_way_is_shown_as_pending(client: FlaskClient, ama: Member):
    under_way = [RecipientStatus.QUEUED, RecipientStatus.SUBMITTING, RecipientStatus.UNKNOWN]
    states = [*under_way, RecipientStatus.SENT, RecipientStatus.CANCELLED]
    public_id = data(send(client, ama, recipients=phones(5)))["messageId"]
    settle(public_id, *({"status": state} for state in states))
    report = data(get(client, ama, f"sms/{public_id}/recipients"))
    shown = [recipient["status"] for recipient in report["recipients"]]
    assert shown == ["PENDING", "PENDING", "PENDING", "SENT", "CANCELLED"]
    assert report["stats"]["pending"] == 5


def test_a_report_is_read_page_by_page(client: FlaskClient, ama: Member):
    public_id = data(send(client, ama, recipients=phones(5)))["messageId"]
    pages = [
        data(get(client, ama, f"sms/{public_id}/recipients?page={page}&limit=2"))
        for page in (1, 2, 3, 4)
    ]
    seen = [[recipient["phone"] for recipient in page["recipients"]] for page in pages]
    assert seen == [phones(5)[:2], phones(5)[2:4], phones(5)[4:], []]
    assert [page["pagination"]["hasMore"] for page in pages] == [True, True, False, False]
    assert pages[0]["pagination"]["totalPages"] == 3


def test_messages_are_listed_newest_first_page_by_page(client: FlaskClient, ama: Member):
    sent_in_order = [sent(client, ama, created_at=NOON) for _ in range(3)]
    newest = sent(client, ama, created_at=NOON + timedelta(seconds=1))
    expected = [newest, *reversed(sent_in_order)]
    assert listed(client, ama) == expected
    assert [listed(client, ama, f"limit=2&page={page}") for page in (1, 2, 3)] == [
        expected[:2],
        expected[2:],
        [],
    ]


def test_an_empty_list_has_no_pages(client: FlaskClient, ama: Member):
    assert data(get(client, ama, "sms")) == {
        "messages": [],
        "pagination": {"page": 1, "limit": 20, "total": 0, "totalPages": 0, "hasMore": False},
    }


def test_pending_finds_scheduled_messages_too(client: FlaskClient, ama: Member):
    made = {status: sent(client, ama, status=status) for status in MessageStatus}
    pending = {made[MessageStatus.PENDING], made[MessageStatus.SCHEDULED]}
    assert set(listed(client, ama, "status=PENDING")) == pending
    for status in ("SENT", "DELIVERED", "FAILED", "CANCELLED"):
        assert listed(client, ama, f"status={status}") == [made[MessageStatus(status)]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("startDate=2024-12-21", True),
        ("startDate=2024-12-22", False),
        ("endDate=2024-12-21", True),
        ("endDate=2024-12-20", False),
        ("startDate=2024-12-21&endDate=2024-12-21", True),
        ("startDate=2024-12-21T12:00:00", True),
        ("startDate=2024-12-21T12:00:01Z", False),
        ("endDate=2024-12-21T12:00:00Z", True),
        ("endDate=2024-12-21T11:59:59Z", False),
        ("endDate=2024-12-21T13:00:00%2B02:00", False),
        ("endDate=2024-12-21T14:00:00%2B02:00", True),
    ],
)
def test_dates_include_their_whole_day_or_second(
    client: FlaskClient, ama: Member, query: str, found: bool
):
    public_id = sent(client, ama, created_at=NOON)
    write(update(Transaction).where(Transaction.reference == public_id).values(created_at=NOON))
    assert listed(client, ama, query) == ([public_id] if found else [])
    ledger = data(get(client, ama, f"transactions?type=USAGE&{query}"))
    assert ledger["pagination"]["total"] == int(found)


def test_the_ledger_has_the_shape_of_the_reference(client: FlaskClient, ama: Member):
    public_id = data(send(client, ama, campaignName="Welcome Campaign"))["messageId"]
    write(update(Transaction).values(created_at=NOON))
    answer = data(get(client, ama, "transactions?type=USAGE"))
    assert re.fullmatch(r"txn_\w+", answer["transactions"][0].pop("id"))
    assert answer == {
        "transactions": [
            {
                "type": "USAGE",
                "amount": -2,
                "balance": 998,
                "description": "API SMS: Welcome Campaign (2 recipients)",
                "reference": public_id,
                "createdAt": "2024-12-21T12:00:00Z",
            }
        ],
        "pagination": {"page": 1, "limit": 20, "total": 1, "totalPages": 1, "hasMore": False},
    }


def test_the_ledger_is_listed_newest_first_and_by_type(client: FlaskClient, ama: Member):
    for amount in (1, 2, 3):
        credits.grant(ama.account.id, amount, type=TransactionType.PURCHASE, reason="Bought")
    rows = data(get(client, ama, "transactions"))["transactions"]
    assert [row["amount"] for row in rows] == [3, 2, 1, 1000]
    rows = data(get(client, ama, "transactions?type=PURCHASE&limit=2&page=2"))["transactions"]
    assert [row["amount"] for row in rows] == [1]


@pytest.mark.parametrize("path", ["sms/status/{}", "sms/{}/recipients"])
def test_a_strangers_message_is_as_unknown_as_none(
    client: FlaskClient, ama: Member, kofi: Member, path: str
):
    public_id = sent(client, ama)
    stranger = get(client, kofi, path.format(public_id))
    assert public_id in error(stranger, 404, "message_unknown")
    for unknown in ("cnobody", "%00", "%ff", "1", "x" * 5000, "🙂"):
        error(get(client, ama, path.format(unknown)), 404, "message_unknown")


def test_lists_hold_nothing_of_a_stranger(client: FlaskClient, ama: Member, kofi: Member):
    sent(client, ama)
    assert listed(client, kofi) == []
    ledger = data(get(client, kofi, "transactions"))["transactions"]
    assert [row["type"] for row in ledger] == ["BONUS"]
    assert data(get(client, kofi, "balance"))["balance"] == 1000
    own = db.session.scalar(select(Sender.public_id).where(Sender.account_id == kofi.account.id))
    assert [one["id"] for one in data(get(client, kofi, "sender-ids"))["senderIds"]] == [own]


@pytest.mark.parametrize("path", ["sms", "transactions", "sms/{}/recipients"])
def test_a_longer_history_takes_no_more_statements(client: FlaskClient, ama: Member, path: str):
    statements: list[str] = []
    path = path.format(sent(client, ama))
    event.listen(db.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    data(get(client, ama, path))
    statements.clear()
    data(get(client, ama, path))
    few = len(statements)
    for _ in range(5):
        send(client, ama)
    statements.clear()
    data(get(client, ama, path))
    assert len(statements) == few <= 4
